# title: routes when a device goes down and up
# shows: static and connected routes of the device vanish, the address stays; up brings back the connected one only; an address removed takes routes with its src along
# tags: l3,route,link,addr
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
ip -n h1 addr add 10.6.0.1/32 dev lo
ip -n h1 route add default via 10.0.0.2
ip -n h1 route add 10.9.0.0/24 via 10.0.0.2 src 10.5.0.1
ip -n h1 route add 10.9.1.0/24 via 10.0.0.2 src 10.6.0.1
ip -n h1 route add blackhole 10.9.2.0/24
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip -n h1 route > h1-1.route
ip -n h1 addr del 10.6.0.1/32 dev lo
ip -n h1 route > h1-2.route
ip -n h1 addr del 10.5.0.1/24 dev eth0
ip -n h1 route > h1-3.route
ip -n h1 link set eth0 down
ip -n h1 route > h1-4.route
ip -n h1 route show table local > h1-4-local.route
# may-fail
ip -n h1 route add default via 10.0.0.2
ip -n h1 link set eth0 up
sleep 1.2
ip -n h1 route > h1-5.route
# may-fail
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.9.0.1
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 route show table local > h1-local.route
