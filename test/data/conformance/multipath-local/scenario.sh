# title: a host with two uplinks in one route
# shows: the source address decides among the next hops; without one the hash does, and the source follows
# tags: l3,multipath,source
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec h1 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec h2 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n h2 link set lo up
ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec r sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n r link set lo up
ip netns add u1
ip netns exec u1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec u1 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n u1 link set lo up
ip netns add u2
ip netns exec u2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec u2 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n u2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name i1 address 02:00:00:00:01:02 netns r
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K i1 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.1.0.1/24 dev eth0
ip -n r addr add 10.1.0.254/24 dev i1
ip -n h1 link set eth0 up
ip -n r link set i1 up
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name i2 address 02:00:00:00:02:02 netns r
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K i2 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.2.0.1/24 dev eth0
ip -n r addr add 10.2.0.254/24 dev i2
ip -n h2 link set eth0 up
ip -n r link set i2 up
ip -n r link add name o1 address 02:00:00:00:03:01 type veth peer name eth0 address 02:00:00:00:03:02 netns u1
ip netns exec r ethtool -K o1 tx off rx off gso off gro off tso off
ip netns exec u1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n r addr add 10.0.1.1/24 dev o1
ip -n u1 addr add 10.0.1.254/24 dev eth0
ip -n r link set o1 up
ip -n u1 link set eth0 up
ip -n r link add name o2 address 02:00:00:00:04:01 type veth peer name eth0 address 02:00:00:00:04:02 netns u2
ip netns exec r ethtool -K o2 tx off rx off gso off gro off tso off
ip netns exec u2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n r addr add 10.0.2.1/24 dev o2
ip -n u2 addr add 10.0.2.254/24 dev eth0
ip -n r link set o2 up
ip -n u2 link set eth0 up
ip netns exec r sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0
ip -n h1 route add default via 10.1.0.254
ip -n h2 route add default via 10.2.0.254
ip -n u1 route add default via 10.0.1.1
ip -n u2 route add default via 10.0.2.1
ip -n u1 addr add 203.0.113.1/32 dev lo
ip -n u1 addr add 203.0.113.2/32 dev lo
ip -n u1 addr add 203.0.113.3/32 dev lo
ip -n u1 addr add 203.0.113.4/32 dev lo
ip -n u1 addr add 203.0.113.5/32 dev lo
ip -n u1 addr add 203.0.113.6/32 dev lo
ip -n u1 addr add 203.0.113.7/32 dev lo
ip -n u1 addr add 203.0.113.8/32 dev lo
ip -n u2 addr add 203.0.113.1/32 dev lo
ip -n u2 addr add 203.0.113.2/32 dev lo
ip -n u2 addr add 203.0.113.3/32 dev lo
ip -n u2 addr add 203.0.113.4/32 dev lo
ip -n u2 addr add 203.0.113.5/32 dev lo
ip -n u2 addr add 203.0.113.6/32 dev lo
ip -n u2 addr add 203.0.113.7/32 dev lo
ip -n u2 addr add 203.0.113.8/32 dev lo
ip -n r route add default via 10.0.1.254
ip -n r route add default via 10.0.2.254 table 200
ip netns exec r sysctl -qw net.ipv4.fib_multipath_hash_seed=99
ip -n r route replace default nexthop via 10.0.1.254 nexthop via 10.0.2.254
ip netns exec r tcpdump -i o1 -U -w r-o1.pcap 2>/dev/null &
ip netns exec r tcpdump -i o2 -U -w r-o2.pcap 2>/dev/null &
sleep 1
ip netns exec r ping -e 71 -c 1 -s 8 -W 1 203.0.113.1
ip netns exec r ping -e 72 -c 1 -s 8 -W 1 203.0.113.2
ip netns exec r ping -e 73 -c 1 -s 8 -W 1 203.0.113.3
ip netns exec r ping -e 74 -c 1 -s 8 -W 1 203.0.113.4
ip netns exec r ping -e 75 -c 1 -s 8 -W 1 203.0.113.5
ip netns exec r ping -e 76 -c 1 -s 8 -W 1 203.0.113.6
ip netns exec r ping -e 81 -c 1 -s 8 -W 1 -I 10.0.2.1 203.0.113.1
ip netns exec r ping -e 82 -c 1 -s 8 -W 1 -I 10.0.2.1 203.0.113.2
ip netns exec r ping -e 83 -c 1 -s 8 -W 1 -I 10.0.2.1 203.0.113.3
ip netns exec r ping -e 91 -c 1 -s 8 -W 1 -I 10.0.1.1 203.0.113.1
ip netns exec r ping -e 92 -c 1 -s 8 -W 1 -I 10.0.1.1 203.0.113.2
ip netns exec r ping -e 93 -c 1 -s 8 -W 1 -I 10.0.1.1 203.0.113.3
ip netns exec r ping -e 95 -c 1 -s 8 -W 1 -I o2 203.0.113.1
ip netns exec r ping -e 96 -c 1 -s 8 -W 1 -I o1 203.0.113.2
ip netns exec r ping -e 97 -c 1 -s 8 -W 1 -I 10.1.0.254 203.0.113.3
ip netns exec r ping -e 98 -c 1 -s 8 -W 1 -I 10.1.0.254 203.0.113.4
ip -n r route > r.route
