# title: groups joined and left together, over link down and up
# shows: one report for several groups, the ones left first, then the newest first; igmp_qrv counts from the next link up
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
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip -n h1 addr add 239.1.1.1/32 dev eth0 autojoin
ip -n h1 addr add 239.1.1.2/32 dev eth0 autojoin
ip -n h1 addr add 239.1.1.3/32 dev eth0 autojoin
ip -n h1 addr del 239.1.1.2/32 dev eth0
sleep 2.5
ip -n h1 addr add 224.0.0.77/32 dev eth0 autojoin
sleep 2
ip -n h1 link set eth0 down
ip -n h1 link set eth0 up
sleep 3
ip -n h1 addr del 239.1.1.1/32 dev eth0
ip -n h1 addr del 239.1.1.3/32 dev eth0
sleep 2.5
ip netns exec h1 sysctl -qw net.ipv4.igmp_qrv=3
ip -n h1 addr add 239.1.1.5/32 dev eth0 autojoin
sleep 3.5
ip -n h1 addr > h1.addr
