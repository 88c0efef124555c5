# title: the server speaks; sysctls tcp_rmem=4096 16384 6291456
# shows: handshake, segments and windows when the accepting side sends
# tags: tcp,sysctl,server
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns exec h1 sysctl -qw "net.ipv4.tcp_rmem=4096 16384 6291456"
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
ip -n h1 neigh add 10.0.0.2 lladdr 02:00:00:00:02:01 nud permanent dev eth0
ip -n h2 neigh add 10.0.0.1 lladdr 02:00:00:00:01:01 nud permanent dev eth0
printf '%013000d' 7 | ip netns exec h2 nc -N -l -p 7000 &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
printf '' | ip netns exec h1 nc -s 10.0.0.1 -p 40000 -w 2 10.0.0.2 7000
sleep 0.4
