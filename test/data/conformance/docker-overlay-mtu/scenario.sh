# title: Docker's overlay and the MTU of the underlay
# shows: 1450 inside makes 1500 outside; with less underneath the tunnel answers in the name of the far container; the underlay goes down, then the tunnel
# tags: docker,overlay,vxlan,pmtu,mtu
ip netns add n1
ip netns exec n1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n n1 link set lo up
ip netns add n2
ip netns exec n2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n n2 link set lo up
ip -n n1 link add name eth0 address 02:00:00:00:a1:01 type veth peer name eth0 address 02:00:00:00:a2:01 netns n2
ip netns exec n1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n n1 addr add 192.168.50.1/24 dev eth0
ip -n n1 link set eth0 up
ip -n n2 addr add 192.168.50.2/24 dev eth0
ip -n n2 link set eth0 up
ip netns add ov1
ip netns exec ov1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n ov1 link set lo up
ip -n ov1 link add name br0 address 02:00:00:00:f1:00 type bridge mcast_snooping 0
ip netns exec ov1 ethtool -K br0 tx off rx off gso off gro off tso off
ip -n ov1 addr add 10.0.1.1/24 dev br0
ip -n n1 link add name vx1 address 02:00:00:00:e1:01 type vxlan id 4097 dstport 4789 proxy l2miss l3miss noudpcsum
ip netns exec n1 ethtool -K vx1 tx off rx off gso off gro off tso off
ip -n n1 link set vx1 netns ov1 name vxlan0
ip -n ov1 link set vxlan0 mtu 1450 master br0 up
ip -n ov1 link set br0 up
ip netns add c11
ip netns exec c11 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c11 link set lo up
ip -n c11 link add name eth0 address 02:00:00:00:11:01 mtu 1450 type veth peer name veth1 address 02:00:00:00:e1:11 mtu 1450 netns ov1
ip netns exec c11 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec ov1 ethtool -K veth1 tx off rx off gso off gro off tso off
ip -n ov1 link set veth1 master br0 up
ip -n c11 addr add 10.0.1.11/24 dev eth0
ip -n c11 link set eth0 up
ip netns add c12
ip netns exec c12 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c12 link set lo up
ip -n c12 link add name eth0 address 02:00:00:00:12:01 mtu 1450 type veth peer name veth2 address 02:00:00:00:e1:12 mtu 1450 netns ov1
ip netns exec c12 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec ov1 ethtool -K veth2 tx off rx off gso off gro off tso off
ip -n ov1 link set veth2 master br0 up
ip -n c12 addr add 10.0.1.12/24 dev eth0
ip -n c12 link set eth0 up
ip netns add ov2
ip netns exec ov2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n ov2 link set lo up
ip -n ov2 link add name br0 address 02:00:00:00:f2:00 type bridge mcast_snooping 0
ip netns exec ov2 ethtool -K br0 tx off rx off gso off gro off tso off
ip -n ov2 addr add 10.0.1.1/24 dev br0
ip -n n2 link add name vx2 address 02:00:00:00:e2:01 type vxlan id 4097 dstport 4789 proxy l2miss l3miss noudpcsum
ip netns exec n2 ethtool -K vx2 tx off rx off gso off gro off tso off
ip -n n2 link set vx2 netns ov2 name vxlan0
ip -n ov2 link set vxlan0 mtu 1450 master br0 up
ip -n ov2 link set br0 up
ip netns add c21
ip netns exec c21 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c21 link set lo up
ip -n c21 link add name eth0 address 02:00:00:00:21:01 mtu 1450 type veth peer name veth1 address 02:00:00:00:e2:11 mtu 1450 netns ov2
ip netns exec c21 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec ov2 ethtool -K veth1 tx off rx off gso off gro off tso off
ip -n ov2 link set veth1 master br0 up
ip -n c21 addr add 10.0.1.21/24 dev eth0
ip -n c21 link set eth0 up
ip netns add c22
ip netns exec c22 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c22 link set lo up
ip -n c22 link add name eth0 address 02:00:00:00:22:01 mtu 1450 type veth peer name veth2 address 02:00:00:00:e2:12 mtu 1450 netns ov2
ip netns exec c22 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec ov2 ethtool -K veth2 tx off rx off gso off gro off tso off
ip -n ov2 link set veth2 master br0 up
ip -n c22 addr add 10.0.1.22/24 dev eth0
ip -n c22 link set eth0 up
ip -n ov1 neigh add 10.0.1.21 lladdr 02:00:00:00:21:01 dev vxlan0 nud permanent
bridge -n ov1 fdb add 02:00:00:00:21:01 dev vxlan0 dst 192.168.50.2 self permanent
ip -n ov1 neigh add 10.0.1.22 lladdr 02:00:00:00:22:01 dev vxlan0 nud permanent
bridge -n ov1 fdb add 02:00:00:00:22:01 dev vxlan0 dst 192.168.50.2 self permanent
ip -n ov2 neigh add 10.0.1.11 lladdr 02:00:00:00:11:01 dev vxlan0 nud permanent
bridge -n ov2 fdb add 02:00:00:00:11:01 dev vxlan0 dst 192.168.50.1 self permanent
ip -n ov2 neigh add 10.0.1.12 lladdr 02:00:00:00:12:01 dev vxlan0 nud permanent
bridge -n ov2 fdb add 02:00:00:00:12:01 dev vxlan0 dst 192.168.50.1 self permanent
ip netns exec c11 tcpdump -i eth0 -U -w c11-eth0.pcap 2>/dev/null &
ip netns exec n1 tcpdump -i eth0 -U -w n1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec c11 ping -e 200 -M do -c 1 -s 1422 -W 1 10.0.1.21
ip netns exec c11 ping -e 201 -M do -c 1 -s 1423 -W 1 10.0.1.21
ip -n n1 link set eth0 mtu 1400
ip netns exec c11 ping -e 202 -M do -c 1 -s 1400 -W 1 10.0.1.21
ip netns exec c11 ping -e 203 -M dont -c 1 -s 1400 -W 1 10.0.1.21
ip -n c11 route get 10.0.1.21 > c11.route
ip -n n1 link set eth0 down
ip netns exec c11 ping -e 104 -c 1 -s 8 -W 0.5 10.0.1.21
ip -n ov1 -s -s link show vxlan0 > ov1-vxlan0.link
ip -n ov1 link del vxlan0
ip -n ov1 link > ov1.link
ip netns exec c11 ping -e 105 -c 1 -s 8 -W 1 10.0.1.12
