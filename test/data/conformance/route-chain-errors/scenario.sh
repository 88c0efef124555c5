# title: three routers: record route, TTL, path MTUs, a loop
# shows: each router answers from its own address; two links with smaller MTUs are learned one after the other
# tags: l3,route
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip netns add r2
ip netns exec r2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r2 link set lo up
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=1
ip netns add r3
ip netns exec r3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r3 link set lo up
ip netns exec r3 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 link add name eth0 address 02:00:00:00:a0:01 type veth peer name eth0 address 02:00:00:00:b0:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n r1 addr add 10.0.0.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n r1 link set eth0 up
ip -n r1 link add name eth1 address 02:00:00:00:a1:01 type veth peer name eth0 address 02:00:00:00:b1:01 netns r2
ip netns exec r1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec r2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n r1 addr add 10.1.0.1/24 dev eth1
ip -n r2 addr add 10.1.0.2/24 dev eth0
ip -n r1 link set eth1 up
ip -n r2 link set eth0 up
ip -n r2 link add name eth1 address 02:00:00:00:a2:01 type veth peer name eth0 address 02:00:00:00:b2:01 netns r3
ip netns exec r2 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec r3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n r2 addr add 10.2.0.1/24 dev eth1
ip -n r3 addr add 10.2.0.2/24 dev eth0
ip -n r2 link set eth1 up
ip -n r3 link set eth0 up
ip -n r3 link add name eth1 address 02:00:00:00:a3:01 type veth peer name eth0 address 02:00:00:00:b3:01 netns h2
ip netns exec r3 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n r3 addr add 10.3.0.1/24 dev eth1
ip -n h2 addr add 10.3.0.2/24 dev eth0
ip -n r3 link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add 10.1.0.0/24 via 10.0.0.2
ip -n h1 route add 10.2.0.0/24 via 10.0.0.2
ip -n h1 route add 10.3.0.0/24 via 10.0.0.2
ip -n r1 route add 10.2.0.0/24 via 10.1.0.2
ip -n r1 route add 10.3.0.0/24 via 10.1.0.2
ip -n r2 route add 10.0.0.0/24 via 10.1.0.1
ip -n r2 route add 10.3.0.0/24 via 10.2.0.2
ip -n r3 route add 10.0.0.0/24 via 10.2.0.1
ip -n r3 route add 10.1.0.0/24 via 10.2.0.1
ip -n h2 route add 10.0.0.0/24 via 10.3.0.1
ip -n h2 route add 10.1.0.0/24 via 10.3.0.1
ip -n h2 route add 10.2.0.0/24 via 10.3.0.1
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec r2 tcpdump -i eth1 -U -w r2-eth1.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1.2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -R 10.3.0.2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -t 1 10.3.0.2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -t 2 10.3.0.2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -t 3 10.3.0.2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -t 4 10.3.0.2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -R -t 3 10.3.0.2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -s 1472 10.3.0.2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -M do -s 1472 10.3.0.2
ip -n r3 link set eth1 mtu 700
ip -n h2 link set eth0 mtu 700
ip netns exec h1 ping -e 4660 -c 2 -i 0.2 -s 1000 -W 1 10.3.0.2
ip netns exec h1 ping -e 4660 -c 1 -s 1000 -R -M dont -W 1 10.3.0.2
ip -n r2 link set eth0 mtu 800
ip netns exec h1 ping -e 4660 -c 2 -i 0.2 -s 1000 -W 1 10.2.0.2
printf '%0900d' 1 | ip netns exec h2 nc -u -w 1 -p 5000 10.0.0.1 7000
ip -n h1 route get 10.3.0.2 > h1.get
ip -n r2 route del 10.3.0.0/24
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.3.0.2
ip -n r2 route add 10.3.0.0/24 via 10.1.0.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -t 9 10.3.0.2
