# title: two interfaces on one LAN, tables by source, arp_filter
# shows: with arp_filter and rules each address is answered by its own interface; without rules the first answers for both
# tags: l3,rule,arp
ip netns add h
ip netns exec h sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec h sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n h link set lo up
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec sw sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n sw link set lo up
ip netns add c
ip netns exec c sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec c sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n c link set lo up
ip -n sw link add br0 address 02:00:00:00:f0:01 type bridge mcast_snooping 0
ip -n sw link set br0 up
ip -n h link add name e1 address 02:00:00:00:01:01 type veth peer name p1 address 02:00:00:00:01:02 netns sw
ip netns exec h ethtool -K e1 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n h addr add 10.0.0.1/24 dev e1
ip -n h link set e1 up
ip -n sw link set p1 up
ip -n sw link set p1 master br0
ip -n h link add name e2 address 02:00:00:00:02:01 type veth peer name p2 address 02:00:00:00:02:02 netns sw
ip netns exec h ethtool -K e2 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n h addr add 10.0.0.2/24 dev e2
ip -n h link set e2 up
ip -n sw link set p2 up
ip -n sw link set p2 master br0
ip -n c link add name eth0 address 02:00:00:00:03:01 type veth peer name p3 address 02:00:00:00:03:02 netns sw
ip netns exec c ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p3 tx off rx off gso off gro off tso off
ip -n c addr add 10.0.0.9/24 dev eth0
ip -n c link set eth0 up
ip -n sw link set p3 up
ip -n sw link set p3 master br0
ip netns exec h sysctl -qw net.ipv4.conf.all.arp_filter=1
ip netns exec h tcpdump -i e1 -U -w h-e1.pcap 2>/dev/null &
ip netns exec h tcpdump -i e2 -U -w h-e2.pcap 2>/dev/null &
sleep 1
ip netns exec c ping -e 1 -c 1 -s 8 -W 1 10.0.0.1
ip netns exec c ping -e 2 -c 1 -s 8 -W 1 10.0.0.2
ip -n c neigh flush all
ip -n h neigh flush all
ip -n h route add 10.0.0.0/24 dev e1 src 10.0.0.1 table 1
ip -n h route add 10.0.0.0/24 dev e2 src 10.0.0.2 table 2
ip -n h rule add from 10.0.0.1 table 1
ip -n h rule add from 10.0.0.2 table 2
ip netns exec c ping -e 3 -c 1 -s 8 -W 1 10.0.0.1
ip netns exec c ping -e 4 -c 1 -s 8 -W 1 10.0.0.2
ip -n c neigh > c.neigh
ip -n h rule > h.rule
