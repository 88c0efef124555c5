# title: the route to the far end changes
# shows: the kept route is looked up again when routes change
# tags: vxlan,route
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:a1:01 type veth peer name eth0 address 02:00:00:00:a2:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 link add name eth1 address 02:00:00:00:a1:02 type veth peer name eth1 address 02:00:00:00:a2:02 netns h2
ip netns exec h1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth1 tx off rx off gso off gro off tso off
ip -n h1 addr add 192.168.50.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 addr add 192.168.50.2/24 dev eth0
ip -n h2 link set eth0 up
ip -n h1 addr add 192.168.60.1/24 dev eth1
ip -n h1 link set eth1 up
ip -n h2 addr add 192.168.60.2/24 dev eth1
ip -n h2 link set eth1 up
ip -n h2 addr add 172.16.0.2/32 dev lo
ip -n h1 addr add 172.16.0.1/32 dev lo
ip -n h1 route add 172.16.0.2 via 192.168.50.2
ip -n h2 route add 172.16.0.1 via 192.168.50.1
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 1 remote 172.16.0.2 local 172.16.0.1 dstport 4789
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev vx0
ip -n h1 link set vx0 up
ip -n h2 link add name vx0 address 02:00:00:00:b2:01 type vxlan id 1 remote 172.16.0.1 local 172.16.0.2 dstport 4789
ip netns exec h2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.0.2/24 dev vx0
ip -n h2 link set vx0 up
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth1 -U -w h1-eth1.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 101 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 route replace 172.16.0.2 via 192.168.60.2
ip netns exec h1 ping -e 102 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 route del 172.16.0.2
ip netns exec h1 ping -e 103 -c 1 -s 8 -W 0.5 10.0.0.2
ip -n h1 -s -s link show vx0 > h1-vx0.link
