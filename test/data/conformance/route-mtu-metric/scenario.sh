# title: a route with an MTU
# shows: packets larger than the route's MTU are cut without DF or refused with it; lock clears DF; advmss, hoplimit and the other metrics in show and get
# tags: l3,route,fragment
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
ip -n h2 addr add 10.9.1.1/32 dev lo
ip -n h2 addr add 10.9.2.1/32 dev lo
ip -n h2 addr add 10.9.3.1/32 dev lo
ip -n h1 route add 10.9.1.0/24 via 10.0.0.2 mtu 1000
ip -n h1 route add 10.9.2.0/24 via 10.0.0.2 mtu lock 900
ip -n h1 route add 10.9.3.0/24 via 10.0.0.2 hoplimit 7 advmss 800
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -W 1 -s 1000 10.9.1.1
ip netns exec h1 ping -e 4661 -c 1 -s 1000 -M do -W 0.3 10.9.1.1
ip netns exec h1 ping -e 4662 -c 1 -W 1 -s 8 10.9.2.1
ip netns exec h1 ping -e 4663 -c 1 -W 1 -s 1000 10.9.2.1
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 1 10.9.3.1
printf '%01100d' 5 | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -w 1 10.9.1.1 7000
ip -n h1 route > h1.route
ip -n h1 route get 10.9.1.1 > h1-1.txt
ip -n h1 route get 10.9.2.1 > h1-2.txt
ip -n h1 -j route show 10.9.2.0/24 > h1-3.txt
