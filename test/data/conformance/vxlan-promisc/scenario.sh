# title: captures on a tunnel device with and without promiscuous mode
# shows: a frame for another MAC shows with a promiscuous capture only by being marked; neither gets an answer
# tags: vxlan,capture
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
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 42 remote 192.168.50.2 local 192.168.50.1 dev eth0 dstport 4789
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev vx0
ip -n h1 link set vx0 up
ip -n h2 link add name vx0 address 02:00:00:00:b2:01 type vxlan id 42 remote 192.168.50.1 local 192.168.50.2 dev eth0 dstport 4789
ip netns exec h2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.0.2/24 dev vx0
ip -n h2 link set vx0 up
ip -n h1 neigh add 10.0.0.9 lladdr 02:00:00:00:99:09 dev vx0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -p -i vx0 -U -w h2-p.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 101 -c 1 -s 8 -W 0.5 10.0.0.9
ip netns exec h1 ping -e 102 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 -s link show vx0 > h1-vx0.link
ip -n h2 -s link show vx0 > h2-vx0.link
bridge -n h1 fdb show dev vx0 > h1-vx0.fdb
bridge -n h2 fdb show dev vx0 > h2-vx0.fdb
