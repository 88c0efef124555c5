# title: which source for which destination
# shows: addresses of scope host, link and global on two devices: the choice for a neighbour, behind a gateway, for a far prefix on the device; the order of addresses decides
# tags: l3,addr,route
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name left address 02:00:00:00:a1:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K left tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name right address 02:00:00:00:a1:02 netns r1
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K right tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n r1 addr add 10.0.1.254/24 dev left
ip -n r1 addr add 10.0.2.254/24 dev right
ip -n h2 addr add 10.0.2.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n r1 link set left up
ip -n r1 link set right up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.1.254
ip -n h2 route add default via 10.0.2.254
ip -n h1 addr add 10.5.0.1/24 dev eth0 scope link
ip -n h1 addr add 10.6.0.1/24 dev eth0 scope host
ip -n h1 addr add 10.0.1.11/24 dev eth0
ip -n h1 addr add 192.168.1.1/32 dev lo
ip -n r1 addr add 10.5.0.254/24 dev left
ip -n r1 addr add 10.6.0.254/24 dev left
ip -n r1 route add 192.168.1.1 via 10.0.1.1
ip -n h1 route add 10.9.0.0/24 via 10.5.0.254
ip -n r1 addr add 10.9.0.1/32 dev lo
ip -n h1 route add 10.9.1.0/24 dev eth0
ip -n r1 addr add 10.9.1.1/32 dev lo
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.2.1
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 10.5.0.254
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 0.3 10.6.0.254
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 1 10.9.0.1
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 1 10.9.1.1
ip -n h1 route get 10.0.2.1 > h1-1.route
ip -n h1 route get 10.9.0.1 > h1-2.route
ip -n h1 route get 10.6.0.254 > h1-3.route
ip -n h1 route get 10.0.1.11 > h1-4.route
ip -n h1 addr show dev eth0 > h1.addr
ip -n h1 route > h1.route
ip -n r1 neigh > r1.neigh
