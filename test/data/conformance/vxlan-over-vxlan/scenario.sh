# title: a tunnel in a tunnel
# shows: the second header is added to the first; the MTU shrinks by fifty each time
# tags: vxlan,nested
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
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 1 remote 192.168.50.2 local 192.168.50.1 dev eth0 dstport 4789
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev vx0
ip -n h1 link set vx0 up
ip -n h2 link add name vx0 address 02:00:00:00:b2:01 type vxlan id 1 remote 192.168.50.1 local 192.168.50.2 dev eth0 dstport 4789
ip netns exec h2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.0.2/24 dev vx0
ip -n h2 link set vx0 up
ip -n h1 link add name vx1 address 02:00:00:00:b1:02 type vxlan id 2 remote 10.0.0.2 local 10.0.0.1 dev vx0 dstport 8472
ip netns exec h1 ethtool -K vx1 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.1.0.1/24 dev vx1
ip -n h1 link set vx1 up
ip -n h2 link add name vx1 address 02:00:00:00:b2:02 type vxlan id 2 remote 10.0.0.1 local 10.0.0.2 dev vx0 dstport 8472
ip netns exec h2 ethtool -K vx1 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.1.0.2/24 dev vx1
ip -n h2 link set vx1 up
ip -n h1 link add name vx2 address 02:00:00:00:b1:03 type vxlan id 3 remote 10.1.0.2 dev vx1 dstport 4789
ip netns exec h1 ethtool -K vx2 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.2.0.1/24 dev vx2
ip -n h1 link set vx2 up
ip -n h2 link add name vx2 address 02:00:00:00:b2:03 type vxlan id 3 remote 10.1.0.1 dev vx1 dstport 4789
ip netns exec h2 ethtool -K vx2 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.2.0.2/24 dev vx2
ip -n h2 link set vx2 up
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i vx0 -U -w h1-vx0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i vx1 -U -w h1-vx1.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i vx2 -U -w h1-vx2.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 101 -c 1 -s 8 -W 1 10.2.0.2
ip netns exec h1 ping -e 200 -M do -c 1 -s 1322 -W 1 10.2.0.2
ip netns exec h1 ping -e 201 -c 1 -s 1400 -W 1 10.2.0.2
ip -n h1 link > h1.link
ip -n h1 -s link show vx1 > h1-vx1.link
ip -n h1 -s link show vx2 > h1-vx2.link
