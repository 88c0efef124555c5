# title: a FIN into a blackhole
# shows: FIN is repeated and answered when the route is back
# tags: tcp,retransmission,timer,router
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
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name left address 02:00:00:00:a1:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K left tx off rx off gso off gro off tso off
ip -n r1 link add name right address 02:00:00:00:a1:02 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec r1 ethtool -K right tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
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
ip -n h1 neigh add 10.0.1.254 lladdr 02:00:00:00:a1:01 nud permanent dev eth0
ip -n r1 neigh add 10.0.1.1 lladdr 02:00:00:00:01:01 nud permanent dev left
ip -n r1 neigh add 10.0.2.1 lladdr 02:00:00:00:02:01 nud permanent dev right
ip -n h2 neigh add 10.0.2.254 lladdr 02:00:00:00:a1:02 nud permanent dev eth0
ip netns exec h2 nc -l -p 7000 &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
printf 'first\n' | ip netns exec h1 nc -s 10.0.1.1 -p 40000 -i 2 -N -w 8 10.0.2.1 7000 &
sleep 1.5
ip -n r1 route add blackhole 10.0.2.1/32
sleep 2.1
ip -n r1 route del blackhole 10.0.2.1/32
sleep 3.0
