# title: 10000 bytes through a bridge
# shows: the same transfer on both ports
# tags: tcp,bridge
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name p1 address 02:00:00:00:b0:01 netns sw
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name p2 address 02:00:00:00:b0:02 netns sw
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n sw link add br0 address 02:00:00:00:b0:00 type bridge mcast_snooping 0
ip -n sw link set p1 master br0
ip -n sw link set p2 master br0
ip -n sw link set p1 up
ip -n sw link set p2 up
ip -n sw link set br0 up
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip -n h1 neigh add 10.0.0.2 lladdr 02:00:00:00:02:01 nud permanent dev eth0
ip -n h2 neigh add 10.0.0.1 lladdr 02:00:00:00:01:01 nud permanent dev eth0
ip netns exec h2 nc -l -p 7000 &
ip netns exec sw tcpdump -i p1 -U -w sw-p1.pcap 2>/dev/null &
ip netns exec sw tcpdump -i p2 -U -w sw-p2.pcap 2>/dev/null &
sleep 1
printf '%010000d' 7 | ip netns exec h1 nc -s 10.0.0.1 -p 40000 -N -w 2 10.0.0.2 7000
sleep 0.4
