# title: routes with one destination
# shows: add refuses, append goes behind, prepend in front, replace and change touch the first, del without a gateway takes the first: who carries the packet after each step
# tags: l3,route,arp
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
ip -n h2 addr add 10.0.0.21/24 dev eth0
ip -n h2 addr add 10.0.0.22/24 dev eth0
ip -n h2 addr add 10.0.0.23/24 dev eth0
ip -n h2 addr add 10.9.0.1/32 dev lo
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip -n h1 route add 10.9.0.0/24 via 10.0.0.2
# may-fail
ip -n h1 route add 10.9.0.0/24 via 10.0.0.21
ip -n h1 route append 10.9.0.0/24 via 10.0.0.21
ip -n h1 route > h1-1.route
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.9.0.1
ip -n h1 route prepend 10.9.0.0/24 via 10.0.0.22
ip -n h1 route > h1-2.route
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 10.9.0.1
ip -n h1 route replace 10.9.0.0/24 via 10.0.0.23
ip -n h1 route > h1-3.route
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 10.9.0.1
# may-fail
ip -n h1 route change 10.9.0.0/24 via 10.0.0.2
ip -n h1 route change 10.9.0.0/24 via 10.0.0.22
# may-fail
ip -n h1 route change 10.10.0.0/24 via 10.0.0.2
ip -n h1 route > h1-4.route
ip -n h1 route del 10.9.0.0/24
ip -n h1 route > h1-5.route
ip -n h1 route del 10.9.0.0/24 via 10.0.0.21
# may-fail
ip -n h1 route del 10.9.0.0/24
# may-fail
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 1 10.9.0.1
ip -n h1 route > h1.route
