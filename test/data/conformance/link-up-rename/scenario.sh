# title: a device gets another name
# shows: renamed down and up: addresses, routes, neighbours and sysctls follow; labels change; a name that is taken or bad is refused
# tags: l2,link-up,link,state
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
ip -n h1 addr add 10.0.5.1/24 dev eth0 label eth0:five
ip -n h1 route add 10.9.0.0/24 via 10.0.0.2
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.arp_ignore=2
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 link set eth0 name wan0
ip -n h1 addr show dev wan0 > h1-1.addr
ip -n h1 route > h1-1.route
ip -n h1 neigh > h1-1.neigh
ip netns exec h1 sysctl net.ipv4.conf.wan0.arp_ignore > h1-1.txt
# may-fail
ip netns exec h1 sysctl net.ipv4.conf.eth0.arp_ignore
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 10.0.0.2
# may-fail
ip -n h1 link set wan0 name lo
# may-fail
ip -n h1 link set wan0 name abcdefghijklmnopq
ip -n h1 link set wan0 down
ip -n h1 link set wan0 name eth0
ip -n h1 link set eth0 up
sleep 1.1
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 addr show dev eth0 > h1.addr
ip -n h1 route > h1.route
ip -n h2 link > h2.link
