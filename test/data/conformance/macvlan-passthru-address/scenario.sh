# title: the address of a passthru macvlan
# shows: setting it sets the parent, setting the parent sets it; what neighbours see; the parent gets its own one back at the end
# tags: l2,macvlan
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
ip -n host link add link eth0 name mv1 address 02:00:00:00:01:01 netns c1 type macvlan mode passthru
ip -n c1 addr add 10.0.0.1/24 dev mv1
ip -n c1 link set mv1 up
ip netns exec ext tcpdump -i eth0 -U -w ext-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.254
ip -n c1 link set mv1 address 02:00:00:00:44:44
ip netns exec c1 ping -e 4661 -c 1 -s 8 -W 1 10.0.0.254
ip -n host link > host-1.link
ip -n c1 link > c1-1.link
ip -n host link set eth0 address 02:00:00:00:55:55
ip -n c1 neigh del 10.0.0.254 dev mv1
ip netns exec c1 ping -e 4662 -c 1 -s 8 -W 1 10.0.0.254
ip -n c1 link set mv1 address 02:00:00:00:66:66
ip -n host link > host-2.link
ip -n c1 link > c1-2.link
ip -n ext neigh > ext.neigh
ip -n c1 link del mv1
ip -n host -d link > host-3.link
