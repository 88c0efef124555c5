# title: which of several routes del takes
# shows: metrics, gateways, devices, protocols and TOS as selectors of del; the one with the lowest metric goes first
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
ip -n h1 route add 10.9.0.0/24 via 10.0.0.2 metric 30
ip -n h1 route add 10.9.0.0/24 via 10.0.0.3 metric 20
ip -n h1 route add 10.9.0.0/24 via 10.0.0.4 metric 10
ip -n h1 route add 10.9.0.0/24 via 10.0.0.5 metric 40 proto static
ip -n h1 route add 10.9.0.0/24 via 10.0.0.6 tos 0x10
ip -n h1 route add blackhole 10.9.0.0/24 metric 50
ip -n h1 route add 10.9.0.0/25 dev eth0
ip -n h1 route > h1-1.route
ip -n h1 route get 10.9.0.200 > h1-get.txt
ip -n h1 route get 10.9.0.200 tos 0x10 > h1-get-tos.txt
ip -n h1 route del 10.9.0.0/24
ip -n h1 route > h1-2.route
ip -n h1 route del 10.9.0.0/24 via 10.0.0.2
ip -n h1 route > h1-3.route
ip -n h1 route del 10.9.0.0/24 proto static
ip -n h1 route > h1-4.route
# may-fail
ip -n h1 route del 10.9.0.0/24 metric 77
# may-fail
ip -n h1 route del 10.9.0.0/24 dev lo
ip -n h1 route del 10.9.0.0/24 metric 50
ip -n h1 route del 10.9.0.0/24 tos 0x10
ip -n h1 route > h1-5.route
# may-fail
ip -n h1 route del default
