# title: both ends of the tunnel on one host
# shows: a frame for a far end that is this host is handed to the device of the VNI without any header; what is learned there is 127.0.0.1
# tags: vxlan,bypass,bridge
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link set lo up
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c2 link set lo up
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip -n h1 link add name d0 address 02:00:00:00:d0:00 type veth peer name d1 address 02:00:00:00:d0:01
ip -n h1 addr add 192.168.50.1/24 dev d0
ip -n h1 link set d0 up
ip -n h1 link set d1 up
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 5 remote 192.168.50.1 dstport 4789
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 link set vx0 up
ip -n h1 link add name vx1 address 02:00:00:00:b1:02 type vxlan id 6 remote 192.168.50.1 dstport 4790
ip netns exec h1 ethtool -K vx1 tx off rx off gso off gro off tso off
ip -n h1 link set vx1 up
ip -n h1 link add name br0 address 02:00:00:00:f1:00 type bridge mcast_snooping 0
ip -n h1 link set vx0 master br0
ip -n c1 link add name eth0 address 02:00:00:00:c1:01 type veth peer name v1 address 02:00:00:00:f1:01 netns h1
ip netns exec c1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h1 ethtool -K v1 tx off rx off gso off gro off tso off
ip -n h1 link set v1 master br0
ip -n h1 link set v1 up
ip -n h1 link set br0 up
ip -n c1 addr add 10.0.0.11/24 dev eth0
ip -n c1 link set eth0 up
ip -n h1 link add name br1 address 02:00:00:00:f2:00 type bridge mcast_snooping 0
ip -n h1 link set vx1 master br1
ip -n c2 link add name eth0 address 02:00:00:00:c2:01 type veth peer name v2 address 02:00:00:00:f2:01 netns h1
ip netns exec c2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h1 ethtool -K v2 tx off rx off gso off gro off tso off
ip -n h1 link set v2 master br1
ip -n h1 link set v2 up
ip -n h1 link set br1 up
ip -n c2 addr add 10.0.0.12/24 dev eth0
ip -n c2 link set eth0 up
bridge -n h1 fdb del 00:00:00:00:00:00 dev vx0
bridge -n h1 fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.50.1 port 4790 vni 6
bridge -n h1 fdb del 00:00:00:00:00:00 dev vx1
bridge -n h1 fdb append 00:00:00:00:00:00 dev vx1 dst 192.168.50.1 port 4789 vni 5
ip netns exec c1 tcpdump -i eth0 -U -w c1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i vx0 -U -w h1-vx0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i vx1 -U -w h1-vx1.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i lo -U -w h1-lo.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 101 -c 1 -s 8 -W 0.5 10.0.0.12
sleep 0.1
ip -n h1 -s link show vx0 > h1-vx0.link
ip -n h1 -s link show vx1 > h1-vx1.link
bridge -n h1 fdb show dev vx0 > h1-vx0.fdb
bridge -n h1 fdb show dev vx1 > h1-vx1.fdb
