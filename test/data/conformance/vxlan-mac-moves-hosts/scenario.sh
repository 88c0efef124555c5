# title: a container MAC moves between hosts over vxlan learning, with a third host
# shows: gratuitous ARP and what each fdb holds
# tags: vxlan,bridge
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n sw link set lo up
ip -n sw link add name u0 address 02:00:00:00:11:0b type bridge mcast_snooping 0
ip netns exec sw ethtool -K u0 tx off rx off gso off gro off tso off
ip -n sw link set u0 up
ip netns add n1
ip netns exec n1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n n1 link set lo up
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n c1 link set lo up
ip -n n1 link add name eth0 address 02:00:00:00:12:01 type veth peer name p1 address 02:00:00:00:12:02 netns sw
ip netns exec n1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n n1 addr add 192.168.1.1/24 dev eth0
ip -n n1 link set eth0 up
ip -n sw link set p1 up
ip -n sw link set p1 master u0
ip -n n1 link add name br0 address 02:00:00:00:13:0b type bridge mcast_snooping 0
ip netns exec n1 ethtool -K br0 tx off rx off gso off gro off tso off
ip -n n1 link set br0 up
ip -n c1 link add name eth0 address 02:00:00:00:14:01 type veth peer name v0 address 02:00:00:00:14:02 netns n1
ip netns exec c1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n1 ethtool -K v0 tx off rx off gso off gro off tso off
ip -n c1 addr add 10.0.0.1/24 dev eth0
ip -n c1 link set eth0 up
ip -n n1 link set v0 up
ip -n n1 link set v0 master br0
ip -n n1 link add name vx0 address 02:00:00:00:15:0c type vxlan id 9 local 192.168.1.1 dev eth0 dstport 4789
ip netns exec n1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n n1 link set vx0 up
ip -n n1 link set vx0 master br0
bridge -n n1 fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.1.2
bridge -n n1 fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.1.3
ip netns add n2
ip netns exec n2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n n2 link set lo up
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n c2 link set lo up
ip -n n2 link add name eth0 address 02:00:00:00:16:01 type veth peer name p2 address 02:00:00:00:16:02 netns sw
ip netns exec n2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n n2 addr add 192.168.1.2/24 dev eth0
ip -n n2 link set eth0 up
ip -n sw link set p2 up
ip -n sw link set p2 master u0
ip -n n2 link add name br0 address 02:00:00:00:17:0b type bridge mcast_snooping 0
ip netns exec n2 ethtool -K br0 tx off rx off gso off gro off tso off
ip -n n2 link set br0 up
ip -n c2 link add name eth0 address 02:00:00:00:18:01 type veth peer name v0 address 02:00:00:00:18:02 netns n2
ip netns exec c2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n2 ethtool -K v0 tx off rx off gso off gro off tso off
ip -n c2 addr add 10.0.0.2/24 dev eth0
ip -n c2 link set eth0 up
ip -n n2 link set v0 up
ip -n n2 link set v0 master br0
ip -n n2 link add name vx0 address 02:00:00:00:19:0c type vxlan id 9 local 192.168.1.2 dev eth0 dstport 4789
ip netns exec n2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n n2 link set vx0 up
ip -n n2 link set vx0 master br0
bridge -n n2 fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.1.1
bridge -n n2 fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.1.3
ip netns add n3
ip netns exec n3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n n3 link set lo up
ip netns add c3
ip netns exec c3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n c3 link set lo up
ip -n n3 link add name eth0 address 02:00:00:00:1a:01 type veth peer name p3 address 02:00:00:00:1a:02 netns sw
ip netns exec n3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p3 tx off rx off gso off gro off tso off
ip -n n3 addr add 192.168.1.3/24 dev eth0
ip -n n3 link set eth0 up
ip -n sw link set p3 up
ip -n sw link set p3 master u0
ip -n n3 link add name br0 address 02:00:00:00:1b:0b type bridge mcast_snooping 0
ip netns exec n3 ethtool -K br0 tx off rx off gso off gro off tso off
ip -n n3 link set br0 up
ip -n c3 link add name eth0 address 02:00:00:00:1c:01 type veth peer name v0 address 02:00:00:00:1c:02 netns n3
ip netns exec c3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n3 ethtool -K v0 tx off rx off gso off gro off tso off
ip -n c3 addr add 10.0.0.3/24 dev eth0
ip -n c3 link set eth0 up
ip -n n3 link set v0 up
ip -n n3 link set v0 master br0
ip -n n3 link add name vx0 address 02:00:00:00:1d:0c type vxlan id 9 local 192.168.1.3 dev eth0 dstport 4789
ip netns exec n3 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n n3 link set vx0 up
ip -n n3 link set vx0 master br0
bridge -n n3 fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.1.1
bridge -n n3 fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.1.2
ip netns exec n3 tcpdump -i eth0 -U -w n3-eth0.pcap 2>/dev/null &
ip netns exec c3 tcpdump -i eth0 -U -w c3-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 1 -c 1 -s 8 -W 0.5 10.0.0.3
ip netns exec c2 ping -e 2 -c 1 -s 8 -W 0.5 10.0.0.3
bridge -n n3 fdb show dev vx0 > n3a.fdb
ip -n c2 link set eth0 down
ip -n c1 link set eth0 down
ip -n c2 link set eth0 address 02:77:00:00:00:01
ip -n c1 link set eth0 address 02:77:00:00:00:02
ip -n c1 link set eth0 up
ip -n c2 link set eth0 up
sleep 0.2
ip netns exec c1 arping -A -c 1 -I eth0 10.0.0.1
ip netns exec c2 ping -e 3 -c 1 -s 8 -W 0.5 10.0.0.3
ip -n c1 link set eth0 address 02:77:00:00:00:03
ip -n c2 link set eth0 address 02:77:00:00:00:02
ip netns exec c2 arping -U -c 1 -I eth0 10.0.0.2
ip netns exec c3 ping -e 4 -c 1 -s 8 -W 0.5 10.0.0.2
bridge -n n3 fdb show dev vx0 > n3b.fdb
bridge -n n1 fdb show dev vx0 > n1.fdb
ip -n c3 neigh > c3.neigh
