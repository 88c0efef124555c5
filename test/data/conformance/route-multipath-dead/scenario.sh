# title: one live next hop of two
# shows: a route with two next hops: one dies with its device or link, the other carries everything; flags in show; a nexthop's weight
# tags: l3,route,link
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip netns add h3
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h3 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 link add name eth1 address 02:00:00:00:01:02 type veth peer name eth0 address 02:00:00:00:03:01 netns h3
ip netns exec h1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h1 addr add 10.0.2.1/24 dev eth1
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h3 addr add 10.0.2.2/24 dev eth0
ip -n h3 addr add 10.9.0.1/32 dev lo
ip -n h1 link set eth0 up
ip -n h1 link set eth1 up
ip -n h2 link set eth0 up
ip -n h3 link set eth0 up
ip -n h3 route add 10.0.1.0/24 via 10.0.2.1
sleep 1
ip -n h1 route add 10.9.0.0/24 nexthop via 10.0.1.2 weight 3 nexthop via 10.0.2.2 weight 1
ip -n h1 route > h1-1.route
ip -n h1 -j route show 10.9.0.0/24 > h1-1.txt
ip -n h2 link set eth0 down
sleep 1.2
ip -n h1 route > h1-2.route
ip -n h1 link set eth0 down
ip -n h1 route > h1-3.route
ip netns exec h1 tcpdump -i eth1 -U -w h1-eth1.pcap 2>/dev/null &
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.9.0.1
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 10.9.0.1
ip -n h1 link set eth0 up
sleep 1
ip -n h1 route > h1-4.route
ip -n h1 link set eth1 down
ip -n h1 link set eth0 down
ip -n h1 route > h1.route
