# title: a macvlan moves between namespaces
# shows: made beside its parent, moved, renamed, moved again: link-netns, addresses that go, the parent's list of addresses
# tags: l2,macvlan,netns
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
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c2 link set lo up
ip -n host link add link eth0 name mv1 address 02:00:00:00:01:01 type macvlan mode bridge
ip -n host link set mv1 up
ip -n host addr add 10.0.0.1/24 dev mv1
bridge -n host fdb > host-1.fdb
ip -n host link set mv1 netns c1
ip -n c1 link > c1-1.link
bridge -n host fdb > host-2.fdb
ip -n c1 link set mv1 name eth0
ip -n c1 addr add 10.0.0.1/24 dev eth0
ip -n c1 link set eth0 up
ip netns exec ext tcpdump -i eth0 -U -w ext-eth0.pcap 2>/dev/null &
ip netns exec host tcpdump -i eth0 -U -w host-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.254
sleep 0.2
ip -n c1 link set eth0 netns c2
ip -n c2 link > c2-1.link
ip -n c1 addr > c1-1.addr
ip -n c2 addr add 10.0.0.2/24 dev eth0
ip -n c2 link set eth0 up
ip netns exec c2 ping -e 4661 -c 1 -s 8 -W 1 10.0.0.254
sleep 0.2
ip netns exec ext ping -e 4662 -c 1 -s 8 -W 1 10.0.0.2
ip netns del c2
sleep 0.3
ip -n host link > host.link
bridge -n host fdb > host-3.fdb
ip netns exec ext ping -e 4663 -c 1 -s 8 -W 0.3 10.0.0.2
