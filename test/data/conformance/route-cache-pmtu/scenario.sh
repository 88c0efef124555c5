# title: ip route show cache: a learned path MTU
# shows: what an ICMP error told stands in the cache once a packet or a lookup has met it; -d, -s and -o; ip route flush cache forgets it, and the destination then stands there without contents when it is used again
# tags: l3,router,pmtu,route,cache
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:a1:01 netns r
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name eth1 address 02:00:00:00:a1:02 netns r
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n r addr add 10.0.0.254/24 dev eth0
ip -n r addr add 10.0.1.254/24 dev eth1
ip -n h2 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n r link set eth1 mtu 1000
ip -n h2 link set eth0 mtu 1000
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.0.254
ip -n h2 route add default via 10.0.1.254
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4353 -c 1 -W 0.5 -s 1200 -M do 10.0.1.1
ip -n h1 route show cache > h1-before.route
ip -n h1 route get 10.0.1.1 > h1-get.route
ip -n h1 route show cache > h1.route
ip -n h1 -d route show cache > h1-d.route
ip -n h1 -o route show cache > h1-o.route
ip -n h1 route show cached > h1-cached.route
ip -n h1 route show table cache > h1-table.route
ip netns exec h1 ping -e 4354 -c 1 -W 0.5 -s 1200 -M do 10.0.1.1
ip netns exec h1 ping -e 4355 -c 1 -W 0.5 -s 1200 -M want 10.0.1.1
ip -n h1 route flush cache
ip -n h1 route show cache > h1-flushed.route
ip netns exec h1 ping -e 4356 -c 1 -W 0.5 -s 8 10.0.1.1
ip -n h1 route show cache > h1-used.route
ip -n h1 route get 10.0.1.1 > h1-after.route
ip netns exec h1 ping -e 4357 -c 1 -W 0.5 -s 1200 -M do 10.0.1.1
ip -n h1 route show cache > h1-again.route
