# title: multipath routes edited: append, change, del one next hop, link down of one, ignore linkdown
# shows: listing in all forms
# tags: l3,multipath
ip netns add a
ip netns exec a sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n a link set lo up
ip netns add b
ip netns exec b sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n b link set lo up
ip -n a link add name e1 address 02:00:00:00:11:01 type veth peer name e1 address 02:00:00:00:11:02 netns b
ip netns exec a ethtool -K e1 tx off rx off gso off gro off tso off
ip netns exec b ethtool -K e1 tx off rx off gso off gro off tso off
ip -n a addr add 10.0.1.1/24 dev e1
ip -n a link set e1 up
ip -n b link set e1 up
ip -n a link add name e2 address 02:00:00:00:12:01 type veth peer name e2 address 02:00:00:00:12:02 netns b
ip netns exec a ethtool -K e2 tx off rx off gso off gro off tso off
ip netns exec b ethtool -K e2 tx off rx off gso off gro off tso off
ip -n a addr add 10.0.2.1/24 dev e2
ip -n a link set e2 up
ip -n b link set e2 up
ip -n a route add 10.5.0.0/16 metric 4 proto static nexthop via 10.0.1.2 weight 5 nexthop via 10.0.2.2 weight 2 nexthop dev e1
ip -n a route > a1.route
ip netns exec a ip -d route show 10.5.0.0/16 > a2.route
ip netns exec a ip -j route > a3.txt
ip netns exec a ip -o route > a4.route
# may-fail
ip -n a route del 10.5.0.0/16 nexthop via 10.0.1.2 weight 5
ip -n a route append 10.5.0.0/16 metric 4 via 10.0.1.9
# may-fail
ip -n a route add 10.5.0.0/16 metric 4 nexthop via 10.0.1.2 nexthop via 10.0.2.2
ip -n a route > a5.route
ip -n b link set e2 down
sleep 0.2
ip -n a route > a6.route
ip netns exec a sysctl -qw net.ipv4.conf.all.ignore_routes_with_linkdown=1
ip -n a route > a7.route
ip -n a link set e1 down
ip -n a route > a9.route
# may-fail
ip -n a route get 10.5.0.1 > b1.route
ip -n a route show via 10.0.2.2 > b2.route
ip -n a route show dev e2 > b3.route
ip -n a link del e2
ip -n a route > b4.route
