# title: broadcasts in vepa mode without a reflecting switch
# shows: siblings hear nothing of one another, the outside reaches all of them
# tags: l2,macvlan,broadcast
ip netns add host
ip netns exec host sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n host link set lo up
ip netns add ext
ip netns exec ext sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n ext link set lo up
ip -n host link add name eth0 address 02:00:00:00:a0:01 type veth peer name eth0 address 02:00:00:00:e0:01 netns ext
ip netns exec host ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec ext ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n ext addr add 10.0.0.254/24 dev eth0
ip -n ext link set eth0 up
ip -n host link set eth0 up
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link set lo up
ip -n host link add link eth0 name mv1 address 02:00:00:00:01:01 netns c1 type macvlan mode vepa
ip -n c1 addr add 10.0.0.1/24 dev mv1
ip -n c1 link set mv1 up
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c2 link set lo up
ip -n host link add link eth0 name mv2 address 02:00:00:00:02:01 netns c2 type macvlan mode vepa
ip -n c2 addr add 10.0.0.2/24 dev mv2
ip -n c2 link set mv2 up
ip netns exec ext sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ip netns exec c1 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ip netns exec c2 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ip netns exec c1 tcpdump -i mv1 -U -w c1-mv1.pcap 2>/dev/null &
ip netns exec c2 tcpdump -i mv2 -U -w c2-mv2.pcap 2>/dev/null &
ip netns exec ext tcpdump -i eth0 -U -w ext-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 4660 -c 1 -s 8 -W 1 -b 10.0.0.255
sleep 0.2
ip netns exec ext ping -e 4661 -c 1 -s 8 -W 1 -b 10.0.0.255
sleep 0.2
ip netns exec c2 ping -e 4662 -c 1 -s 8 -W 0.5 10.0.0.1
ip -n c2 neigh del 10.0.0.1 dev mv2
ip -n c1 -d -s link show mv1 > c1-mv1.link
ip -n c2 -d -s link show mv2 > c2-mv2.link
ip -n c1 neigh > c1.neigh
ip -n c2 neigh > c2.neigh
ip -n ext neigh > ext.neigh
