# title: an announcement and entries in several states
# shows: permanent and noarp entries keep their MAC, stale, failed and none take the new one and become stale
# tags: l2,arp,arping,neigh
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
ip -n h2 addr add 10.0.0.11/24 dev eth0
ip -n h2 addr add 10.0.0.12/24 dev eth0
ip -n h2 addr add 10.0.0.13/24 dev eth0
ip -n h2 addr add 10.0.0.14/24 dev eth0
ip -n h2 addr add 10.0.0.15/24 dev eth0
ip -n h1 neigh add 10.0.0.11 lladdr 02:00:00:00:99:01 nud permanent dev eth0
ip -n h1 neigh add 10.0.0.12 lladdr 02:00:00:00:99:02 nud noarp dev eth0
ip -n h1 neigh add 10.0.0.13 lladdr 02:00:00:00:99:03 nud stale dev eth0
ip -n h1 neigh add 10.0.0.14 nud failed dev eth0
ip -n h1 neigh add 10.0.0.15 lladdr 02:00:00:00:99:05 nud none dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h2 arping -q -U -c 1 -I eth0 -s 10.0.0.11 10.0.0.11
ip netns exec h2 arping -q -U -c 1 -I eth0 -s 10.0.0.12 10.0.0.12
ip netns exec h2 arping -q -U -c 1 -I eth0 -s 10.0.0.13 10.0.0.13
ip netns exec h2 arping -q -U -c 1 -I eth0 -s 10.0.0.14 10.0.0.14
ip netns exec h2 arping -q -A -c 1 -I eth0 -s 10.0.0.15 10.0.0.15
ip -n h1 neigh show nud all > h1.neigh
