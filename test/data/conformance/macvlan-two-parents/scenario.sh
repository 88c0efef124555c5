# title: a container with macvlans on two parents
# shows: one in bridge, one in vepa mode; ARP on both; asymmetric answers with rp_filter off
# tags: l2,macvlan,arp
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
ip netns add e2
ip netns exec e2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n e2 link set lo up
ip -n host link add name eth1 address 02:00:00:00:a1:01 type veth peer name eth0 address 02:00:00:00:e1:01 netns e2
ip netns exec host ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec e2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n e2 addr add 10.0.1.254/24 dev eth0
ip -n e2 link set eth0 up
ip -n host link set eth1 up
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link set lo up
ip -n host link add link eth0 name mv1 address 02:00:00:00:01:01 netns c1 type macvlan mode bridge
ip -n c1 addr add 10.0.0.1/24 dev mv1
ip -n c1 link set mv1 up
ip -n host link add link eth1 name mv9 address 02:00:00:00:09:01 netns c1 type macvlan mode vepa
ip -n c1 addr add 10.0.1.1/24 dev mv9
ip -n c1 link set mv9 up
ip netns exec c1 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.mv1.rp_filter=0 net.ipv4.conf.mv9.rp_filter=0
ip -n ext route add 10.0.1.0/24 dev eth0
ip netns exec c1 tcpdump -i mv1 -U -w c1-mv1.pcap 2>/dev/null &
ip netns exec c1 tcpdump -i mv9 -U -w c1-mv9.pcap 2>/dev/null &
ip netns exec ext tcpdump -i eth0 -U -w ext-eth0.pcap 2>/dev/null &
ip netns exec e2 tcpdump -i eth0 -U -w e2-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.254
sleep 0.2
ip netns exec c1 ping -e 4661 -c 1 -s 8 -W 1 10.0.1.254
sleep 0.2
ip netns exec ext ping -e 4662 -c 1 -s 8 -W 1 10.0.1.1
sleep 0.2
ip -n c1 link set mv9 down
ip netns exec e2 ping -e 4663 -c 1 -s 8 -W 0.5 10.0.1.1
ip -n e2 neigh del 10.0.1.1 dev eth0
ip -n c1 neigh > c1.neigh
ip -n c1 -d -s link show mv1 > c1-mv1.link
