# h1 10.0.0.1 eth0 -- eth0 10.0.0.2 h2 10.0.9.2 eth1 -- eth0 10.0.9.3 h3; sw is a bridge with two hosts of its own
ip netns add h1
ip netns add h2
ip netns add h3
ip netns add sw
ip netns add a
ip netns add b
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec a sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec b sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip -n h2 link set lo up
ip -n h3 link set lo up
ip -n h1 link add eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip -n h2 link add eth1 address 02:00:00:00:02:02 type veth peer name eth0 address 02:00:00:00:ab:cd netns h3
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h2 addr add 10.0.9.2/24 dev eth1
ip -n h3 addr add 10.0.9.3/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip -n h2 link set eth1 up
ip -n h3 link set eth0 up
ip -n h1 route add default via 10.0.0.2
ip -n h3 route add default via 10.0.9.2
ip netns exec h2 sysctl -qw net.ipv4.ip_forward=1
ip netns exec h2 sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
ip -n h2 route add unreachable 10.1.1.0/24
ip -n h2 route add prohibit 10.1.2.0/24
ip -n h2 route add blackhole 10.1.3.0/24
ip -n sw link add br0 address 02:00:00:00:f0:00 type bridge mcast_snooping 0
ip -n sw link add p1 address 02:00:00:00:f0:01 type veth peer name eth0 address 02:00:00:00:0a:01 netns a
ip -n sw link add p2 address 02:00:00:00:f0:02 type veth peer name eth0 address 02:00:00:00:0b:01 netns b
ip -n sw link set p2 master br0
ip -n sw link set p1 master br0
ip -n sw link set br0 up
ip -n sw link set p1 up
ip -n sw link set p2 up
ip -n a addr add 10.0.5.1/24 dev eth0
ip -n b addr add 10.0.5.2/24 dev eth0
ip -n a link set eth0 up
ip -n b link set eth0 up
sleep 1
