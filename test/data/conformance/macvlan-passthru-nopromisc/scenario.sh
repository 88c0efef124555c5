# title: passthru with and without promiscuous mode
# shows: nopromisc leaves the parent as it is; the flag can be changed while it is up; foreign unicast is received either way on a veth
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
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link set lo up
ip -n host link add link eth0 name mv1 address 02:00:00:00:01:01 netns c1 type macvlan mode passthru nopromisc
ip -n c1 addr add 10.0.0.1/24 dev mv1
ip -n c1 link set mv1 up
ip -n ext neigh add 10.0.0.77 lladdr 02:00:00:00:77:01 nud permanent dev eth0
ip netns exec c1 tcpdump -i mv1 -p -U -w c1-mv1.pcap 2>/dev/null &
ip netns exec ext tcpdump -i eth0 -U -w ext-eth0.pcap 2>/dev/null &
sleep 1
ip -n host -d link show eth0 > host-1.link
ip netns exec ext ping -e 4660 -c 1 -s 8 -W 0.3 10.0.0.77
ip netns exec ext ping -e 4661 -c 1 -s 8 -W 1 10.0.0.1
ip -n c1 link set mv1 type macvlan flag null
ip -n host -d link show eth0 > host-2.link
ip netns exec ext ping -e 4662 -c 1 -s 8 -W 0.3 10.0.0.77
ip -n c1 link set mv1 type macvlan mode passthru nopromisc
ip -n host -d link show eth0 > host-3.link
ip -n c1 -d -s link show mv1 > c1-mv1.link
