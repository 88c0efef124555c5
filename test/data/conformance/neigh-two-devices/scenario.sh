# title: one address on two devices
# shows: entries belong to a device: the same neighbour address behind two links has two MACs; del and flush of one device leave the other
# tags: l3,neigh,arp
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
ip netns add h3
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h3 link set lo up
ip -n h1 link add name eth1 address 02:00:00:00:01:02 type veth peer name eth0 address 02:00:00:00:03:01 netns h3
ip netns exec h1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.9.1/24 dev eth1
ip -n h3 addr add 10.0.0.2/24 dev eth0
ip -n h3 addr add 10.0.9.3/24 dev eth0
ip -n h1 link set eth1 up
ip -n h3 link set eth0 up
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth1 -U -w h1-eth1.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 -I eth1 10.0.0.2
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 10.0.9.3
ip -n h1 neigh > h1-both.neigh
ip -n h1 neigh show dev eth1 > h1-eth1.neigh
ip -n h1 neigh flush dev eth1
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 neigh > h1.neigh
ip -n h3 neigh > h3.neigh
