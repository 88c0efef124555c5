# title: ip maddr on every kind of device, added and deleted by hand
# shows: link layer and IPv4 groups, users counts
# tags: l2,maddr
ip netns add a
ip netns exec a sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n a link set lo up
ip -n a link add name e1 address 02:00:00:00:11:01 type veth peer name e2 address 02:00:00:00:11:02 netns a
ip netns exec a ethtool -K e1 tx off rx off gso off gro off tso off
ip netns exec a ethtool -K e2 tx off rx off gso off gro off tso off
ip -n a addr add 10.0.0.1/24 dev e1
ip -n a link set e1 up
ip -n a link set e2 up
ip -n a link add name br0 address 02:00:00:00:12:0b type bridge mcast_snooping 0
ip netns exec a ethtool -K br0 tx off rx off gso off gro off tso off
ip -n a addr add 10.1.0.1/24 dev br0
ip -n a link set br0 up
ip -n a link add link e1 name mv0 address 02:00:00:00:99:01 type macvlan mode bridge
ip -n a link set mv0 up
ip -n a link add name vx0 address 02:00:00:00:13:0c type vxlan id 3 group 239.5.5.5 dev e1 dstport 4789
ip netns exec a ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n a link set vx0 up
ip netns exec a ip maddr add 33:33:00:00:00:05 dev e1
ip netns exec a ip maddr add 01:00:5e:01:02:03 dev e1
ip netns exec a ip maddr add 01:00:5e:01:02:04 dev mv0
ip netns exec a ip maddr > a1.maddr
ip netns exec a ip -4 maddr show > a2.maddr
ip netns exec a ip -0 maddr show dev e1 > a3.maddr
ip netns exec a ip -j maddr > a4.maddr
# may-fail
ip netns exec a ip maddr add 01:00:5e:01:02:03 dev e1
# may-fail
ip netns exec a ip maddr del 01:00:5e:09:09:09 dev e1
# may-fail
ip netns exec a ip maddr add 224.1.1.1 dev e1
ip netns exec a ip maddr del 01:00:5e:01:02:03 dev e1
ip -n a link set mv0 down
ip netns exec a ip maddr show dev e1 > a5.maddr
ip -n a link del mv0
ip netns exec a ip maddr show dev e1 > a6.maddr
ip netns exec a ip -6 maddr > a7.maddr
