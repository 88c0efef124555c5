# title: arping's switches
# shows: -b keeps broadcasting, -f stops at the first answer, -w counts seconds, -c 3, an own address as target is never answered
# tags: l2,arp,arping
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
ip -n h2 addr add 10.0.0.22/24 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 arping -b -q -c 2 -I eth0 10.0.0.2
ip netns exec h1 arping -f -q -I eth0 10.0.0.22
ip netns exec h1 arping -q -c 3 -I eth0 10.0.0.2
ip netns exec h1 arping -q -w 1 -I eth0 10.0.0.2
ip netns exec h1 arping -q -c 1 -I eth0 10.0.0.1
ip netns exec h1 arping -q -c 1 -w 2 -I eth0 10.77.0.1
ip netns exec h1 arping -q -c 2 -i 2 -I eth0 10.0.0.2
ip -n h1 neigh > h1.neigh
ip -n h2 neigh > h2.neigh
