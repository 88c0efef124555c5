# title: several subnets on one wire
# shows: a neighbour is asked from the address of its longest prefix, behind a gateway it is the first address whose subnet has the gateway in it, on a device route the first one of all
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
ip -n h1 addr add 10.1.0.1/16 dev eth0
ip -n h1 addr add 10.1.2.1/24 dev eth0
ip -n h1 addr add 10.1.2.65/26 dev eth0
ip -n h2 addr add 10.1.2.2/16 dev eth0
ip -n h2 addr add 10.1.2.66/16 dev eth0
ip -n h2 addr add 10.1.9.9/16 dev eth0
ip -n h2 addr add 10.9.0.1/32 dev lo
ip -n h2 addr add 10.9.1.1/32 dev lo
ip -n h2 addr add 10.9.2.1/32 dev lo
ip -n h1 route add 10.9.0.0/24 via 10.1.2.66
ip -n h1 route add 10.9.1.0/24 via 10.1.9.9
ip -n h1 route add 10.9.2.0/24 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.1.2.2
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 10.1.2.66
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 10.1.9.9
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 1 10.9.0.1
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 1 10.9.1.1
ip netns exec h1 ping -e 4665 -c 1 -s 8 -W 1 10.9.2.1
ip -n h1 addr show dev eth0 > h1.addr
ip -n h1 route > h1.route
ip -n h1 neigh > h1.neigh
ip -n h2 neigh > h2.neigh
