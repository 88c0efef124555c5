# title: two far ends, one behind a missing route
# shows: a copy for which there is no route is counted, the other one leaves
# tags: vxlan,flood,drop
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
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 1 dstport 4789
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev vx0
ip -n h1 link set vx0 up
ip -n h2 link add name vx0 address 02:00:00:00:b2:01 type vxlan id 1 remote 192.168.50.1 dstport 4789
ip netns exec h2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.0.2/24 dev vx0
ip -n h2 link set vx0 up
bridge -n h1 fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.50.2
bridge -n h1 fdb append 00:00:00:00:00:00 dev vx0 dst 172.31.0.1
bridge -n h1 fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.50.2 port 8472
ip -n h1 route add unreachable 172.30.0.0/16
bridge -n h1 fdb append 00:00:00:00:00:00 dev vx0 dst 172.30.0.1
ip -n h1 route add blackhole 172.29.0.0/16
bridge -n h1 fdb append 00:00:00:00:00:00 dev vx0 dst 172.29.0.1
bridge -n h1 fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.50.255
bridge -n h1 fdb append 00:00:00:00:00:00 dev vx0 dst 255.255.255.255
bridge -n h1 fdb append 00:00:00:00:00:00 dev vx0 dst 127.0.0.1
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i vx0 -U -w h2-vx0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i lo -U -w h1-lo.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 101 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 -s -s link show vx0 > h1-vx0.link
ip -n h2 -s link show vx0 > h2-vx0.link
