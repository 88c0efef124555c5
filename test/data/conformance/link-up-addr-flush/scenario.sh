# title: ip addr flush
# shows: by scope, label, prefix, device; deleting a primary address takes its secondaries; what is left of the routes
# tags: l3,link-up,addr,state
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
ip -n h1 addr add 10.0.0.11/24 dev eth0
ip -n h1 addr add 10.1.0.1/24 dev eth0 label eth0:1
ip -n h1 addr add 10.2.0.1/24 dev eth0 scope link
ip -n h1 addr add 10.3.0.1/24 dev eth0
ip -n h1 addr add 10.3.0.2/24 dev eth0
ip -n h1 addr add 10.3.0.3/24 dev eth0
ip -n h1 route add default via 10.0.0.2
ip -n h1 addr flush dev eth0 scope link
ip -n h1 addr show dev eth0 > h1-1.addr
ip -n h1 addr flush dev eth0 label eth0:1
ip -n h1 addr show dev eth0 > h1-2.addr
ip -n h1 addr del 10.3.0.1/24 dev eth0
ip -n h1 addr show dev eth0 > h1-3.addr
ip -n h1 route show table all > h1-3.route
ip -n h1 addr flush dev eth0 to 10.3.0.0/16
ip -n h1 addr flush dev eth0
ip -n h1 addr show dev eth0 > h1.addr
ip -n h1 route show table all > h1.route
# may-fail
ip -n h1 addr flush
