# title: a ping through an entry in every state
# shows: stale turns to delay, failed, incomplete and none ask by ARP first, noarp and permanent never, delay and probe keep sending
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
ip -n h2 addr add 10.0.0.11/24 dev eth0
ip -n h2 addr add 10.0.0.12/24 dev eth0
ip -n h2 addr add 10.0.0.13/24 dev eth0
ip -n h2 addr add 10.0.0.14/24 dev eth0
ip -n h2 addr add 10.0.0.15/24 dev eth0
ip -n h2 addr add 10.0.0.16/24 dev eth0
ip -n h2 addr add 10.0.0.17/24 dev eth0
ip -n h2 addr add 10.0.0.18/24 dev eth0
ip -n h2 neigh add 10.0.0.1 lladdr 02:00:00:00:01:01 nud permanent dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip -n h1 neigh add 10.0.0.11 lladdr 02:00:00:00:02:01 nud permanent dev eth0
ip -n h1 neigh add 10.0.0.12 lladdr 02:00:00:00:02:01 nud noarp dev eth0
ip -n h1 neigh add 10.0.0.13 lladdr 02:00:00:00:02:01 nud stale dev eth0
ip -n h1 neigh add 10.0.0.14 lladdr 02:00:00:00:02:01 nud reachable dev eth0
ip -n h1 neigh add 10.0.0.15 lladdr 02:00:00:00:02:01 nud delay dev eth0
ip -n h1 neigh add 10.0.0.16 lladdr 02:00:00:00:02:01 nud failed dev eth0
ip -n h1 neigh add 10.0.0.18 lladdr 02:00:00:00:02:01 nud none dev eth0
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.11
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 10.0.0.12
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 10.0.0.13
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 1 10.0.0.14
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 1 10.0.0.15
ip netns exec h1 ping -e 4665 -c 1 -s 8 -W 1 10.0.0.16
ip netns exec h1 ping -e 4666 -c 1 -s 8 -W 1 10.0.0.18
ip -n h1 neigh show nud all > h1.neigh
ip -n h2 neigh > h2.neigh
