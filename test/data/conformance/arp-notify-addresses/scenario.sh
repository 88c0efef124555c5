# title: arp_notify and several addresses
# shows: a change of MAC announces every address of the interface, secondaries and other subnets too, in the order of the list; the neighbour's entry follows
# tags: l2,arp,sysctl,link
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
ip -n h1 addr add 10.0.0.11/24 dev eth0
ip -n h1 addr add 10.0.7.1/32 dev eth0
ip -n h1 addr add 10.0.8.1/24 dev eth0 scope link
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.arp_notify=1
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h2 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.1
ip netns exec h2 ping -e 4661 -c 1 -s 8 -W 1 10.0.0.11
ip -n h1 link set eth0 address 02:00:00:00:01:77
sleep 0.3
ip -n h2 neigh > h2-new.neigh
ip netns exec h2 ping -e 4662 -c 1 -s 8 -W 1 10.0.0.1
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.arp_notify=0
ip -n h1 link set eth0 address 02:00:00:00:01:01
sleep 0.3
ip -n h2 neigh > h2.neigh
ip -n h1 neigh > h1.neigh
