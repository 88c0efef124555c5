# title: pinging oneself
# shows: 127.0.0.1, others of 127/8, 0, short forms, own addresses of several devices, the own broadcast address: all on lo, TTL 64, nothing on the wire
# tags: l3,icmp,ping,loopback
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
ip -n h1 addr add 10.0.0.11/24 dev eth0
ip -n h1 addr add 192.168.1.1/32 dev lo
ip netns exec h1 tcpdump -i lo -U -w h1-lo.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 127.0.0.1 > h1-1.ping
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 127.9.8.7 > h1-2.ping
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 0 > h1-3.ping
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 1 127.1 > h1-4.ping
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 1 10.0.0.1 > h1-5.ping
ip netns exec h1 ping -e 4665 -c 1 -s 8 -W 1 10.0.0.11 > h1-6.ping
ip netns exec h1 ping -e 4666 -c 1 -s 8 -W 1 -I 10.0.0.1 192.168.1.1 > h1-7.ping
ip netns exec h1 ping -e 4667 -W 1 -c 2 -i 0.2 -s 56 127.0.0.1 > h1-8.ping
ip netns exec h1 ping -e 4668 -c 1 -W 1 -s 2000 127.0.0.1 > h1-9.ping
ip -n h1 neigh show nud all > h1.neigh
