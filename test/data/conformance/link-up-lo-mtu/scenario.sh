# title: lo with an MTU of less than 68
# shows: IPv4 goes with its addresses and routes, and comes back without them
# tags: l2,link
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
ip -n h1 addr add 10.1.1.1/32 dev lo
ip -n h1 link set lo mtu 100
ip netns exec h1 ping -e 4660 -c 1 -s 200 -W 1 10.0.0.1
# may-fail
ip -n h1 link set lo mtu 60
ip -n h1 addr show dev lo > a.addr
ip -n h1 route show table local > a-local.route
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.1
# may-fail
ip -n h1 addr add 10.1.1.1/32 dev lo
# may-fail
ip -n h1 link set lo mtu 1500
ip -n h1 addr show dev lo > b.addr
# may-fail
ip -n h1 addr add 127.0.0.1/8 dev lo
ip -n h1 addr show dev lo > c.addr
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.1
