# title: groups that macvlans join by IGMP
# shows: an address with autojoin makes a macvlan listen to the group; a sibling without hears nothing; leaving ends it
# tags: l2,macvlan,multicast,igmp
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
ip -n host link add link eth0 name mv3 address 02:00:00:00:03:01 netns c3 type macvlan mode private
ip -n c3 addr add 10.0.0.3/24 dev mv3
ip -n c3 link set mv3 up
ip -n c2 addr add 224.1.2.3/32 dev mv2 autojoin
ip -n c3 addr add 224.1.2.3/32 dev mv3 autojoin
ip -n c1 route add 224.0.0.0/4 dev mv1
ip -n ext route add 224.0.0.0/4 dev eth0
ip netns exec c2 nc -u -l -p 5000 > c2-udp.recv &
ip netns exec c2 tcpdump -i mv2 -p -U -w c2-mv2.pcap udp 2>/dev/null &
ip netns exec c3 tcpdump -i mv3 -p -U -w c3-mv3.pcap udp 2>/dev/null &
ip netns exec host tcpdump -i eth0 -p -U -w host-eth0.pcap udp 2>/dev/null &
sleep 1
bridge -n host fdb > host-1.fdb
bridge -n c2 fdb > c2.fdb
printf 'one' | ip netns exec c1 nc -u -s 10.0.0.1 -p 4000 -w 1 224.1.2.3 5000
sleep 0.2
printf 'two' | ip netns exec ext nc -u -s 10.0.0.254 -p 4001 -w 1 224.1.2.3 5000
sleep 0.2
ip -n c2 addr del 224.1.2.3/32 dev mv2
ip -n c3 addr del 224.1.2.3/32 dev mv3
bridge -n host fdb > host-2.fdb
printf 'three' | ip netns exec ext nc -u -s 10.0.0.254 -p 4002 -w 1 224.1.2.5 5000
sleep 0.2
