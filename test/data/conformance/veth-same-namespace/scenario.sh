# title: both ends in one host
# shows: two addresses of one host on the two ends: packets between them stay on lo; ARP for a third address crosses the pair and is answered by the other end or not
# tags: l2,veth,arp,loopback
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip -n h1 link add name v0 address 02:00:00:00:aa:00 type veth peer name v1 address 02:00:00:00:aa:01
ip netns exec h1 ethtool -K v0 tx off rx off gso off gro off tso off
ip netns exec h1 ethtool -K v1 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev v0
ip -n h1 addr add 10.0.0.2/24 dev v1
ip -n h1 link set v0 up
sleep 1.1
ip -n h1 link > h1-half.link
ip -n h1 link set v1 up
ip netns exec h1 tcpdump -i v0 -U -w h1-v0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i v1 -U -w h1-v1.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i lo -U -w h1-lo.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.4 10.0.0.9
ip -n h1 neigh del 10.0.0.9 dev v0
ip netns exec h1 arping -q -c 1 -I v0 10.0.0.2
ip -n h1 link > h1.link
ip -n h1 route > h1.route
ip -n h1 neigh show nud all > h1.neigh
