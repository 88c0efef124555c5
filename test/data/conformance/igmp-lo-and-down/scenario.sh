# title: groups on lo and on a device that is down
# shows: lo reports too; a source that is not the device's own is 0.0.0.0; link-layer addresses are kept while the link is down
# tags: l2,igmp
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h1 tcpdump -i lo -U -w h1-lo.pcap 2>/dev/null &
sleep 0.5
ip -n h1 addr add 239.1.1.1/32 dev lo autojoin
sleep 2
ip -n h1 addr add 239.1.1.2/32 dev eth0 autojoin
ip netns exec h1 bridge fdb show dev eth0 > a.fdb
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h1 addr add 239.1.1.3/32 dev eth0 autojoin
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
sleep 1
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 2
ip netns exec h1 bridge fdb show dev eth0 > b.fdb
ip -n h1 link set eth0 down
ip netns exec h1 bridge fdb show dev eth0 > c.fdb
ip -n h1 addr del 239.1.1.1/32 dev lo
sleep 2
