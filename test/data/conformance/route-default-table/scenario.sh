# title: main and default tables with routes that stand for errors
# shows: default is asked only when main has nothing, or throws
# tags: l3,route
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
ip -n h1 route add blackhole 10.9.0.0/24
ip -n h1 route add 10.9.0.0/24 dev eth0 table default
ip -n h1 route add throw 10.8.0.0/24
ip -n h1 route add 10.8.0.0/24 dev eth0 table default
ip -n h1 route add unreachable 10.7.0.0/24
ip -n h1 route add 10.7.0.0/16 dev eth0
# may-fail
ip -n h1 route get 10.9.0.1 > 10.9.0.1.get
# may-fail
ip -n h1 route get 10.8.0.1 > 10.8.0.1.get
# may-fail
ip -n h1 route get 10.7.0.1 > 10.7.0.1.get
# may-fail
ip -n h1 route get 10.7.1.1 > 10.7.1.1.get
# may-fail
ip -n h1 route get 10.6.0.1 > 10.6.0.1.get
ip -n h1 route show table default > d.route
ip -n h1 route show table all > all.route
