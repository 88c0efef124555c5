# title: one end up, then the other
# shows: flags, state and routes of both ends of a pair after each step: NO-CARRIER, LOWERLAYERDOWN, M-DOWN, UP; the routes' linkdown
# tags: l2,link-up,link,state
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
ip -n h1 link show eth0 > h1-1.link
ip -n h1 addr show dev eth0 > h1-1.addr
ip -n h1 route > h1-1.route
ip -n h1 link set eth0 up
sleep 1.1
ip -n h1 link show eth0 > h1-2.link
ip -n h2 link show eth0 > h2-2.link
ip -n h1 route > h1-2.route
ip -n h1 route show table local > h1-2-local.route
ip -n h2 link set eth0 up
sleep 1.1
ip -n h1 link show eth0 > h1-3.link
ip -n h2 link show eth0 > h2-3.link
ip -n h1 route > h1-3.route
ip -n h1 link set eth0 down
sleep 1.1
ip -n h1 link show eth0 > h1-4.link
ip -n h2 link show eth0 > h2-4.link
ip -n h2 route > h2-4.route
ip -n h2 link set eth0 down
ip -n h2 link show eth0 > h2-5.link
ip -n h2 route show table all > h2-5.route
