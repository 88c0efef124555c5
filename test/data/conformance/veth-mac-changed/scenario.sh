# title: a MAC changes under way
# shows: up and down: the own table is flushed, the peer goes on with the old MAC and is not heard until it asks again; refused MACs
# tags: l2,veth,arp,link
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
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip netns exec h2 ping -e 4661 -c 1 -s 8 -W 1 10.0.0.1
ip -n h1 link set eth0 address 02:00:00:00:01:77
ip -n h1 neigh > h1-1.neigh
ip netns exec h2 ping -e 4662 -c 1 -s 8 -W 0.4 10.0.0.1
ip -n h2 neigh > h2-1.neigh
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 1 10.0.0.2
ip -n h2 neigh > h2-2.neigh
# may-fail
ip -n h1 link set eth0 address 01:00:5e:00:00:01
# may-fail
ip -n h1 link set eth0 address 00:00:00:00:00:00
ip -n h1 link set eth0 down
sleep 1.2
ip -n h1 link set eth0 address 02:00:00:00:01:88
ip -n h1 link set eth0 up
sleep 1.1
ip netns exec h2 ping -e 4664 -c 1 -s 8 -W 1 10.0.0.1
ip -n h1 link show eth0 > h1.link
ip -n h2 neigh > h2.neigh
