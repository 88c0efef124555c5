# title: two macvlans and their parent in one namespace
# shows: each has its own subnet; routes decide; the parent's host reaches the outside by each of them
# tags: l2,macvlan,route
ip netns add host
ip netns exec host sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n host link set lo up
ip netns add ext
ip netns exec ext sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n ext link set lo up
ip -n host link add name eth0 address 02:00:00:00:a0:01 type veth peer name eth0 address 02:00:00:00:e0:01 netns ext
ip netns exec host ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec ext ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n ext addr add 10.0.0.254/24 dev eth0
ip -n ext link set eth0 up
ip -n host link set eth0 up
ip -n host addr add 10.0.0.100/24 dev eth0
ip -n host link add link eth0 name mv1 address 02:00:00:00:01:01 type macvlan mode bridge
ip -n host addr add 10.0.1.1/24 dev mv1
ip -n host link set mv1 up
ip -n host link add link eth0 name mv2 address 02:00:00:00:02:01 type macvlan mode bridge
ip -n host addr add 10.0.2.1/24 dev mv2
ip -n host link set mv2 up
ip -n ext addr add 10.0.1.254/24 dev eth0
ip -n ext addr add 10.0.2.254/24 dev eth0
ip netns exec host tcpdump -i mv1 -U -w host-mv1.pcap 2>/dev/null &
ip netns exec host tcpdump -i mv2 -U -w host-mv2.pcap 2>/dev/null &
ip netns exec host tcpdump -i eth0 -U -w host-eth0.pcap 2>/dev/null &
ip netns exec ext tcpdump -i eth0 -U -w ext-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec host ping -e 4660 -c 1 -s 8 -W 1 10.0.0.254
sleep 0.2
ip netns exec host ping -e 4661 -c 1 -s 8 -W 1 10.0.1.254
sleep 0.2
ip netns exec ext ping -e 4662 -c 1 -s 8 -W 1 10.0.2.1
sleep 0.2
ip netns exec ext ping -e 4663 -c 1 -s 8 -W 1 10.0.1.1
sleep 0.2
ip -n host -d -s link show mv1 > host-mv1.link
ip -n host -d -s link show mv2 > host-mv2.link
ip -n host -d -s link show eth0 > host-eth0.link
ip -n host neigh > host.neigh
ip -n ext neigh > ext.neigh
