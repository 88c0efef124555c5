# title: docker's macvlan network with datagrams
# shows: made beside the parent, moved into the container and renamed to eth0; bridge mode; the host is not reached
# tags: docker,macvlan,udp
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
ip netns add m1
ip netns exec m1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n m1 link set lo up
ip -n host link add name mv1 link eth0 address 02:42:0a:00:00:01 type macvlan mode bridge
ip -n host link set mv1 netns m1
ip -n m1 link set mv1 name eth0
ip -n m1 addr add 10.0.0.1/24 brd + dev eth0
ip -n m1 link set eth0 up
ip -n m1 route add default via 10.0.0.254
ip netns add m2
ip netns exec m2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n m2 link set lo up
ip -n host link add name mv2 link eth0 address 02:42:0a:00:00:02 type macvlan mode bridge
ip -n host link set mv2 netns m2
ip -n m2 link set mv2 name eth0
ip -n m2 addr add 10.0.0.2/24 brd + dev eth0
ip -n m2 link set eth0 up
ip -n m2 route add default via 10.0.0.254
ip netns exec m1 tcpdump -i eth0 -U -w m1-eth0.pcap 2>/dev/null &
ip netns exec m2 tcpdump -i eth0 -U -w m2-eth0.pcap 2>/dev/null &
ip netns exec host tcpdump -i eth0 -U -w host-eth0.pcap 2>/dev/null &
ip netns exec ext tcpdump -i eth0 -U -w ext-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec m2 nc -u -l -p 5000 > m2-udp.recv &
sleep 0.2
ip netns exec m1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
printf 'hello' | ip netns exec m1 nc -u -s 10.0.0.1 -p 4000 -w 1 10.0.0.2 5000
ip netns exec m1 ping -e 4661 -c 1 -s 8 -W 1 10.0.0.254
ip netns exec ext ping -e 4662 -c 1 -s 8 -W 1 10.0.0.1
ip netns exec m1 ping -e 4663 -c 1 -s 8 -W 0.5 10.0.0.100
ip -n m1 neigh del 10.0.0.100 dev eth0
ip -n m1 route > m1.route
ip -n m1 neigh > m1.neigh
ip -n host neigh > host.neigh
ip -n ext neigh > ext.neigh
bridge -n host fdb > host.fdb
