# title: a path MTU black hole, tcp_mtu_probing=2
# shows: a bridge port of MTU 1200 drops big frames silently; what the sender does in seven seconds
# tags: tcp,pmtu,blackhole,sysctl,bridge
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns exec h1 sysctl -qw net.ipv4.tcp_mtu_probing=2
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
ip -n sw link set p2 mtu 1200
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
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
printf '%05000d' 7 | ip netns exec h1 nc -s 10.0.0.1 -p 40000 -N -w 10 10.0.0.2 7000 &
sleep 7.2
