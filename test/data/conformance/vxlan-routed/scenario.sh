# title: a tunnel over a router
# shows: the source address is the route's, the router takes one off the outer TTL and nothing off the one inside; mtu 1500 inside does not fit and is fragmented outside
# tags: vxlan,route,fragment
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:a1:01 type veth peer name e1 address 02:00:00:00:f1:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K e1 tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:a2:01 type veth peer name e2 address 02:00:00:00:f2:01 netns r1
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K e2 tx off rx off gso off gro off tso off
ip -n h1 addr add 192.168.1.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 addr add 192.168.2.2/24 dev eth0
ip -n h2 link set eth0 up
ip -n r1 addr add 192.168.1.254/24 dev e1
ip -n r1 link set e1 up
ip -n r1 addr add 192.168.2.254/24 dev e2
ip -n r1 link set e2 up
ip -n h1 route add default via 192.168.1.254
ip -n h2 route add default via 192.168.2.254
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 5 remote 192.168.2.2 dstport 4789
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev vx0
ip -n h1 link set vx0 up
ip -n h2 link add name vx0 address 02:00:00:00:b2:01 type vxlan id 5 remote 192.168.1.1 dstport 4789
ip netns exec h2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.0.2/24 dev vx0
ip -n h2 link set vx0 up
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec r1 tcpdump -i e2 -U -w r1-e2.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i vx0 -U -w h2-vx0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 101 -c 1 -s 8 -W 1 10.0.0.2
ip netns exec h1 ping -e 200 -c 1 -s 1472 -W 1 10.0.0.2
printf '%01400d' 7 | ip netns exec h2 nc -u -s 10.0.0.2 -p 5000 -w 1 10.0.0.1 6000
sleep 0.2
ip -n h1 -s link show vx0 > h1-vx0.link
ip -n h2 -s link show vx0 > h2-vx0.link
bridge -n h1 fdb show dev vx0 > h1-vx0.fdb
bridge -n h2 fdb show dev vx0 > h2-vx0.fdb
