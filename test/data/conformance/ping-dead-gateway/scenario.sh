# title: pings while the way changes
# shows: the route is replaced, the address removed, the link set down under a running ping: which requests are sent, what ping prints, exit status
# tags: l3,icmp,ping,route,link
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
ip -n h1 addr add 10.0.0.11/24 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -s 8 -c 4 -i 0.5 -W 0.5 10.0.0.2 > h1-1.ping &
sleep 0.8
ip netns exec h2 sysctl -qw net.ipv4.icmp_echo_ignore_all=1
sleep 0.5
ip netns exec h2 sysctl -qw net.ipv4.icmp_echo_ignore_all=0
wait
ip netns exec h1 ping -e 4661 -s 8 -c 4 -i 0.5 -W 0.5 10.0.0.2 > h1-2.ping &
sleep 0.8
ip -n h1 route add unreachable 10.0.0.2
sleep 0.5
ip -n h1 route del unreachable 10.0.0.2
wait
ip -n h1 route > h1.route
