# title: fdb of a vxlan port of a bridge: self and master, static, sticky, extern_learn, router, use, dynamic; filters of show
# shows: text of each
# tags: vxlan,fdb
ip netns add a
ip netns exec a sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n a link set lo up
ip -n a link add name eth0 address 02:00:00:00:11:01 type veth peer name eth1 address 02:00:00:00:11:02 netns a
ip netns exec a ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec a ethtool -K eth1 tx off rx off gso off gro off tso off
ip -n a addr add 192.168.1.1/24 dev eth0
ip -n a link set eth0 up
ip -n a link set eth1 up
ip -n a link add name br0 address 02:00:00:00:12:0b type bridge mcast_snooping 0
ip netns exec a ethtool -K br0 tx off rx off gso off gro off tso off
ip -n a link set br0 up
ip -n a link add name vx0 address 02:00:00:00:13:0c type vxlan id 1 local 192.168.1.1 dstport 4789
ip netns exec a ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n a link set vx0 up
ip -n a link set vx0 master br0
# may-fail
bridge -n a fdb add 02:00:00:00:01:00 dev vx0 dst 192.168.1.2
# may-fail
bridge -n a fdb add 02:00:00:00:01:01 dev vx0 dst 192.168.1.2 static
# may-fail
bridge -n a fdb add 02:00:00:00:01:02 dev vx0 dst 192.168.1.2 dynamic
# may-fail
bridge -n a fdb add 02:00:00:00:01:03 dev vx0 dst 192.168.1.2 self permanent
# may-fail
bridge -n a fdb add 02:00:00:00:01:04 dev vx0 dst 192.168.1.2 extern_learn
# may-fail
bridge -n a fdb add 02:00:00:00:01:05 dev vx0 dst 192.168.1.2 router
# may-fail
bridge -n a fdb add 02:00:00:00:01:06 dev vx0 dst 192.168.1.2 use
# may-fail
bridge -n a fdb add 02:00:00:00:01:07 dev vx0 master static
# may-fail
bridge -n a fdb add 02:00:00:00:01:08 dev vx0 master dynamic
# may-fail
bridge -n a fdb add 02:00:00:00:01:09 dev vx0 self master static dst 192.168.1.3
# may-fail
bridge -n a fdb add 02:00:00:00:01:0a dev vx0 master sticky
# may-fail
bridge -n a fdb add 02:00:00:00:01:0b dev vx0 master extern_learn
# may-fail
bridge -n a fdb add 02:00:00:00:01:0c dev vx0 master local
# may-fail
bridge -n a fdb add 02:00:00:00:01:0d dev vx0 master permanent
# may-fail
bridge -n a fdb add 02:00:00:00:01:0e dev vx0 dst 192.168.1.2 sticky
# may-fail
bridge -n a fdb add 02:00:00:00:01:0f dev vx0 dst 192.168.1.2 vni 77
# may-fail
bridge -n a fdb add 02:00:00:00:01:10 dev vx0 dst 192.168.1.2 port 99
# may-fail
bridge -n a fdb add 02:00:00:00:01:11 dev vx0 dst 192.168.1.2 via eth0
# may-fail
bridge -n a fdb add 02:00:00:00:01:12 dev vx0 master use
# may-fail
bridge -n a fdb add 02:00:00:00:01:13 dev vx0 dst 192.168.1.2 src_vni 5
bridge -n a fdb > a1.fdb
bridge -n a fdb show br br0 > a2.fdb
bridge -n a fdb show brport vx0 > a3.fdb
bridge -n a fdb show dev vx0 state static > a4.fdb
bridge -n a fdb show state permanent > a5.fdb
bridge -n a fdb show dynamic > a6.fdb
ip netns exec a bridge -d fdb show dev vx0 > a7.fdb
ip netns exec a bridge -j fdb show dev vx0 > a8.txt
# may-fail
bridge -n a fdb flush dev vx0
bridge -n a fdb show dev vx0 > a9.fdb
ip -n a link set vx0 nomaster
bridge -n a fdb show dev vx0 > b1.fdb
