# title: flood, mcast_flood and bcast_flood off
# shows: per port: unknown unicast, multicast and broadcast are kept away from a port; known unicast still goes there
# tags: l2,bridge,flood,multicast,broadcast
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip -n sw link add name br0 address 02:00:00:00:f0:00 type bridge mcast_snooping 0
ip netns exec sw ethtool -K br0 tx off rx off gso off gro off tso off
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name p1 address 02:00:00:00:f0:01 netns sw
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n sw link set p1 master br0
ip -n h1 link set eth0 up
ip -n sw link set p1 up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name p2 address 02:00:00:00:f0:02 netns sw
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n sw link set p2 master br0
ip -n h2 link set eth0 up
ip -n sw link set p2 up
ip netns add h3
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h3 link set lo up
ip -n h3 link add name eth0 address 02:00:00:00:03:01 type veth peer name p3 address 02:00:00:00:f0:03 netns sw
ip netns exec h3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p3 tx off rx off gso off gro off tso off
ip -n h3 addr add 10.0.0.3/24 dev eth0
ip -n sw link set p3 master br0
ip -n h3 link set eth0 up
ip -n sw link set p3 up
ip -n sw link set br0 up
ip -n h1 neigh add 10.0.0.9 lladdr 02:00:00:00:99:09 nud permanent dev eth0
ip -n h1 route add 239.1.1.0/24 dev eth0
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
ip netns exec h3 tcpdump -i eth0 -U -w h3-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.3
bridge -n sw link set dev p3 flood off
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.3 10.0.0.9
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 10.0.0.3
printf 'group' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -w 1 239.1.1.1 7000
bridge -n sw link set dev p3 mcast_flood off
printf 'group again' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40001 -w 1 239.1.1.1 7001
printf 'everybody' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40002 -b -w 1 10.0.0.255 7002
bridge -n sw link set dev p3 bcast_flood off
printf 'almost everybody' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40003 -b -w 1 10.0.0.255 7003
ip netns exec sw bridge -d link show dev p3 > sw-p3.txt
ip netns exec sw bridge -d link show dev p2 > sw-p2.txt
