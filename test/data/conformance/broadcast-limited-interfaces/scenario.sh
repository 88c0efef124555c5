# title: 255.255.255.255 with several interfaces
# shows: with a bound source address it leaves by the device of that address, whatever the routes say and even without a route; without one it follows the routing table, or fails
# tags: l3,broadcast,udp
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
ip netns add h3
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h3 link set lo up
ip -n h1 link add name eth1 address 02:00:00:00:01:02 type veth peer name eth0 address 02:00:00:00:03:01 netns h3
ip netns exec h1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.9.1/24 dev eth1
ip -n h3 addr add 10.0.9.3/24 dev eth0
ip -n h1 link set eth1 up
ip -n h3 link set eth0 up
ip netns exec h3 nc -u -l -p 7002 > h3.recv &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth1 -U -w h1-eth1.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i lo -U -w h1-lo.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -b -W 0.3 255.255.255.255
printf 'no route' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -b -w 1 255.255.255.255 7000
ip -n h1 route add default via 10.0.0.2
printf 'default' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40001 -b -w 1 255.255.255.255 7001
ip -n h1 route add 255.255.255.255 dev eth1
printf 'host route' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40002 -b -w 1 255.255.255.255 7002
printf 'other source' | ip netns exec h1 nc -u -s 10.0.9.1 -p 40003 -b -w 1 255.255.255.255 7002
ip netns exec h1 ping -e 4661 -c 1 -s 8 -b -W 0.3 255.255.255.255
ip netns exec h1 ping -e 4662 -c 1 -s 8 -b -I eth0 -W 0.3 255.255.255.255
ip -n h1 route get 255.255.255.255 > h1-get.route
ip -n h1 route > h1.route
ip -n h1 neigh > h1.neigh
