# title: ip route get for groups, broadcasts and own addresses
# shows: flags of each kind, with -d, -s and -N; the kernel's flag for groups is shown as rt_offload_failed
# tags: route,get,multicast,broadcast
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:a1:01 netns r
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name eth1 address 02:00:00:00:a1:02 netns r
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n r addr add 10.0.0.254/24 dev eth0
ip -n r addr add 10.0.1.254/24 dev eth1
ip -n h2 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.0.254
ip -n h2 route add default via 10.0.1.254
ip -n h1 route get 224.0.0.5 > h1-0.route
ip -n h1 -d route get 224.0.0.5 > h1-0-d.route
ip -n h1 route get 239.1.1.1 > h1-1.route
ip -n h1 -d route get 239.1.1.1 > h1-1-d.route
ip -n h1 route get 255.255.255.255 > h1-2.route
ip -n h1 -d route get 255.255.255.255 > h1-2-d.route
ip -n h1 route get 10.0.0.255 > h1-3.route
ip -n h1 -d route get 10.0.0.255 > h1-3-d.route
ip -n h1 route get 10.0.0.1 > h1-4.route
ip -n h1 -d route get 10.0.0.1 > h1-4-d.route
ip -n h1 route get 127.0.0.1 > h1-5.route
ip -n h1 -d route get 127.0.0.1 > h1-5-d.route
ip -n h1 route get 10.0.0.254 > h1-6.route
ip -n h1 -d route get 10.0.0.254 > h1-6-d.route
ip -n h1 route get 10.9.9.9 > h1-7.route
ip -n h1 -d route get 10.9.9.9 > h1-7-d.route
ip -n h1 addr add 239.1.1.1/32 dev eth0 autojoin
ip -n h1 route get 239.1.1.1 > h1-joined.route
ip -n r route get 10.0.1.1 from 10.0.0.1 iif eth0 > r-a.route
ip -n r route get 10.0.0.99 from 10.0.0.1 iif eth0 > r-b.route
ip -n r route get 10.0.0.254 from 10.0.0.1 iif eth0 > r-c.route
