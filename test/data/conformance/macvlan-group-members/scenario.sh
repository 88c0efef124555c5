# title: groups that one and two macvlans listen to
# shows: a group with one listener is delivered at once on a parent that filters, one with two listeners waits as broadcasts do: on a macvlan's parent that is not promiscuous
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
ip -n host link add link eth0 name mv1 address 02:00:00:00:01:01 netns c1 type macvlan mode private bcqueuelen 5
ip -n c1 addr add 10.0.0.1/24 dev mv1
ip -n c1 link set mv1 up
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c2 link set lo up
ip -n host link add link eth0 name mv2 address 02:00:00:00:02:01 netns c2 type macvlan mode private
ip -n c2 addr add 10.0.0.2/24 dev mv2
ip -n c2 link set mv2 up
bridge -n c1 fdb add 01:00:5e:01:02:03 dev mv1 self
bridge -n c2 fdb add 01:00:5e:01:02:03 dev mv2 self
bridge -n c2 fdb add 01:00:5e:01:02:04 dev mv2 self
ip -n ext route add 224.0.0.0/4 dev eth0
ip netns exec c1 tcpdump -i mv1 -p -U -w c1-mv1.pcap 2>/dev/null &
ip netns exec c2 tcpdump -i mv2 -p -U -w c2-mv2.pcap 2>/dev/null &
sleep 1
printf 'two' | ip netns exec ext nc -u -s 10.0.0.254 -p 4001 -w 1 224.1.2.3 5000
printf 'one' | ip netns exec ext nc -u -s 10.0.0.254 -p 4002 -w 1 224.1.2.4 5000
printf 'all' | ip netns exec ext nc -u -s 10.0.0.254 -p 4003 -w 1 224.0.0.1 5000
ip -n c1 -d -s link show mv1 > c1-mv1.link
ip -n c2 -d -s link show mv2 > c2-mv2.link
bridge -n host fdb > host.fdb
