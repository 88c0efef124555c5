# title: link-layer groups and macvlans
# shows: a datagram for a group reaches the macvlans that listen to the group at link layer, and the captures of those that are promiscuous
# tags: l2,macvlan,multicast
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
bridge -n c2 fdb add 01:00:5e:01:02:03 dev mv2 self
ip -n c1 route add 224.0.0.0/4 dev mv1
ip -n ext route add 224.0.0.0/4 dev eth0
ip netns exec c2 tcpdump -i mv2 -p -U -w c2-mv2.pcap 2>/dev/null &
ip netns exec c3 tcpdump -i mv3 -p -U -w c3-mv3.pcap 2>/dev/null &
ip netns exec ext tcpdump -i eth0 -U -w ext-eth0.pcap 2>/dev/null &
sleep 1
printf 'one' | ip netns exec c1 nc -u -s 10.0.0.1 -p 4000 -w 1 224.1.2.3 5000
sleep 0.2
printf 'two' | ip netns exec ext nc -u -s 10.0.0.254 -p 4001 -w 1 224.1.2.3 5000
sleep 0.2
printf 'three' | ip netns exec ext nc -u -s 10.0.0.254 -p 4002 -w 1 224.1.2.4 5000
sleep 0.2
bridge -n c2 fdb del 01:00:5e:01:02:03 dev mv2 self
printf 'four' | ip netns exec ext nc -u -s 10.0.0.254 -p 4003 -w 1 224.1.2.3 5000
ip -n c2 -d -s link show mv2 > c2-mv2.link
ip -n c3 -d -s link show mv3 > c3-mv3.link
bridge -n host fdb > host.fdb
bridge -n c2 fdb > c2.fdb
