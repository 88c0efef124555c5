# title: ip route flush
# shows: by protocol, table, root, exact, device and cache; what survives; connected routes are flushed as well and the host is cut off
# tags: l3,route,state
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
ip -n h1 route add default via 10.0.0.2
ip -n h1 route add 10.9.0.0/16 via 10.0.0.2 proto static
ip -n h1 route add 10.9.1.0/24 via 10.0.0.3 proto 99
ip -n h1 route add 10.9.2.0/24 via 10.0.0.3
ip -n h1 route add blackhole 10.9.3.0/24
ip -n h1 route add 10.9.4.0/24 via 10.0.0.2 table 100
ip -n h1 route add 10.9.5.0/24 via 10.0.0.2 table 100
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip -n h1 route flush proto 99
ip -n h1 route > h1-proto.route
ip -n h1 route flush table 100
# may-fail
ip -n h1 route show table 100
ip -n h1 route flush 10.9.0.0/16
ip -n h1 route > h1-exact.route
ip -n h1 route flush root 10.9.0.0/16
ip -n h1 route > h1-root.route
# may-fail
ip -n h1 route flush
ip -n h1 route flush cache
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 route flush dev eth0
ip -n h1 route show table all > h1.route
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.3 10.0.0.2
