# title: how often and how fast ARP asks
# shows: mcast_solicit and retrans_time_ms changed: one request and an error after a third of a second; five requests a fifth of a second apart
# tags: l2,arp,sysctl,timer
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
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i lo -U -w h1-lo.pcap 2>/dev/null &
sleep 1
ip netns exec h1 sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=1 net.ipv4.neigh.eth0.retrans_time_ms=300
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.7
ip -n h1 neigh > h1-one.neigh
ip netns exec h1 sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=5 net.ipv4.neigh.eth0.retrans_time_ms=200
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 2 10.0.0.8
sleep 0.2
ip -n h1 neigh > h1.neigh
