# title: local ranges, accept_local and route_localnet
# shows: a whole range answers; own sources are accepted when told so; 127/8 on a wire
# tags: l3,route
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
ip -n h2 route add local 10.9.0.0/16 dev lo
ip -n h1 route add 10.9.0.0/16 via 10.0.0.2
ip -n h1 addr add 10.0.0.7/24 dev eth0
ip -n h2 addr add 10.0.0.7/32 dev lo
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.9.7.7
ip netns exec h2 ping -e 4660 -c 1 -s 8 -W 1 -I 10.9.1.1 10.0.0.1
ip netns exec h2 ping -e 4660 -c 1 -s 8 -W 1 10.9.1.1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I 10.0.0.7 10.0.0.2
ip netns exec h2 sysctl -qw net.ipv4.conf.eth0.accept_local=1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I 10.0.0.7 10.0.0.2
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.route_localnet=1
ip netns exec h2 sysctl -qw net.ipv4.conf.eth0.route_localnet=1
ip -n h1 addr add 127.5.0.1/24 dev eth0
ip -n h2 addr add 127.5.0.2/24 dev eth0
# may-fail
ip -n h1 route del local 127.0.0.0/8 dev lo table local
# may-fail
ip -n h2 route del local 127.0.0.0/8 dev lo table local
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 127.5.0.2
ip -n h1 neigh > h1.neigh
ip -n h1 route show table local > h1-local.route
printf 'x' | ip netns exec h1 nc -u -w 1 -p 5000 10.9.3.3 7000
