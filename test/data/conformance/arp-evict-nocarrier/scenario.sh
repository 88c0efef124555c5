# title: losing the carrier with arp_evict_nocarrier on and off
# shows: on: everything but permanent entries is dropped when the carrier goes; off: entries survive and the next packet goes out without ARP
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
ip -n h1 neigh add 10.0.0.9 lladdr 02:00:00:00:99:09 nud permanent dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip -n h2 link set eth0 down
sleep 1.2
ip -n h1 neigh > h1-evicted.neigh
ip -n h2 link set eth0 up
sleep 1.2
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 10.0.0.2
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.arp_evict_nocarrier=0
ip -n h2 link set eth0 down
sleep 1.2
ip -n h1 neigh > h1-kept.neigh
ip -n h2 link set eth0 up
sleep 1.2
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 neigh > h1.neigh
ip -n h2 neigh > h2.neigh
