# title: proxy entries when carrier, address and ARP go
# shows: a lost carrier and a new MAC leave proxy entries alone, a link that is set down does not
# tags: l2,arp
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
ip netns exec h1 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 neigh add proxy 10.0.0.77 dev eth0
ip -n h1 neigh add 10.0.0.5 lladdr 02:00:00:00:05:05 dev eth0
ip -n h1 neigh add 10.0.0.6 lladdr 02:00:00:00:05:06 nud stale dev eth0
sleep 1
ip -n h2 link set eth0 down
sleep 1.5
ip -n h1 neigh show proxy > a.neigh
ip -n h1 neigh > b.neigh
ip -n h2 link set eth0 up
sleep 1
ip -n h1 neigh add proxy 10.0.0.78 dev eth0
ip -n h1 link set eth0 address 02:00:00:00:01:99
ip -n h1 neigh show proxy > c.neigh
ip -n h1 neigh > d.neigh
ip -n h1 neigh add 10.0.0.6 lladdr 02:00:00:00:05:06 nud stale dev eth0
ip -n h1 link set eth0 arp off
ip -n h1 neigh show proxy > e.neigh
ip -n h1 neigh > f.neigh
ip -n h1 link set eth0 arp on
ip -n h1 neigh show nud all > g.neigh
ip -n h1 link set eth0 down
ip -n h1 neigh show proxy > h.neigh
