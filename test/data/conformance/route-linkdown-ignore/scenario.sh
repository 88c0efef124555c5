# title: a dead next hop
# shows: the route over a link without carrier is still used until ignore_routes_with_linkdown is set; then the next metric takes over, and back
# tags: l3,route,link,sysctl
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
ip -n h2 addr add 10.9.9.9/32 dev lo
ip -n h3 addr add 10.9.9.9/32 dev lo
ip -n h1 link set eth0 up
ip -n h1 link set eth1 up
ip -n h2 link set eth0 up
ip -n h3 link set eth0 up
ip -n h3 route add 10.0.1.0/24 via 10.0.2.1
ip -n h1 route add default via 10.0.1.2 metric 1
ip -n h1 route add default via 10.0.2.2 metric 2
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth1 -U -w h1-eth1.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.9.9.9
ip -n h2 link set eth0 down
sleep 1.2
ip -n h1 route > h1-down.route
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.3 10.9.9.9
ip -n h1 route get 10.9.9.9 > h1-down.txt
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.ignore_routes_with_linkdown=1
ip -n h1 route > h1-ignored.route
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 10.9.9.9
ip -n h1 route get 10.9.9.9 > h1-ignored.txt
ip -n h2 link set eth0 up
sleep 1.2
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 1 10.9.9.9
ip -n h1 route > h1.route
