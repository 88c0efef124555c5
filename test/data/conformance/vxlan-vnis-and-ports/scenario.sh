# title: two VNIs on one port, one VNI on two ports
# shows: devices share the socket of their port; the VNI and the port say whose a packet is
# tags: vxlan,vni,port
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:a1:01 type veth peer name eth0 address 02:00:00:00:a2:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 192.168.50.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 addr add 192.168.50.2/24 dev eth0
ip -n h2 link set eth0 up
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 10 remote 192.168.50.2 local 192.168.50.1 dev eth0 dstport 4789
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev vx0
ip -n h1 link set vx0 up
ip -n h2 link add name vx0 address 02:00:00:00:b2:01 type vxlan id 10 remote 192.168.50.1 local 192.168.50.2 dev eth0 dstport 4789
ip netns exec h2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.0.2/24 dev vx0
ip -n h2 link set vx0 up
ip -n h1 link add name vx1 address 02:00:00:00:b1:02 type vxlan id 20 remote 192.168.50.2 dev eth0 dstport 4789
ip netns exec h1 ethtool -K vx1 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.1.1/24 dev vx1
ip -n h1 link set vx1 up
ip -n h2 link add name vx1 address 02:00:00:00:b2:02 type vxlan id 20 remote 192.168.50.1 dev eth0 dstport 4789
ip netns exec h2 ethtool -K vx1 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.1.2/24 dev vx1
ip -n h2 link set vx1 up
ip -n h1 link add name vx2 address 02:00:00:00:b1:03 type vxlan id 10 remote 192.168.50.2 dev eth0 dstport 8472
ip netns exec h1 ethtool -K vx2 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.2.1/24 dev vx2
ip -n h1 link set vx2 up
ip -n h2 link add name vx2 address 02:00:00:00:b2:03 type vxlan id 10 remote 192.168.50.1 dev eth0 dstport 8472
ip netns exec h2 ethtool -K vx2 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.2.2/24 dev vx2
ip -n h2 link set vx2 up
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i vx1 -U -w h2-vx1.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i vx2 -U -w h2-vx2.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 101 -c 1 -s 8 -W 1 10.0.0.2
ip netns exec h1 ping -e 102 -c 1 -s 8 -W 1 10.0.1.2
ip netns exec h1 ping -e 103 -c 1 -s 8 -W 1 10.0.2.2
ip -n h2 link set vx1 down
ip netns exec h1 ping -e 104 -c 1 -s 8 -W 0.5 10.0.1.2
ip netns exec h1 ping -e 105 -c 1 -s 8 -W 1 10.0.0.2
ip -n h2 link set vx2 down
ip netns exec h1 ping -e 106 -c 1 -s 8 -W 0.5 10.0.2.2
ip -n h1 -s link show vx0 > h1-vx0.link
ip -n h2 -s link show vx0 > h2-vx0.link
bridge -n h1 fdb show dev vx0 > h1-vx0.fdb
bridge -n h2 fdb show dev vx0 > h2-vx0.fdb
ip -n h2 -s link show vx1 > h2-vx1.link
ip -n h2 -s link show vx2 > h2-vx2.link
