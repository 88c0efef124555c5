# title: what ping says about errors
# shows: net, host, port-filtered, time exceeded, frag needed through a router; no answer; unreachable, prohibited and blackhole routes and no route at home
# tags: l3,icmp,ping,router
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name left address 02:00:00:00:a1:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K left tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name right address 02:00:00:00:a1:02 netns r1
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K right tx off rx off gso off gro off tso off
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
ip -n r1 route add unreachable 10.9.1.0/24
ip -n r1 route add prohibit 10.9.2.0/24
ip -n r1 route add blackhole 10.9.3.0/24
ip -n r1 link set right mtu 1000
ip -n h1 route add unreachable 10.8.1.0/24
ip -n h1 route add prohibit 10.8.2.0/24
ip -n h1 route add blackhole 10.8.3.0/24
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.3 10.9.1.1 > h1-1.ping
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.3 10.9.2.1 > h1-2.ping
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 0.3 10.9.3.1 > h1-3.ping
# each error costs two tokens of six
sleep 2
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 0.3 10.77.0.1 > h1-4.ping
sleep 1
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 0.3 -t 1 10.0.2.1 > h1-5.ping
sleep 2
ip netns exec h1 ping -e 4665 -c 1 -s 8 -W 0.3 -q 10.9.1.1 > h1-6.ping
ip netns exec h1 ping -e 4666 -c 1 -W 0.3 -M do -s 1200 10.0.2.1 > h1-7.ping
ip netns exec h1 ping -e 4667 -c 1 -s 8 -W 0.3 10.8.1.1 > h1-8.ping
ip netns exec h1 ping -e 4668 -c 1 -s 8 -W 0.3 10.8.2.1 > h1-9.ping
ip netns exec h1 ping -e 4669 -c 1 -s 8 -W 0.3 10.8.3.1 > h1-10.ping
ip -n h1 route del default
ip netns exec h1 ping -e 4670 -c 1 -s 8 -W 0.3 10.0.2.1 > h1-11.ping
