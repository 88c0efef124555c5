# title: addresses with lifetimes and flags
# shows: preferred_lft, valid_lft, noprefixroute, metric, label, scope, brd: ip addr in all its forms; an address that expires takes its route along; change and replace
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
ip -n h1 addr add 10.1.0.1/24 dev eth0 valid_lft 3 preferred_lft 1
ip -n h1 addr add 10.2.0.1/24 dev eth0 noprefixroute
ip -n h1 addr add 10.3.0.1/24 dev eth0 metric 50
ip -n h1 addr add 10.4.0.1/24 dev eth0 label eth0:4
ip -n h1 addr add 10.5.0.1/24 dev eth0 scope link
ip -n h1 addr add 10.6.0.1/24 dev eth0 brd + preferred_lft 0
ip -n h1 addr add 10.4.0.2/24 dev eth0
ip -n h1 addr add 10.4.0.3/25 dev eth0
ip -n h1 addr show dev eth0 > h1-1.addr
ip -n h1 route > h1-1.route
ip -n h1 -br addr > h1-brief.addr
ip -n h1 -o addr show dev eth0 > h1-oneline.addr
ip -n h1 addr show secondary > h1-secondary.addr
ip -n h1 addr show dev eth0 scope link > h1-scope.addr
ip -n h1 addr show to 10.4.0.0/24 > h1-to.addr
ip -n h1 addr show label eth0:4 > h1-label.addr
ip -n h1 addr show deprecated > h1-deprecated.addr
ip -n h1 -j addr show dev lo > h1-json.txt
# may-fail
ip -n h1 addr add 10.4.0.1/24 dev eth0
# may-fail
ip -n h1 addr del 10.44.0.1/24 dev eth0
sleep 4
ip -n h1 addr change 10.6.0.1/24 dev eth0 preferred_lft forever valid_lft forever
ip -n h1 addr replace 10.7.0.1/24 dev eth0
ip -n h1 addr show dev eth0 > h1.addr
ip -n h1 route > h1.route
