# title: addresses with peers, changed and replaced ones
# shows: one address may have several peers; change adds what is not there and forgets the metric that it does not name; 0.0.0.0 is taken and not kept
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
ip -n h1 addr add 10.1.0.1 peer 10.1.0.2/32 dev eth0
ip -n h1 addr add 10.1.0.1 peer 10.1.0.3/32 dev eth0
# may-fail
ip -n h1 addr add 10.1.0.1 peer 10.1.0.3/32 dev eth0
ip -n h1 addr > h1a.addr
ip -n h1 route > h1a.route
ip -n h1 route show table local > h1a-local.route
# may-fail
ip -n h1 addr change 10.2.0.1/24 dev eth0
# may-fail
ip -n h1 addr replace 10.3.0.1/24 dev eth0 metric 50
ip -n h1 addr > h1b.addr
ip -n h1 route > h1b.route
# may-fail
ip -n h1 addr change 10.3.0.1/24 dev eth0
ip -n h1 route > h1c.route
ip -n h1 addr > h1c.addr
# may-fail
ip -n h1 addr replace 10.3.0.1/24 dev eth0 metric 70 noprefixroute
ip -n h1 route > h1d.route
ip -n h1 addr > h1d.addr
# may-fail
ip -n h1 addr add 0.0.0.0/24 dev eth0
# may-fail
ip -n h1 addr add 10.5.0.1/0 dev eth0
# may-fail
ip -n h1 addr add 224.0.0.5/32 dev eth0
ip -n h1 addr > h1e.addr
ip -n h1 route > h1e.route
ip -n h1 route show table local > h1e-local.route
# may-fail
ip -n h1 addr del 10.1.0.1 dev eth0
# may-fail
ip -n h1 addr del 10.1.0.1/32 dev eth0
ip -n h1 addr > h1f.addr
ip -n h1 route show table local > h1f-local.route
