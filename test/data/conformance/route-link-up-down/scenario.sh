# title: routes of all kinds over carrier and link down and up
# shows: which are marked, which go, which come back
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
ip -n r1 addr add 10.0.2.253/24 dev eth1
ip -n r1 addr add 10.0.3.1/24 dev eth1
ip -n r1 route add 10.9.0.0/24 via 10.0.2.1
ip -n r1 route add 10.8.0.0/24 via 10.77.0.1 dev eth1 onlink
ip -n r1 route add 10.7.0.0/24 dev eth1
ip -n r1 route add 10.6.0.0/24 dev eth0 src 10.0.3.1
ip -n r1 route add local 10.5.0.0/24 dev eth1
ip -n r1 route add broadcast 10.5.1.255 dev eth1
ip -n r1 route add unreachable 10.4.0.0/24
sleep 1
ip -n r1 route > a.route
ip -n r1 route show table local > a-local.route
ip -n h2 link set eth0 down
sleep 1.3
ip -n r1 route > b.route
ip -n r1 route show table local > b-local.route
ip -n r1 link set eth1 down
ip -n r1 route > c.route
ip -n r1 route show table local > c-local.route
ip -n r1 addr > c.addr
# may-fail
ip -n r1 route add 10.3.0.0/24 via 10.0.2.1
# may-fail
ip -n r1 route add 10.3.0.0/24 dev eth1
ip -n r1 addr add 10.0.4.1/24 dev eth1
ip -n r1 addr del 10.0.3.1/24 dev eth1
ip -n r1 route show table local > d-local.route
ip -n r1 route > d.route
ip -n r1 link set eth1 up
ip -n r1 route > e.route
ip -n r1 route show table local > e-local.route
ip -n h2 link set eth0 up
sleep 1.2
ip -n r1 route > f.route
ip -n r1 addr flush dev eth1
ip -n r1 route > g.route
ip -n r1 route show table local > g-local.route
