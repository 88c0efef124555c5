# title: /31, /32 and /30 links
# shows: a /31 has no broadcast and both addresses are hosts; /32 with link routes; the network address of a /30
# tags: l3,route,addr,arp
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
ip -n h1 addr add 10.31.0.0/31 dev eth0
ip -n h2 addr add 10.31.0.1/31 dev eth0
ip -n h1 addr add 10.32.0.1/32 dev eth0
ip -n h2 addr add 10.32.0.2/32 dev eth0
ip -n h1 route add 10.32.0.2 dev eth0
ip -n h2 route add 10.32.0.1/32 dev eth0 src 10.32.0.2
ip -n h1 addr add 10.30.0.1/30 dev eth0
ip -n h2 addr add 10.30.0.2/30 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.31.0.1
ip netns exec h2 ping -e 4661 -c 1 -s 8 -W 1 10.31.0.0
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 10.32.0.2
ip netns exec h2 ping -e 4663 -c 1 -s 8 -W 1 10.32.0.1
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 1 10.30.0.2
ip netns exec h1 ping -e 4665 -c 1 -s 8 -b -W 0.3 10.30.0.3
ip netns exec h1 ping -e 4666 -c 1 -s 8 -W 0.3 10.30.0.0
ip -n h1 route > h1.route
ip -n h1 route show table local > h1-local.route
ip -n h2 route > h2.route
ip -n h1 neigh > h1.neigh
