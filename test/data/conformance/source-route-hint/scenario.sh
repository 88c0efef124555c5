# title: src on a route
# shows: the hint wins over the nearest address, on device and gateway routes; changing it, an address that is not local is refused; ping -I overrides it; the hint's address goes and the route with it
# tags: l3,addr,route
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
ip -n h2 addr add 10.9.0.1/32 dev lo
ip -n h2 route add 192.168.1.1 via 10.0.0.1
ip -n h1 route add 10.9.0.0/24 via 10.0.0.2 src 10.0.0.11
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.9.0.1
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 -I 10.0.0.1 10.9.0.1
ip -n h1 route change 10.9.0.0/24 via 10.0.0.2 src 192.168.1.1
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 10.9.0.1
ip -n h1 route change 10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.11
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 route > h1-1.route
# may-fail
ip -n h1 route change 10.9.0.0/24 via 10.0.0.2 src 10.0.0.99
ip -n h1 addr del 192.168.1.1/32 dev lo
ip -n h1 route > h1-2.route
ip -n h1 addr del 10.0.0.11/24 dev eth0
ip -n h1 route > h1.route
ip -n h1 addr show dev eth0 > h1.addr
