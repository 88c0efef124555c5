# title: ip route get with fibmatch, connected, to groups, oif, mark, tos, uid, json
# shows: every form of answer
# tags: l3,route
ip netns add a
ip netns exec a sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n a link set lo up
ip netns add b
ip netns exec b sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n b link set lo up
ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n r link set lo up
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n a link add name eth0 address 02:00:00:00:11:01 type veth peer name e1 address 02:00:00:00:11:02 netns r
ip netns exec a ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K e1 tx off rx off gso off gro off tso off
ip -n a addr add 10.0.1.1/24 dev eth0
ip -n r addr add 10.0.1.254/24 dev e1
ip -n a link set eth0 up
ip -n r link set e1 up
ip -n b link add name eth0 address 02:00:00:00:12:01 type veth peer name e2 address 02:00:00:00:12:02 netns r
ip netns exec b ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K e2 tx off rx off gso off gro off tso off
ip -n b addr add 10.0.2.1/24 dev eth0
ip -n r addr add 10.0.2.254/24 dev e2
ip -n b link set eth0 up
ip -n r link set e2 up
ip -n a route add default via 10.0.1.254
ip -n b route add default via 10.0.2.254
ip -n r route add 10.50.0.0/16 via 10.0.2.1 metric 5 advmss 1400 initcwnd 12 hoplimit 9 proto bird
ip -n r route add default via 10.0.1.1 dev e1 src 10.0.2.254
ip -n r route add unreachable 10.60.0.0/16 metric 9
ip -n r route add throw 10.61.0.0/16
ip -n r route add local 10.62.0.0/16 dev lo
ip -n r route add broadcast 10.63.0.9 dev e2
ip -n r route add multicast 239.0.0.0/8 dev e2
# may-fail
ip netns exec r ip route get 10.50.1.1 > g00.route
# may-fail
ip netns exec r ip route get fibmatch 10.50.1.1 > g01.route
# may-fail
ip netns exec r ip route get 10.60.1.1 > g02.route
# may-fail
ip netns exec r ip route get 10.61.1.1 > g03.route
# may-fail
ip netns exec r ip route get 10.62.3.3 > g04.route
# may-fail
ip netns exec r ip route get 10.63.0.9 > g05.route
# may-fail
ip netns exec r ip route get 239.3.3.3 > g06.route
# may-fail
ip netns exec r ip route get 255.255.255.255 > g07.route
# may-fail
ip netns exec r ip route get fibmatch 10.0.1.1 > g08.route
# may-fail
ip netns exec r ip route get 10.0.1.1 connected > g09.route
# may-fail
ip netns exec r ip route get 10.0.1.254 > g10.route
# may-fail
ip netns exec r ip route get 127.0.0.1 > g11.route
# may-fail
ip netns exec r ip route get 8.8.8.8 oif e2 > g12.route
# may-fail
ip netns exec r ip route get 8.8.8.8 mark 0x7 uid 12 > g13.route
# may-fail
ip netns exec r ip route get 8.8.8.8 tos 0x10 ipproto tcp dport 80 > g14.route
# may-fail
ip netns exec r ip route get 10.0.1.1 from 10.0.2.254 > g15.route
# may-fail
ip netns exec r ip route get 10.0.1.1 from 9.9.9.9 > g16.route
# may-fail
ip netns exec r ip route get 10.0.2.1 from 10.0.1.1 iif e1 notify > g17.route
# may-fail
ip netns exec r ip route get fibmatch 8.8.8.8 from 10.0.1.1 iif e1 > g18.route
# may-fail
ip netns exec r ip route get to 10.0.2.255 dev e2 > g19.route
# may-fail
ip netns exec r ip route get 224.0.0.1 > g20.route
# may-fail
ip netns exec r ip route get 0.0.0.0 > g21.route
# may-fail
ip netns exec r ip route get 10.0.2.1/24 > g22.route
ip netns exec r ip -d route get 10.50.1.1 > d1.route
ip netns exec r ip -j route get 10.50.1.1 > d2.route
ip netns exec r ip -j -p route get 10.62.3.3 > d3.route
ip netns exec r ip -o route get 10.50.1.1 > d4.route
ip -n r -d route show table all > d5.route
