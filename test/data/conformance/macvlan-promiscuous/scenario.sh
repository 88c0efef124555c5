# title: a capture on a macvlan
# shows: promiscuous or not it does not see what its sibling and the outside say to one another by unicast; the parent's capture does
# tags: l2,macvlan,promisc
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
ip -n host link add link eth0 name mv1 address 02:00:00:00:01:01 netns c1 type macvlan mode bridge
ip -n c1 addr add 10.0.0.1/24 dev mv1
ip -n c1 link set mv1 up
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c2 link set lo up
ip -n host link add link eth0 name mv2 address 02:00:00:00:02:01 netns c2 type macvlan mode bridge
ip -n c2 addr add 10.0.0.2/24 dev mv2
ip -n c2 link set mv2 up
ip netns add c3
ip netns exec c3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c3 link set lo up
ip -n host link add link eth0 name mv3 address 02:00:00:00:03:01 netns c3 type macvlan mode bridge
ip -n c3 addr add 10.0.0.3/24 dev mv3
ip -n c3 link set mv3 up
ip netns exec c3 tcpdump -i mv3 -U -w c3-mv3.pcap 2>/dev/null &
ip netns exec host tcpdump -i eth0 -U -w host-eth0.pcap 2>/dev/null &
ip netns exec ext tcpdump -i eth0 -U -w ext-eth0.pcap 2>/dev/null &
sleep 1
ip -n host -d link show eth0 > host-1.link
ip netns exec c1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.254
sleep 0.2
ip netns exec c1 ping -e 4661 -c 1 -s 8 -W 1 10.0.0.2
sleep 0.2
ip -n c3 link set mv3 promisc on
ip -n host -d link show eth0 > host-2.link
ip -n c3 link set mv3 allmulticast on
ip -n host -d link show eth0 > host-3.link
ip -n c3 link set mv3 promisc off
ip -n c3 link set mv3 down
ip -n host -d link show eth0 > host-4.link
