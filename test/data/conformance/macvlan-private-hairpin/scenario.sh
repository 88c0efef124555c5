# title: private mode and a switch that reflects
# shows: what a private macvlan broadcasts comes back to itself alone
# tags: l2,macvlan,bridge,hairpin
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip netns add host
ip netns exec host sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n host link set lo up
ip -n sw link add name br0 address 02:00:00:00:f0:00 type bridge mcast_snooping 0
ip netns exec sw ethtool -K br0 tx off rx off gso off gro off tso off
ip -n host link add name eth0 address 02:00:00:00:a0:01 type veth peer name p1 address 02:00:00:00:f0:01 netns sw
ip netns exec host ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n sw link set p1 master br0
ip -n sw link set p1 up
ip -n sw link set br0 up
ip -n host link set eth0 up
ip -n host addr add 10.0.0.100/24 dev eth0
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link set lo up
ip -n host link add link eth0 name mv1 address 02:00:00:00:01:01 netns c1 type macvlan mode private
ip -n c1 addr add 10.0.0.1/24 dev mv1
ip -n c1 link set mv1 up
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c2 link set lo up
ip -n host link add link eth0 name mv2 address 02:00:00:00:02:01 netns c2 type macvlan mode private
ip -n c2 addr add 10.0.0.2/24 dev mv2
ip -n c2 link set mv2 up
bridge -n sw link set dev p1 hairpin on
ip netns exec c1 tcpdump -i mv1 -U -w c1-mv1.pcap 2>/dev/null &
ip netns exec c2 tcpdump -i mv2 -U -w c2-mv2.pcap 2>/dev/null &
ip netns exec host tcpdump -i eth0 -U -w host-eth0.pcap 2>/dev/null &
ip netns exec sw tcpdump -i p1 -U -w sw-p1.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 4660 -c 1 -s 8 -W 0.5 10.0.0.2
ip -n c1 neigh del 10.0.0.2 dev mv1
ip -n c1 neigh add 10.0.0.2 lladdr 02:00:00:00:02:01 nud permanent dev mv1
ip netns exec c1 ping -e 4661 -c 1 -s 8 -W 0.5 10.0.0.2
ip netns exec host ping -e 4662 -c 1 -s 8 -W 0.5 10.0.0.1
ip -n host neigh del 10.0.0.1 dev eth0
ip -n c1 -d -s link show mv1 > c1-mv1.link
ip -n c2 -d -s link show mv2 > c2-mv2.link
ip -n host -d -s link show eth0 > host-eth0.link
