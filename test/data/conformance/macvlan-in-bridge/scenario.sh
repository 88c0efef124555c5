# title: a macvlan as the port of a bridge
# shows: the bridge behind it hears broadcasts and frames for the macvlan's MAC; other MACs behind the bridge are not reached
# tags: l2,macvlan,bridge
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
ip -n host link add link eth0 name mv1 address 02:00:00:00:01:01 type macvlan mode bridge
ip -n host link add name br0 address 02:00:00:00:b0:00 type bridge mcast_snooping 0
ip netns exec host ethtool -K br0 tx off rx off gso off gro off tso off
ip -n host link set mv1 master br0
ip -n host link set mv1 up
ip -n host link set br0 up
ip netns add in
ip netns exec in sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n in link set lo up
ip -n host link add name p1 address 02:00:00:00:b0:01 type veth peer name eth0 address 02:00:00:00:d0:01 netns in
ip netns exec host ethtool -K p1 tx off rx off gso off gro off tso off
ip netns exec in ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n host link set p1 master br0
ip -n host link set p1 up
ip -n in addr add 10.0.0.50/24 dev eth0
ip -n in link set eth0 up
ip netns exec in tcpdump -i eth0 -U -w in-eth0.pcap 2>/dev/null &
ip netns exec ext tcpdump -i eth0 -U -w ext-eth0.pcap 2>/dev/null &
ip netns exec host tcpdump -i mv1 -U -w host-mv1.pcap 2>/dev/null &
sleep 1
ip netns exec in ping -e 4660 -c 1 -s 8 -W 0.5 10.0.0.254
ip -n in neigh del 10.0.0.254 dev eth0
ip netns exec ext ping -e 4661 -c 1 -s 8 -W 0.5 10.0.0.50
ip -n ext neigh del 10.0.0.50 dev eth0
bridge -n host fdb > host.fdb
ip -n host -s link show mv1 > host-mv1.link
ip -n host -d -s link show eth0 > host-eth0.link
ip -n host -s link show br0 > host-br0.link
