# title: promote_secondaries with several subnets and scopes
# shows: which secondary follows, where it stands in the list, and which routes keep their source
# tags: l3,addr
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
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.promote_secondaries=1
ip -n h1 addr add 10.0.0.11/24 dev eth0
ip -n h1 addr add 10.0.0.12/24 brd + dev eth0
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h1 addr add 10.0.1.2/24 dev eth0
ip -n h1 addr add 10.0.0.13/25 dev eth0
ip -n h1 addr add 10.0.0.14/25 dev eth0
ip -n h1 addr add 10.0.2.1/24 dev eth0 scope link
ip -n h1 addr add 10.0.2.2/24 dev eth0 scope link
ip -n h1 route add 10.7.0.0/16 via 10.0.0.2 src 10.0.0.11
ip -n h1 route add 10.8.0.0/16 via 10.0.0.2
ip -n h1 addr > a.addr
ip -n h1 route show table local > a-local.route
ip -n h1 route > a.route
ip -n h1 addr del 10.0.0.1/24 dev eth0
ip -n h1 addr > b.addr
ip -n h1 route show table local > b-local.route
ip -n h1 route > b.route
ip -n h1 addr del 10.0.2.1/24 dev eth0
ip -n h1 addr > c.addr
ip -n h1 route show table local > c-local.route
ip -n h1 route > c.route
ip -n h1 addr del 10.0.1.1/24 dev eth0
ip -n h1 addr > d.addr
ip -n h1 route show table local > d-local.route
ip -n h1 addr del 10.0.0.13/25 dev eth0
ip -n h1 addr > e.addr
ip -n h1 route show table local > e-local.route
ip -n h1 route > e.route
ip -n h1 addr del 10.0.0.11/24 dev eth0
ip -n h1 addr > f.addr
ip -n h1 route show table local > f-local.route
ip -n h1 route > f.route
