# title: 20000 bytes between two macvlans of one parent
# shows: handed over inside: nothing on the parent's wire
# tags: tcp,macvlan
ip netns add n1
ip netns exec n1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n n1 link set lo up
ip netns add n2
ip netns exec n2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n n2 link set lo up
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link set lo up
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c2 link set lo up
ip -n n1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:02:01 netns n2
ip netns exec n1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n n1 link set eth0 up
ip -n n2 link set eth0 up
ip -n n1 link add link eth0 name mv0 address 02:00:00:00:0c:01 type macvlan mode bridge
ip -n n1 link set mv0 netns c1
ip -n n1 link add link eth0 name mv1 address 02:00:00:00:0c:02 type macvlan mode bridge
ip -n n1 link set mv1 netns c2
ip -n c1 addr add 10.0.0.1/24 dev mv0
ip -n c2 addr add 10.0.0.2/24 dev mv1
ip -n c1 link set mv0 up
ip -n c2 link set mv1 up
ip -n c1 neigh add 10.0.0.2 lladdr 02:00:00:00:0c:02 nud permanent dev mv0
ip -n c2 neigh add 10.0.0.1 lladdr 02:00:00:00:0c:01 nud permanent dev mv1
ip netns exec c2 nc -l -p 7000 &
ip netns exec n1 tcpdump -i eth0 -U -w n1-eth0.pcap 2>/dev/null &
ip netns exec c1 tcpdump -i mv0 -U -w c1-mv0.pcap 2>/dev/null &
sleep 1
printf '%020000d' 7 | ip netns exec c1 nc -s 10.0.0.1 -p 40000 -N -w 2 10.0.0.2 7000
sleep 0.4
