# title: ip route get for each kind of destination and incoming device
# shows: routes, flags and errors
# tags: l3,route
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:f1:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n r1 link add name eth1 address 02:00:00:00:f1:02 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec r1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n r1 addr add 10.0.1.254/24 dev eth0
ip -n r1 addr add 10.0.2.254/24 dev eth1
ip -n h2 addr add 10.0.2.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n r1 link set eth0 up
ip -n r1 link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.1.254
ip -n h2 route add default via 10.0.2.254
ip netns exec r1 sysctl -qw net.ipv4.conf.eth0.rp_filter=1
ip -n r1 route add blackhole 10.91.0.0/24
ip -n r1 route add prohibit 10.92.0.0/24
ip -n r1 route add unreachable 10.93.0.0/24
# may-fail
ip -n r1 route get 10.0.2.1 from 10.0.1.1 iif eth0 > 0.get
# may-fail
ip -n r1 route get 10.0.2.1 from 10.0.7.1 iif eth0 > 1.get
# may-fail
ip -n r1 route get 10.0.2.1 from 10.0.2.7 iif eth0 > 2.get
# may-fail
ip -n r1 route get 10.0.2.1 from 10.0.1.254 iif eth0 > 3.get
# may-fail
ip -n r1 route get 10.0.2.254 from 10.0.1.1 iif eth0 > 4.get
# may-fail
ip -n r1 route get 10.0.1.255 from 10.0.1.1 iif eth0 > 5.get
# may-fail
ip -n r1 route get 255.255.255.255 from 10.0.1.1 iif eth0 > 6.get
# may-fail
ip -n r1 route get 239.1.1.1 from 10.0.1.1 iif eth0 > 8.get
# may-fail
ip -n r1 route get 10.91.0.1 from 10.0.1.1 iif eth0 > 9.get
# may-fail
ip -n r1 route get 10.92.0.1 from 10.0.1.1 iif eth0 > 10.get
# may-fail
ip -n r1 route get 10.93.0.1 from 10.0.1.1 iif eth0 > 11.get
# may-fail
ip -n r1 route get 10.94.0.1 from 10.0.1.1 iif eth0 > 12.get
# may-fail
ip -n r1 route get 10.0.1.7 from 10.0.1.1 iif eth0 > 13.get
# may-fail
ip -n r1 route get 127.0.0.1 from 10.0.1.1 iif eth0 > 14.get
# may-fail
ip -n r1 route get 0.0.0.0 from 10.0.1.1 iif eth0 > 15.get
# may-fail
ip -n r1 route get 10.0.2.1 iif eth0 > 16.get
# may-fail
ip -n r1 route get 10.0.2.1 from 224.0.0.1 iif eth0 > 17.get
# may-fail
ip -n r1 route get 10.0.2.1 from 10.0.1.254 > 18.get
# may-fail
ip -n r1 route get 10.0.2.1 oif eth0 > 19.get
# may-fail
ip -n r1 route get 10.94.0.1 oif eth0 > 20.get
# may-fail
ip -n r1 route get 10.0.1.255 > 21.get
# may-fail
ip -n r1 route get 255.255.255.255 > 22.get
# may-fail
ip -n r1 route get 255.255.255.255 oif eth1 > 23.get
# may-fail
ip -n r1 route get 127.0.0.1 > 26.get
# may-fail
ip -n r1 route get 10.0.1.254 > 27.get
# may-fail
ip -n r1 route get 10.0.2.1 from 10.9.9.9 > 28.get
# may-fail
ip -n r1 route get 10.0.1.254 oif eth0 > 29.get
# may-fail
ip -n r1 route get 10.0.1.254 oif eth1 > 30.get
# may-fail
ip -n r1 route get 0.0.0.0 > 31.get
