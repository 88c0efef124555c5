# title: force_igmp_version 2 and 1
# shows: reports to the group itself, leave messages with version 2 only
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
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.force_igmp_version=2
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 0.5
ip -n h1 addr add 239.1.1.1/32 dev eth0 autojoin
sleep 11
ip -n h1 addr del 239.1.1.1/32 dev eth0
sleep 1
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.force_igmp_version=1
ip -n h1 addr add 239.1.1.2/32 dev eth0 autojoin
sleep 11
ip -n h1 addr del 239.1.1.2/32 dev eth0
sleep 0.5
