# title: a router whose two sides are macvlans
# shows: two macvlans on two parents in one namespace that forwards; TTL; ICMP errors
# tags: l2,macvlan,route
ip netns add host
ip netns exec host sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n host link set lo up
ip netns add a
ip netns exec a sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n a link set lo up
ip netns add b
ip netns exec b sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n b link set lo up
ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r link set lo up
ip -n host link add name eth0 address 02:00:00:00:a0:01 type veth peer name eth0 address 02:00:00:00:e0:01 netns a
ip -n host link add name eth1 address 02:00:00:00:a0:02 type veth peer name eth0 address 02:00:00:00:e0:02 netns b
ip netns exec host ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec host ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec a ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec b ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n host link set eth0 up
ip -n host link set eth1 up
ip -n a addr add 10.0.1.2/24 dev eth0
ip -n a link set eth0 up
ip -n a route add default via 10.0.1.1
ip -n b addr add 10.0.2.2/24 dev eth0
ip -n b link set eth0 up
ip -n b route add default via 10.0.2.1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n host link add link eth0 name mv1 address 02:00:00:00:01:01 netns r type macvlan mode private
ip -n host link add link eth1 name mv2 address 02:00:00:00:02:01 netns r type macvlan mode private
ip -n r addr add 10.0.1.1/24 dev mv1
ip -n r addr add 10.0.2.1/24 dev mv2
ip -n r link set mv1 up
ip -n r link set mv2 up
ip netns exec r tcpdump -i mv1 -U -w r-mv1.pcap 2>/dev/null &
ip netns exec r tcpdump -i mv2 -U -w r-mv2.pcap 2>/dev/null &
ip netns exec a tcpdump -i eth0 -U -w a-eth0.pcap 2>/dev/null &
ip netns exec b tcpdump -i eth0 -U -w b-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec a ping -e 4660 -c 1 -s 8 -W 1 10.0.2.2
sleep 0.2
ip netns exec a ping -e 4661 -c 1 -s 8 -W 1 -t 1 10.0.2.2
sleep 0.2
ip netns exec b ping -e 4662 -c 1 -s 8 -W 1 10.0.1.1
sleep 0.2
printf 'x' | ip netns exec a nc -u -s 10.0.1.2 -p 4000 -w 1 10.0.2.2 5000
ip -n r -d -s link show mv1 > r-mv1.link
ip -n r -d -s link show mv2 > r-mv2.link
ip -n r neigh > r.neigh
