# title: 10000 bytes over a vxlan
# shows: MSS of the overlay; outer and inner frames
# tags: tcp,vxlan,mtu
ip netns add n1
ip netns exec n1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n n1 link set lo up
ip netns add n2
ip netns exec n2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n n2 link set lo up
ip -n n1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:02:01 netns n2
ip netns exec n1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n n1 addr add 192.168.0.1/24 dev eth0
ip -n n2 addr add 192.168.0.2/24 dev eth0
ip -n n1 link set eth0 up
ip -n n2 link set eth0 up
ip -n n1 link add vx0 address 02:00:00:00:01:99 type vxlan id 7 local 192.168.0.1 remote 192.168.0.2 dstport 4789
ip netns exec n1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n n1 addr add 10.7.0.1/24 dev vx0
ip -n n1 link set vx0 up
ip -n n2 link add vx0 address 02:00:00:00:02:99 type vxlan id 7 local 192.168.0.2 remote 192.168.0.1 dstport 4789
ip netns exec n2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n n2 addr add 10.7.0.2/24 dev vx0
ip -n n2 link set vx0 up
ip netns exec n2 nc -l -p 7000 &
ip netns exec n1 tcpdump -i eth0 -U -w n1-eth0.pcap 2>/dev/null &
ip netns exec n1 tcpdump -i vx0 -U -w n1-vx0.pcap 2>/dev/null &
sleep 1
printf '%010000d' 7 | ip netns exec n1 nc -s 10.7.0.1 -p 40000 -N -w 2 10.7.0.2 7000
sleep 0.4
