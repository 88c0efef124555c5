# title: a forwarded packet whose far end is the same host
# shows: handed over inside the host the packet keeps the route that it came by
# tags: vxlan,bypass,route
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link set lo up
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns exec h1 sysctl -qw net.ipv4.ip_forward=1
ip -n c1 link add name eth0 address 02:00:00:00:c1:01 type veth peer name e1 address 02:00:00:00:f1:01 netns h1
ip netns exec c1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h1 ethtool -K e1 tx off rx off gso off gro off tso off
ip -n c1 addr add 10.1.0.2/24 dev eth0
ip -n c1 link set eth0 up
ip -n h1 addr add 10.1.0.1/24 dev e1
ip -n h1 link set e1 up
ip -n c1 route add default via 10.1.0.1
ip -n h1 link add name d0 address 02:00:00:00:d0:00 type veth peer name d1 address 02:00:00:00:d0:01
ip -n h1 addr add 192.168.50.1/24 dev d0
ip -n h1 link set d0 up
ip -n h1 link set d1 up
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 5 remote 192.168.50.1 dstport 4789
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.5.0.1/24 dev vx0
ip -n h1 link set vx0 up
ip -n h1 link add name vx1 address 02:00:00:00:b1:02 type vxlan id 6 remote 192.168.50.1 dstport 4790
ip netns exec h1 ethtool -K vx1 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.6.0.1/24 dev vx1
ip -n h1 link set vx1 up
bridge -n h1 fdb del 00:00:00:00:00:00 dev vx0
bridge -n h1 fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.50.1 port 4790 vni 6
ip -n h1 neigh add 10.5.0.2 lladdr 02:00:00:00:b1:02 dev vx0
ip netns exec c1 tcpdump -i eth0 -U -w c1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i vx0 -U -w h1-vx0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i vx1 -U -w h1-vx1.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 101 -c 1 -s 8 -W 0.5 -t 5 10.5.0.2
ip -n h1 -s link show vx0 > h1-vx0.link
ip -n h1 -s link show vx1 > h1-vx1.link
bridge -n h1 fdb show dev vx1 > h1-vx1.fdb
