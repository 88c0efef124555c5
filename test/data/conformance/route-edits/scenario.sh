# title: routes changed, replaced, appended and deleted by all that names them
# shows: which is meant, and which is refused
# tags: l3,route
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip -n h1 addr add 10.5.0.1/24 dev eth0
ip -n h1 route add 10.9.0.0/24 via 10.0.0.2 metric 5
ip -n h1 route add 10.9.0.0/24 via 10.0.0.3 metric 7
# may-fail
ip -n h1 route change 10.9.0.0/24 via 10.0.0.4 metric 7
# may-fail
ip -n h1 route change 10.9.0.0/24 via 10.0.0.4 metric 8
# may-fail
ip -n h1 route replace 10.9.0.0/24 via 10.0.0.5
# may-fail
ip -n h1 route replace 10.9.0.0/24 via 10.0.0.6 metric 5 src 10.5.0.1 mtu 900
ip -n h1 route > a.route
# may-fail
ip -n h1 route del 10.9.0.0/24 via 10.0.0.6 metric 7
# may-fail
ip -n h1 route del 10.9.0.0/24 metric 0
# may-fail
ip -n h1 route del 10.9.0.0/24 src 10.5.0.1
ip -n h1 route > b.route
# may-fail
ip -n h1 route add 10.9.0.0/24 via 10.0.0.2 proto static
# may-fail
ip -n h1 route append 10.9.0.0/24 via 10.0.0.2 proto 99
# may-fail
ip -n h1 route prepend 10.9.0.0/24 via 10.0.0.2 proto ra scope link
# may-fail
ip -n h1 route append unreachable 10.9.0.0/24
# may-fail
ip -n h1 route replace blackhole 10.9.0.0/24
ip -n h1 route > c.route
# may-fail
ip -n h1 route del unreachable 10.9.0.0/24
# may-fail
ip -n h1 route flush proto 99
# may-fail
ip -n h1 route add 10.9.1.1 dev eth0 table 100
# may-fail
ip -n h1 route add 10.9.1.0/24 via 10.9.1.1 table 100
# may-fail
ip -n h1 route add default via 10.0.0.2 dev lo
# may-fail
ip -n h1 route add 10.0.0.2 via 10.0.0.2
# may-fail
ip -n h1 route add 10.0.0.0/25 dev eth0 via 10.0.0.200
ip -n h1 route > d.route
ip -n h1 route show table 100 > e.route
ip -n h1 route show table all > f.route
# may-fail
ip -n h1 route get fibmatch 10.9.0.1 > g.get
# may-fail
ip -n h1 route get 10.0.0.77 > h.get
ip -n h1 addr del 10.5.0.1/24 dev eth0
ip -n h1 route > i.route
