# title: the sender address under arp_announce 1 and 2
# shows: with an address of another interface or of another subnet as the source: 0 announces it, 1 only when the target is in that address's subnet, 2 always takes the best address for the target
# tags: l2,arp,sysctl
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
ip -n h1 addr add 10.0.5.1/24 dev eth0
ip -n h1 addr add 10.0.0.11/24 dev eth0
ip -n h1 addr add 172.16.0.1/32 dev lo
ip -n h2 route add 172.16.0.1/32 via 10.0.0.1
ip -n h2 route add 10.0.5.0/24 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I 10.0.5.1 10.0.0.2
ip -n h1 neigh flush dev eth0
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.arp_announce=1
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 -I 10.0.5.1 10.0.0.2
ip -n h1 neigh flush dev eth0
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 -I 10.0.0.11 10.0.0.2
ip -n h1 neigh flush dev eth0
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 1 -I 172.16.0.1 10.0.0.2
ip -n h1 neigh flush dev eth0
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.arp_announce=2
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 1 -I 10.0.0.11 10.0.0.2
ip -n h1 neigh flush dev eth0
ip netns exec h1 ping -e 4665 -c 1 -s 8 -W 1 -I 10.0.5.1 10.0.0.2
ip -n h1 neigh > h1.neigh
ip -n h2 neigh > h2.neigh
