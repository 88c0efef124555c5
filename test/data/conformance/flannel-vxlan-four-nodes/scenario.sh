# title: flannel vxlan on four hosts, one leaves, one comes back with another MAC
# shows: entries replaced by hand as flanneld does
# tags: vxlan,flannel
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n sw link set lo up
ip -n sw link add name br0 address 02:00:00:00:11:0b type bridge mcast_snooping 0
ip netns exec sw ethtool -K br0 tx off rx off gso off gro off tso off
ip -n sw link set br0 up
ip netns add n1
ip netns exec n1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n n1 link set lo up
ip netns exec n1 sysctl -qw net.ipv4.ip_forward=1
ip -n n1 link add name eth0 address 02:00:00:00:12:01 type veth peer name p1 address 02:00:00:00:12:02 netns sw
ip netns exec n1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n n1 addr add 192.168.50.1/24 dev eth0
ip -n n1 link set eth0 up
ip -n sw link set p1 up
ip -n sw link set p1 master br0
ip -n n1 link add name flannel.1 address 02:00:00:00:13:0c mtu 1450 type vxlan id 1 local 192.168.50.1 dev eth0 dstport 8472 nolearning noudpcsum
ip netns exec n1 ethtool -K flannel.1 tx off rx off gso off gro off tso off
ip -n n1 addr add 10.244.1.0/32 dev flannel.1
ip -n n1 link set flannel.1 up
ip -n n1 link set flannel.1 address 02:f1:00:00:00:01
ip -n n1 link add name cni0 address 02:00:00:00:14:0b type bridge mcast_snooping 0
ip netns exec n1 ethtool -K cni0 tx off rx off gso off gro off tso off
ip -n n1 addr add 10.244.1.1/24 dev cni0
ip -n n1 link set cni0 up
ip -n n1 link set cni0 mtu 1450
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n c1 link set lo up
ip -n c1 link add name eth0 address 02:00:00:00:15:01 mtu 1450 type veth peer name v0 address 02:00:00:00:15:02 mtu 1450 netns n1
ip netns exec c1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n1 ethtool -K v0 tx off rx off gso off gro off tso off
ip -n c1 addr add 10.244.1.2/24 dev eth0
ip -n c1 link set eth0 up
ip -n n1 link set v0 up
ip -n n1 link set v0 master cni0
ip -n c1 route add default via 10.244.1.1
ip netns add n2
ip netns exec n2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n n2 link set lo up
ip netns exec n2 sysctl -qw net.ipv4.ip_forward=1
ip -n n2 link add name eth0 address 02:00:00:00:16:01 type veth peer name p2 address 02:00:00:00:16:02 netns sw
ip netns exec n2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n n2 addr add 192.168.50.2/24 dev eth0
ip -n n2 link set eth0 up
ip -n sw link set p2 up
ip -n sw link set p2 master br0
ip -n n2 link add name flannel.1 address 02:00:00:00:17:0c mtu 1450 type vxlan id 1 local 192.168.50.2 dev eth0 dstport 8472 nolearning noudpcsum
ip netns exec n2 ethtool -K flannel.1 tx off rx off gso off gro off tso off
ip -n n2 addr add 10.244.2.0/32 dev flannel.1
ip -n n2 link set flannel.1 up
ip -n n2 link set flannel.1 address 02:f1:00:00:00:02
ip -n n2 link add name cni0 address 02:00:00:00:18:0b type bridge mcast_snooping 0
ip netns exec n2 ethtool -K cni0 tx off rx off gso off gro off tso off
ip -n n2 addr add 10.244.2.1/24 dev cni0
ip -n n2 link set cni0 up
ip -n n2 link set cni0 mtu 1450
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n c2 link set lo up
ip -n c2 link add name eth0 address 02:00:00:00:19:01 mtu 1450 type veth peer name v0 address 02:00:00:00:19:02 mtu 1450 netns n2
ip netns exec c2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n2 ethtool -K v0 tx off rx off gso off gro off tso off
ip -n c2 addr add 10.244.2.2/24 dev eth0
ip -n c2 link set eth0 up
ip -n n2 link set v0 up
ip -n n2 link set v0 master cni0
ip -n c2 route add default via 10.244.2.1
ip netns add n3
ip netns exec n3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n n3 link set lo up
ip netns exec n3 sysctl -qw net.ipv4.ip_forward=1
ip -n n3 link add name eth0 address 02:00:00:00:1a:01 type veth peer name p3 address 02:00:00:00:1a:02 netns sw
ip netns exec n3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p3 tx off rx off gso off gro off tso off
ip -n n3 addr add 192.168.50.3/24 dev eth0
ip -n n3 link set eth0 up
ip -n sw link set p3 up
ip -n sw link set p3 master br0
ip -n n3 link add name flannel.1 address 02:00:00:00:1b:0c mtu 1450 type vxlan id 1 local 192.168.50.3 dev eth0 dstport 8472 nolearning noudpcsum
ip netns exec n3 ethtool -K flannel.1 tx off rx off gso off gro off tso off
ip -n n3 addr add 10.244.3.0/32 dev flannel.1
ip -n n3 link set flannel.1 up
ip -n n3 link set flannel.1 address 02:f1:00:00:00:03
ip -n n3 link add name cni0 address 02:00:00:00:1c:0b type bridge mcast_snooping 0
ip netns exec n3 ethtool -K cni0 tx off rx off gso off gro off tso off
ip -n n3 addr add 10.244.3.1/24 dev cni0
ip -n n3 link set cni0 up
ip -n n3 link set cni0 mtu 1450
ip netns add c3
ip netns exec c3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n c3 link set lo up
ip -n c3 link add name eth0 address 02:00:00:00:1d:01 mtu 1450 type veth peer name v0 address 02:00:00:00:1d:02 mtu 1450 netns n3
ip netns exec c3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n3 ethtool -K v0 tx off rx off gso off gro off tso off
ip -n c3 addr add 10.244.3.2/24 dev eth0
ip -n c3 link set eth0 up
ip -n n3 link set v0 up
ip -n n3 link set v0 master cni0
ip -n c3 route add default via 10.244.3.1
ip netns add n4
ip netns exec n4 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n n4 link set lo up
ip netns exec n4 sysctl -qw net.ipv4.ip_forward=1
ip -n n4 link add name eth0 address 02:00:00:00:1e:01 type veth peer name p4 address 02:00:00:00:1e:02 netns sw
ip netns exec n4 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p4 tx off rx off gso off gro off tso off
ip -n n4 addr add 192.168.50.4/24 dev eth0
ip -n n4 link set eth0 up
ip -n sw link set p4 up
ip -n sw link set p4 master br0
ip -n n4 link add name flannel.1 address 02:00:00:00:1f:0c mtu 1450 type vxlan id 1 local 192.168.50.4 dev eth0 dstport 8472 nolearning noudpcsum
ip netns exec n4 ethtool -K flannel.1 tx off rx off gso off gro off tso off
ip -n n4 addr add 10.244.4.0/32 dev flannel.1
ip -n n4 link set flannel.1 up
ip -n n4 link set flannel.1 address 02:f1:00:00:00:04
ip -n n4 link add name cni0 address 02:00:00:00:20:0b type bridge mcast_snooping 0
ip netns exec n4 ethtool -K cni0 tx off rx off gso off gro off tso off
ip -n n4 addr add 10.244.4.1/24 dev cni0
ip -n n4 link set cni0 up
ip -n n4 link set cni0 mtu 1450
ip netns add c4
ip netns exec c4 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n c4 link set lo up
ip -n c4 link add name eth0 address 02:00:00:00:21:01 mtu 1450 type veth peer name v0 address 02:00:00:00:21:02 mtu 1450 netns n4
ip netns exec c4 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n4 ethtool -K v0 tx off rx off gso off gro off tso off
ip -n c4 addr add 10.244.4.2/24 dev eth0
ip -n c4 link set eth0 up
ip -n n4 link set v0 up
ip -n n4 link set v0 master cni0
ip -n c4 route add default via 10.244.4.1
ip -n n1 neigh replace 10.244.2.0 lladdr 02:f1:00:00:00:02 nud permanent dev flannel.1
bridge -n n1 fdb replace 02:f1:00:00:00:02 dev flannel.1 dst 192.168.50.2 self permanent
ip -n n1 route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
ip -n n1 neigh replace 10.244.3.0 lladdr 02:f1:00:00:00:03 nud permanent dev flannel.1
bridge -n n1 fdb replace 02:f1:00:00:00:03 dev flannel.1 dst 192.168.50.3 self permanent
ip -n n1 route replace 10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink
ip -n n1 neigh replace 10.244.4.0 lladdr 02:f1:00:00:00:04 nud permanent dev flannel.1
bridge -n n1 fdb replace 02:f1:00:00:00:04 dev flannel.1 dst 192.168.50.4 self permanent
ip -n n1 route replace 10.244.4.0/24 via 10.244.4.0 dev flannel.1 onlink
ip -n n2 neigh replace 10.244.1.0 lladdr 02:f1:00:00:00:01 nud permanent dev flannel.1
bridge -n n2 fdb replace 02:f1:00:00:00:01 dev flannel.1 dst 192.168.50.1 self permanent
ip -n n2 route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
ip -n n2 neigh replace 10.244.3.0 lladdr 02:f1:00:00:00:03 nud permanent dev flannel.1
bridge -n n2 fdb replace 02:f1:00:00:00:03 dev flannel.1 dst 192.168.50.3 self permanent
ip -n n2 route replace 10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink
ip -n n2 neigh replace 10.244.4.0 lladdr 02:f1:00:00:00:04 nud permanent dev flannel.1
bridge -n n2 fdb replace 02:f1:00:00:00:04 dev flannel.1 dst 192.168.50.4 self permanent
ip -n n2 route replace 10.244.4.0/24 via 10.244.4.0 dev flannel.1 onlink
ip -n n3 neigh replace 10.244.1.0 lladdr 02:f1:00:00:00:01 nud permanent dev flannel.1
bridge -n n3 fdb replace 02:f1:00:00:00:01 dev flannel.1 dst 192.168.50.1 self permanent
ip -n n3 route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
ip -n n3 neigh replace 10.244.2.0 lladdr 02:f1:00:00:00:02 nud permanent dev flannel.1
bridge -n n3 fdb replace 02:f1:00:00:00:02 dev flannel.1 dst 192.168.50.2 self permanent
ip -n n3 route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
ip -n n3 neigh replace 10.244.4.0 lladdr 02:f1:00:00:00:04 nud permanent dev flannel.1
bridge -n n3 fdb replace 02:f1:00:00:00:04 dev flannel.1 dst 192.168.50.4 self permanent
ip -n n3 route replace 10.244.4.0/24 via 10.244.4.0 dev flannel.1 onlink
ip -n n4 neigh replace 10.244.1.0 lladdr 02:f1:00:00:00:01 nud permanent dev flannel.1
bridge -n n4 fdb replace 02:f1:00:00:00:01 dev flannel.1 dst 192.168.50.1 self permanent
ip -n n4 route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
ip -n n4 neigh replace 10.244.2.0 lladdr 02:f1:00:00:00:02 nud permanent dev flannel.1
bridge -n n4 fdb replace 02:f1:00:00:00:02 dev flannel.1 dst 192.168.50.2 self permanent
ip -n n4 route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink
ip -n n4 neigh replace 10.244.3.0 lladdr 02:f1:00:00:00:03 nud permanent dev flannel.1
bridge -n n4 fdb replace 02:f1:00:00:00:03 dev flannel.1 dst 192.168.50.3 self permanent
ip -n n4 route replace 10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink
ip netns exec n1 tcpdump -i eth0 -U -w n1-eth0.pcap 2>/dev/null &
ip netns exec n1 tcpdump -i flannel.1 -U -w n1-flannel.1.pcap 2>/dev/null &
ip netns exec c4 tcpdump -i eth0 -U -w c4-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 1 -c 1 -s 8 -W 0.5 10.244.4.2
ip netns exec c2 ping -e 2 -c 1 -s 8 -W 0.5 10.244.3.2
ip netns exec n1 ping -e 3 -c 1 -s 8 -W 0.5 10.244.4.2
ip -n n1 route del 10.244.4.0/24 via 10.244.4.0 dev flannel.1
bridge -n n1 fdb del 02:f1:00:00:00:04 dev flannel.1 dst 192.168.50.4 self
ip -n n1 neigh del 10.244.4.0 dev flannel.1 lladdr 02:f1:00:00:00:04
ip netns exec c1 ping -e 4 -c 1 -s 8 -W 0.5 10.244.4.2 > c1.ping
ip -n n4 link del flannel.1
ip -n n4 link add name flannel.1 address 02:00:00:00:22:0c mtu 1450 type vxlan id 1 local 192.168.50.4 dev eth0 dstport 8472 nolearning noudpcsum
ip netns exec n4 ethtool -K flannel.1 tx off rx off gso off gro off tso off
ip -n n4 addr add 10.244.4.0/32 dev flannel.1
ip -n n4 link set flannel.1 up
ip -n n4 link set flannel.1 address 02:f1:00:00:00:44
ip -n n1 neigh replace 10.244.4.0 lladdr 02:f1:00:00:00:44 nud permanent dev flannel.1
bridge -n n1 fdb replace 02:f1:00:00:00:44 dev flannel.1 dst 192.168.50.4 self permanent
ip -n n1 route replace 10.244.4.0/24 via 10.244.4.0 dev flannel.1 onlink
ip -n n4 neigh replace 10.244.1.0 lladdr 02:f1:00:00:00:01 nud permanent dev flannel.1
bridge -n n4 fdb replace 02:f1:00:00:00:01 dev flannel.1 dst 192.168.50.1 self permanent
ip -n n4 route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
ip netns exec c1 ping -e 5 -c 1 -s 8 -W 0.5 10.244.4.2
ip netns exec c3 ping -e 6 -c 1 -s 8 -W 0.5 10.244.4.2
ip -n n4 route > n4.route
ip -n n1 route > n1.route
bridge -n n1 fdb show dev flannel.1 > n1.fdb
ip -n n1 neigh show dev flannel.1 > n1.neigh
ip -n n1 -d addr show flannel.1 > n1.addr
