# title: a device moves to another namespace
# shows: it goes down and loses addresses and routes, keeps its MAC and MTU; a name that is taken is refused; back again; the peer's link-netns
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
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip netns add h3
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h3 link set lo up
ip -n h1 link set eth0 mtu 1400
ip -n h1 addr add 10.0.5.1/24 dev eth0
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 link set eth0 netns h3
ip -n h1 link > h1-1.link
ip -n h1 route show table all > h1-1.route
ip -n h3 link > h3-1.link
ip -n h3 addr > h3-1.addr
sleep 1.1
ip -n h2 link show eth0 > h2-2.link
ip -n h3 addr add 10.0.0.3/24 dev eth0
ip -n h3 link set eth0 up
sleep 1.1
ip netns exec h3 ping -e 4661 -c 1 -s 8 -W 1 10.0.0.2
ip -n h3 neigh > h3.neigh
ip -n h2 link > h2-3.link
ip -n h2 link set eth0 netns h1
# may-fail
ip -n h3 link set eth0 netns h1
ip -n h1 link set eth0 name eth7
ip -n h3 link set eth0 netns h1
ip -n h1 link > h1.link
ip -n h3 link > h3.link
