# title: routes for one TOS, on a host and on a router
# shows: four bits of the TOS choose; the others do not matter, and a route without TOS takes the rest
# tags: l3,route
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:f1:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n r1 link add name eth1 address 02:00:00:00:f1:02 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec r1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n r1 addr add 10.0.1.254/24 dev eth0
ip -n r1 addr add 10.0.2.254/24 dev eth1
ip -n h2 addr add 10.0.2.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n r1 link set eth0 up
ip -n r1 link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.1.254
ip -n h2 route add default via 10.0.2.254
ip -n r1 route add 10.9.0.0/24 via 10.0.2.1 tos 0x10
ip -n r1 route add unreachable 10.9.0.0/24
ip -n h2 addr add 10.9.0.1/32 dev lo
ip -n h1 route add prohibit 10.9.0.0/24 tos 0x08
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -Q 0 10.9.0.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -Q 0x10 10.9.0.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -Q 0x12 10.9.0.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -Q 0x50 10.9.0.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -Q 0x08 10.9.0.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -Q 0x18 10.9.0.1
ip -n r1 route get 10.9.0.1 from 10.0.1.1 iif eth0 tos 0x10 > r1.get
# may-fail
ip -n r1 route get 10.9.0.1 from 10.0.1.1 iif eth0
ip -n r1 route > r1.route
