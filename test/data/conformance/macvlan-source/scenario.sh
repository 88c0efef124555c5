# title: macvlan in source mode
# shows: frames of a listed sender are copied to the macvlan whoever they are for, the parent gets them too; an unlisted sender is not heard; what the macvlan sends goes out
# tags: l2,macvlan
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
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link set lo up
ip -n host link add link eth0 name mv1 address 02:00:00:00:01:01 netns c1 type macvlan mode source macaddr add 02:00:00:00:e0:01
ip -n c1 addr add 10.0.0.1/24 dev mv1
ip -n c1 link set mv1 up
ip netns exec c1 tcpdump -i mv1 -U -w c1-mv1.pcap 2>/dev/null &
ip netns exec ext tcpdump -i eth0 -U -w ext-eth0.pcap 2>/dev/null &
ip netns exec host tcpdump -i eth0 -U -w host-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec ext ping -e 4660 -c 1 -s 8 -W 1 10.0.0.100
sleep 0.2
ip netns exec ext ping -e 4661 -c 1 -s 8 -W 0.5 10.0.0.1
ip -n ext neigh del 10.0.0.1 dev eth0
ip netns exec c1 ping -e 4662 -c 1 -s 8 -W 1 10.0.0.254
sleep 0.2
ip -n c1 link set mv1 type macvlan macaddr del 02:00:00:00:e0:01
ip netns exec ext ping -e 4663 -c 1 -s 8 -W 1 10.0.0.100
sleep 0.2
ip netns exec c1 ping -e 4664 -c 1 -s 8 -W 0.5 10.0.0.254
ip -n c1 link set mv1 type macvlan macaddr set 02:00:00:00:00:09 02:00:00:00:e0:01
ip netns exec c1 ping -e 4665 -c 1 -s 8 -W 0.5 10.0.0.254
ip -n c1 link set mv1 type macvlan macaddr flush
ip netns exec ext ping -e 4666 -c 1 -s 8 -W 1 10.0.0.100
ip -n c1 -d -s link show mv1 > c1-mv1.link
ip -n host -d -s link show eth0 > host-eth0.link
ip -n c1 neigh > c1.neigh
ip -n ext neigh > ext.neigh
ip -n host neigh > host.neigh
