# title: source addresses by route, scope, subnet and preference
# shows: the choice, read by ip route get
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
ip -n h1 addr add 10.0.0.9/24 dev eth0
ip -n h1 addr add 10.0.0.10/25 dev eth0
ip -n h1 addr add 192.0.2.1/32 dev lo
ip -n h1 addr add 10.3.0.1/24 dev eth0 preferred_lft 0
ip -n h1 addr add 10.4.0.1/24 dev eth0 scope link
ip -n h2 route add default via 10.0.0.1
ip -n h1 route add 10.9.1.0/24 via 10.0.0.2
ip -n h1 route add 10.9.2.0/24 via 10.0.0.2 src 192.0.2.1
ip -n h1 route add 10.9.3.0/24 dev eth0
ip -n h1 route add 10.9.4.0/24 via 10.3.0.2
ip -n h1 route add 10.9.5.0/24 via 10.4.0.2
ip -n h1 route add 10.9.6.0/24 dev eth0 src 10.3.0.1
ip -n h1 route add 10.9.7.0/24 dev eth0 scope host
# may-fail
ip -n h1 route get 10.9.1.1 > 10.9.1.1.get
# may-fail
ip -n h1 route get 10.9.2.1 > 10.9.2.1.get
# may-fail
ip -n h1 route get 10.9.3.1 > 10.9.3.1.get
# may-fail
ip -n h1 route get 10.9.4.1 > 10.9.4.1.get
# may-fail
ip -n h1 route get 10.9.5.1 > 10.9.5.1.get
# may-fail
ip -n h1 route get 10.9.6.1 > 10.9.6.1.get
# may-fail
ip -n h1 route get 10.9.7.1 > 10.9.7.1.get
# may-fail
ip -n h1 route get 10.0.0.77 > 10.0.0.77.get
# may-fail
ip -n h1 route get 10.0.0.200 > 10.0.0.200.get
# may-fail
ip -n h1 route get 10.3.0.9 > 10.3.0.9.get
# may-fail
ip -n h1 route get 10.4.0.9 > 10.4.0.9.get
# may-fail
ip -n h1 route get 192.0.2.1 > 192.0.2.1.get
# may-fail
ip -n h1 route get 10.0.0.9 > 10.0.0.9.get
# may-fail
ip -n h1 route get 10.4.0.1 > 10.4.0.1.get
# may-fail
ip -n h1 route get 10.0.0.255 > 10.0.0.255.get
# may-fail
ip -n h1 route get 10.0.0.127 > 10.0.0.127.get
ip -n h1 addr del 10.0.0.1/24 dev eth0
# may-fail
ip -n h1 route get 10.0.0.77 > b10.0.0.77.get
# may-fail
ip -n h1 route get 10.0.0.200 > b10.0.0.200.get
# may-fail
ip -n h1 route get 10.3.0.9 > b10.3.0.9.get
ip -n h1 addr > h1.addr
ip -n h1 route > h1.route
