# title: gateways that are refused
# shows: a gateway that is not on link, one that is the broadcast address, one through a gateway, host scope with a gateway, a bad source, a bad prefix, a down device: nothing is left of them; onlink and nested allowed ones
# tags: l3,route,state
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
ip -n h1 addr add 10.7.0.1/24 dev eth0
# may-fail
ip -n h1 route add 10.9.0.0/24 via 10.77.0.1
# may-fail
ip -n h1 route add 10.9.0.0/24 via 10.0.0.255
# may-fail
ip -n h1 route add 10.9.0.0/24 via 10.0.0.2 scope host
# may-fail
ip -n h1 route add 10.9.0.0/24 via 10.0.0.2 scope link
# may-fail
ip -n h1 route add 10.9.0.0/24 via 10.0.0.2 src 9.9.9.9
# may-fail
ip -n h1 route add 10.9.0.5/24 via 10.0.0.2
# may-fail
ip -n h1 route add 10.9.0.0/24
# may-fail
ip -n h1 route add 10.9.0.0/24 via 10.0.0.2 dev lo
# may-fail
ip -n h1 route add blackhole 10.9.0.0/24 via 10.0.0.2
# may-fail
ip -n h1 route add unicast 10.9.0.0/24 dev nodev
ip -n h1 route > h1-1.route
ip -n h1 route add 10.9.0.0/24 via 10.77.0.1 dev eth0 onlink
ip -n h1 route add 10.9.1.0/24 via 10.0.0.1
ip -n h1 route add 10.88.0.1 dev eth0
ip -n h1 route add 10.9.2.0/24 via 10.88.0.1
# may-fail
ip -n h1 route add 10.9.3.0/24 via 10.9.2.1
ip -n h1 route add 10.9.4.0/24 via 10.0.0.2 src 10.7.0.1
ip -n h1 route > h1.route
