# title: errors from the host itself
# shows: ARP failure, prohibited and unreachable routes for the host's own datagrams: who sees an ICMP error on lo and who gets only an error number
# tags: l3,icmp,loopback
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
ip netns exec h1 sysctl -qw net.ipv4.neigh.eth0.retrans_time_ms=200
ip -n h1 route add unreachable 10.9.1.0/24
ip -n h1 route add 10.9.2.0/24 via 10.0.0.9
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i lo -U -w h1-lo.pcap 2>/dev/null &
sleep 1
printf 'nobody' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -w 1 10.0.0.7 7000
printf 'no gateway' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40001 -w 1 10.9.2.1 7000
# may-fail
printf 'unreachable' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40002 -w 1 10.9.1.1 7000
ip netns exec h1 ping -e 4660 -s 8 -c 2 -i 0.3 -W 1 10.0.0.8 > h1.ping
ip -n h1 neigh > h1.neigh
