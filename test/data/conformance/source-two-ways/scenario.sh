# title: answers by another way than the request
# shows: weak hosts, sources by device, and rp_filter
# tags: l3,addr
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip -n sw link add br0 type bridge mcast_snooping 0
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name p1 address 02:00:00:00:f0:01 netns sw
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n sw link set p1 master br0 up
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h1 link set eth0 up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name p2 address 02:00:00:00:f0:02 netns sw
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n sw link set p2 master br0 up
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h2 link set eth0 up
ip netns add h3
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h3 link set lo up
ip -n h3 link add name eth0 address 02:00:00:00:03:01 type veth peer name p3 address 02:00:00:00:f0:03 netns sw
ip netns exec h3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p3 tx off rx off gso off gro off tso off
ip -n sw link set p3 master br0 up
ip -n h3 addr add 10.0.0.3/24 dev eth0
ip -n h3 link set eth0 up
ip -n sw link set br0 up
ip netns add far
ip netns exec far sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n far link set lo up
ip -n h1 link add name eth1 address 02:00:00:00:01:02 type veth peer name eth0 address 02:00:00:00:04:01 netns far
ip netns exec h1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec far ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h2 link add name eth1 address 02:00:00:00:02:02 type veth peer name eth1 address 02:00:00:00:04:02 netns far
ip netns exec h2 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec far ethtool -K eth1 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.1.0.1/24 dev eth1
ip -n far addr add 10.1.0.4/24 dev eth0
ip -n h2 addr add 10.2.0.2/24 dev eth1
ip -n far addr add 10.2.0.4/24 dev eth1
ip -n h1 link set eth1 up
ip -n far link set eth0 up
ip -n far link set eth1 up
ip -n h2 link set eth1 up
ip -n h1 route add 10.2.0.0/24 via 10.0.0.2
ip netns exec h2 sysctl -qw net.ipv4.ip_forward=1
ip -n far route add 10.0.0.0/24 via 10.2.0.2
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth1 -U -w h1-eth1.pcap 2>/dev/null &
ip netns exec far tcpdump -i eth0 -U -w far-eth0.pcap 2>/dev/null &
sleep 1.2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.2.0.4
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I 10.1.0.1 10.2.0.4
printf 'x' | ip netns exec h1 nc -u -w 1 -p 5000 10.2.0.4 7000
ip netns exec far ping -e 4660 -c 1 -s 8 -W 1 10.0.0.1
ip netns exec far ping -e 4660 -c 1 -s 8 -W 1 -I eth0 10.0.0.1
ip netns exec h1 sysctl -qw net.ipv4.conf.all.rp_filter=1
ip netns exec far ping -e 4660 -c 1 -s 8 -W 1 -I eth0 10.0.0.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I 10.1.0.1 10.2.0.4
ip -n far neigh > far.neigh
