# title: a path MTU below min_pmtu
# shows: a router that asks for less than 552 gets 552, without DF from then on (mtu lock), so that it fragments itself; with a smaller min_pmtu what it says is believed
# tags: l3,router,pmtu,fragments
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
ip -n r link set eth1 mtu 500
ip -n h2 link set eth0 mtu 500
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.0.254
ip -n h2 route add default via 10.0.1.254
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4361 -c 1 -W 0.5 -s 600 -M do 10.0.1.1
ip -n h1 route get 10.0.1.1 > h1-locked.route
ip netns exec h1 ping -e 4362 -c 1 -W 0.5 -s 600 -M want 10.0.1.1
ip netns exec h1 ping -e 4363 -c 1 -W 0.5 -s 520 -M want 10.0.1.1
ip netns exec h1 ping -e 4364 -c 1 -W 0.5 -s 600 -M do 10.0.1.1
ip netns exec h1 ping -e 4365 -c 1 -W 0.5 -s 8 10.0.1.1
ip -n h1 -d route show cache > h1-cache.route
ip netns exec h1 sysctl -qw net.ipv4.route.min_pmtu=300
ip netns exec h1 sysctl -qw net.ipv4.route.flush=1
ip netns exec h1 ping -e 4366 -c 1 -W 0.5 -s 600 -M do 10.0.1.1
ip -n h1 route get 10.0.1.1 > h1-believed.route
ip netns exec h1 ping -e 4367 -c 1 -W 0.5 -s 600 -M want 10.0.1.1
