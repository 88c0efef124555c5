# title: routes by a device without a gateway
# shows: ARP for addresses of other subnets, with arp_ignore 1 and 2; a route by lo
# tags: l3,route
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
ip -n h1 route add 10.9.0.0/16 dev eth0
ip -n h2 addr add 10.9.0.2/16 dev eth0
ip -n h3 addr add 10.9.0.3/32 dev lo
ip -n h3 route add 10.0.0.1/32 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1.2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.3 10.9.0.2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.3 10.9.0.3
ip netns exec h3 sysctl -qw net.ipv4.conf.all.arp_ignore=1
ip -n h1 neigh flush all
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.3 10.9.0.3
ip netns exec h2 sysctl -qw net.ipv4.conf.all.arp_ignore=2
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.3 10.9.0.2
ip -n h1 route add 10.8.0.0/16 dev lo
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.3 10.8.0.1
ip -n h1 route add 10.7.0.0/16 dev eth0 src 10.0.0.1 scope global
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.3 10.7.0.1
ip -n h1 neigh > h1.neigh
ip -n h1 route > h1.route
