# title: errors about fragments two routers away
# shows: the first fragment is answered; DF meets the smaller link first
# tags: l3,icmp
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
ip -n r2 link add name eth1 address 02:00:00:00:a2:01 type veth peer name eth0 address 02:00:00:00:b2:01 netns h2
ip netns exec r2 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n r2 addr add 10.2.0.1/24 dev eth1
ip -n h2 addr add 10.2.0.2/24 dev eth0
ip -n r2 link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add 10.1.0.0/24 via 10.0.0.2
ip -n h1 route add 10.2.0.0/24 via 10.0.0.2
ip -n r1 route add 10.2.0.0/24 via 10.1.0.2
ip -n r2 route add 10.0.0.0/24 via 10.1.0.1
ip -n h2 route add 10.0.0.0/24 via 10.2.0.1
ip -n h2 route add 10.1.0.0/24 via 10.2.0.1
ip -n r1 link set eth1 mtu 1000
ip -n r2 link set eth0 mtu 1000
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec r2 tcpdump -i eth0 -U -w r2-eth0.pcap 2>/dev/null &
sleep 1.2
ip netns exec h1 ping -e 4660 -c 1 -M dont -s 2500 -W 1 10.2.0.2
ip netns exec h1 ping -e 4660 -c 1 -M dont -s 2500 -t 2 -W 1 10.2.0.2
ip netns exec h1 ping -e 4660 -c 1 -M dont -s 2500 -W 1 10.2.0.9
ip -n r2 route add prohibit 10.9.0.0/16
ip -n r1 route add 10.9.0.0/16 via 10.1.0.2
ip -n h1 route add 10.9.0.0/16 via 10.0.0.2
ip netns exec h1 ping -e 4660 -c 1 -M dont -s 2500 -W 1 10.9.0.1
ip netns exec h1 ping -e 4660 -c 1 -M do -s 1400 -W 1 10.9.0.1
printf '%02000d' 1 | ip netns exec h1 nc -u -w 1 -p 5000 10.9.0.1 7000
ip netns exec h2 ping -e 4660 -c 1 -M dont -s 2500 -W 1 10.0.0.1
ip netns exec h2 ping -e 4660 -c 1 -M do -s 1400 -W 1 10.0.0.1
ip netns exec h2 ping -e 4660 -c 1 -s 1400 -W 1 10.0.0.1
