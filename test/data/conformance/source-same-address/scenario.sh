# title: one address on two devices
# shows: which device sends, and what is left when one is taken away
# tags: l3,addr
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
ip -n h1 link add name eth1 address 02:00:00:00:01:02 type veth peer name eth1 address 02:00:00:00:02:02 netns h2
ip netns exec h1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth1 tx off rx off gso off gro off tso off
ip -n h1 link set eth1 up
ip -n h2 link set eth1 up
ip -n h1 addr add 10.0.0.1/24 dev eth1
ip -n h2 addr add 10.0.0.2/24 dev eth1
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth1 -U -w h1-eth1.pcap 2>/dev/null &
sleep 1.2
ip -n h1 route > a.route
ip -n h1 route show table local > a-local.route
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I eth1 10.0.0.2
ip -n h1 neigh > a.neigh
ip -n h1 addr del 10.0.0.1/24 dev eth0
ip -n h1 route > b.route
ip -n h1 route show table local > b-local.route
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 neigh > b.neigh
