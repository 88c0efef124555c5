# title: arp_accept=2 learns from the own subnet only
# shows: a gratuitous request and reply for an address of the subnet create an entry, for a foreign address not; arp_accept=1 takes both
# tags: l2,arp,arping,sysctl
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
ip -n h2 addr add 10.0.0.3/24 dev eth0
ip -n h2 addr add 172.16.5.2/32 dev eth0
ip -n h2 addr add 172.16.5.3/32 dev eth0
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.arp_accept=2
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h2 arping -q -U -c 1 -I eth0 -s 172.16.5.2 172.16.5.2
ip netns exec h2 arping -q -A -c 1 -I eth0 -s 172.16.5.3 172.16.5.3
ip -n h1 neigh > h1-foreign.neigh
ip netns exec h2 arping -q -U -c 1 -I eth0 -s 10.0.0.2 10.0.0.2
ip netns exec h2 arping -q -A -c 1 -I eth0 -s 10.0.0.3 10.0.0.3
ip -n h1 neigh > h1-subnet.neigh
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.arp_accept=1
ip netns exec h2 arping -q -U -c 1 -I eth0 -s 172.16.5.2 172.16.5.2
ip -n h1 neigh > h1.neigh
