# title: DF and smaller links in a row
# shows: two routers with falling MTUs: each tells its own next MTU, the host learns both; ping -M do says so, then fails locally; pmtu in route get; flush cache forgets
# tags: l3,icmp,router,fragment,ping
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name left address 02:00:00:00:a1:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K left tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name right address 02:00:00:00:a1:02 netns r1
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K right tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n r1 addr add 10.0.1.254/24 dev left
ip -n r1 addr add 10.0.2.254/24 dev right
ip -n h2 addr add 10.0.2.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n r1 link set left up
ip -n r1 link set right up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.1.254
ip -n h2 route add default via 10.0.2.254
ip netns add h3
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h3 link set lo up
ip -n h2 link add name eth1 address 02:00:00:00:02:02 type veth peer name eth0 address 02:00:00:00:03:01 netns h3
ip netns exec h2 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 sysctl -qw net.ipv4.ip_forward=1
ip -n h2 addr add 10.0.3.254/24 dev eth1
ip -n h3 addr add 10.0.3.1/24 dev eth0
ip -n h2 link set eth1 up
ip -n h3 link set eth0 up
ip -n h3 route add default via 10.0.3.254
ip -n r1 route add 10.0.3.0/24 via 10.0.2.1
ip -n r1 link set right mtu 1300
ip -n h2 link set eth0 mtu 1300
ip -n h2 link set eth1 mtu 1100
ip -n h3 link set eth0 mtu 1100
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h3 tcpdump -i eth0 -U -w h3-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -M do -s 1400 -W 0.3 10.0.3.1 > h1-1.ping
ip -n h1 route get 10.0.3.1 > h1-1.route
ip netns exec h1 ping -e 4661 -c 1 -M do -s 1200 -W 0.3 10.0.3.1 > h1-2.ping
ip -n h1 route get 10.0.3.1 > h1-2.route
ip netns exec h1 ping -e 4662 -c 1 -M do -s 1200 -W 0.3 10.0.3.1 > h1-3.ping
ip netns exec h1 ping -e 4663 -c 1 -W 1 -M want -s 1200 10.0.3.1 > h1-4.ping
ip netns exec h1 ping -e 4664 -c 1 -W 1 -M do -s 1072 10.0.3.1 > h1-5.ping
ip -n h1 route flush cache
ip -n h1 route get 10.0.3.1 > h1-3.route
