# title: ignore_routes_with_linkdown for all and one device
# shows: routes by a link without carrier are dead in lists and are passed over
# tags: l3,route
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:f1:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n r1 link add name eth1 address 02:00:00:00:f1:02 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec r1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n r1 addr add 10.0.1.254/24 dev eth0
ip -n r1 addr add 10.0.2.254/24 dev eth1
ip -n h2 addr add 10.0.2.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n r1 link set eth0 up
ip -n r1 link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.1.254
ip -n h2 route add default via 10.0.2.254
ip -n r1 route add 10.9.0.0/24 via 10.0.2.1
ip -n r1 route add 10.9.0.0/24 via 10.0.1.1 metric 50
sleep 1
ip netns exec r1 sysctl -qw net.ipv4.conf.all.ignore_routes_with_linkdown=1
ip -n h2 link set eth0 down
sleep 1.5
ip -n r1 route > a.route
ip -n r1 route show table local > a-local.route
# may-fail
ip -n r1 route get 10.9.0.1 > a.get
ip netns exec r1 sysctl -qw net.ipv4.conf.eth1.ignore_routes_with_linkdown=1
ip -n r1 route > b.route
# may-fail
ip -n r1 route get 10.9.0.1 > b.get
# may-fail
ip -n r1 route get 10.0.2.1 > c.get
# may-fail
ip -n r1 route get 10.0.2.254 > d.get
ip -n r1 addr add 10.0.3.1/24 dev eth1
ip -n r1 route add 10.7.0.0/24 via 10.0.3.2
ip -n r1 route > e.route
ip -n r1 route show table local > e-local.route
ip -n r1 -d addr show dev eth1 > r1.addr
ip -n h2 link set eth0 up
sleep 1.2
ip -n r1 route > f.route
