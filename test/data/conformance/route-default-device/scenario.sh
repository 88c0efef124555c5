# title: a default route without a gateway
# shows: the host asks ARP for every destination itself; a neighbour that has the address on lo answers; a device route and the linkless rest
# tags: l3,route,arp
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip -n h1 route add default dev eth0
ip -n h1 route add 10.8.0.0/16 dev lo
ip -n h2 addr add 8.8.8.8/32 dev lo
ip -n h2 addr add 10.8.0.1/32 dev lo
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i lo -U -w h1-lo.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 8.8.8.8
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.4 9.9.9.9
ip -n h1 neigh del 9.9.9.9 dev eth0
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 0.4 10.8.0.1
ip -n h1 neigh show nud all > h1.neigh
ip -n h2 neigh > h2.neigh
ip -n h1 route > h1.route
