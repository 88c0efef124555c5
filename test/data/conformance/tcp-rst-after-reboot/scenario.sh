# title: the server's namespace forgot the connection
# shows: a RST for data of an unknown connection: the listener is deleted with the address moved to another host
# tags: tcp,rst
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
ip -n h1 neigh add 10.0.0.2 lladdr 02:00:00:00:02:01 nud permanent dev eth0
ip -n h2 neigh add 10.0.0.1 lladdr 02:00:00:00:01:01 nud permanent dev eth0
ip netns add h3
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h3 link set lo up
ip -n h1 link add name eth1 address 02:00:00:00:01:02 type veth peer name eth0 address 02:00:00:00:03:01 netns h3
ip netns exec h1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h3 addr add 10.0.0.2/32 dev eth0
ip -n h1 link set eth1 up
ip -n h3 link set eth0 up
ip -n h3 route add 10.0.0.0/24 dev eth0
ip -n h1 neigh add 10.0.0.2 lladdr 02:00:00:00:03:01 nud permanent dev eth1
ip -n h3 neigh add 10.0.0.1 lladdr 02:00:00:00:01:02 nud permanent dev eth0
ip netns exec h2 nc -l -p 7000 &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth1 -U -w h1-eth1.pcap 2>/dev/null &
sleep 1
printf 'first\nzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\n' | ip netns exec h1 nc -s 10.0.0.1 -p 40000 -i 2 -N -w 6 10.0.0.2 7000 &
sleep 1.5
ip -n h1 route add 10.0.0.2/32 dev eth1
sleep 1.5
