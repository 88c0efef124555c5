# title: packets to own addresses by device, source and with record route
# shows: which frames stand on lo, and with which source
# tags: l3,ping
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
ip -n h1 addr add 10.5.0.1/24 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i lo -U -w h1-lo.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -R 10.0.0.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I eth0 10.0.0.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I lo 10.0.0.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I eth0 127.0.0.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I 10.5.0.1 10.0.0.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 127.0.0.9
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I lo 10.0.0.2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I 127.0.0.1 10.0.0.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -b 255.255.255.255
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I eth0 -b 255.255.255.255
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -b -I 10.5.0.1 10.0.0.255
ip -n h1 neigh show nud all > h1.neigh
