# title: broadcast addresses set by hand
# shows: brd + and a broadcast of one's own: which destinations are sent to ff:ff:ff:ff:ff:ff; ip addr and the local table; a second subnet's broadcast
# tags: l3,broadcast,addr,udp
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
ip -n h1 addr add 10.1.0.1/24 brd + dev eth0
ip -n h1 addr add 10.2.0.1/24 broadcast 10.2.0.77 dev eth0
ip -n h1 addr add 10.3.0.1/30 dev eth0
ip netns exec h2 nc -u -k -l -p 7000 > h2.recv &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip -n h1 addr show dev eth0 > h1.addr
ip -n h1 route show table local > h1.route
printf 'one ' | ip netns exec h1 nc -u -s 10.1.0.1 -p 40000 -b -w 1 10.1.0.255 7000
printf 'two ' | ip netns exec h1 nc -u -s 10.2.0.1 -p 40001 -b -w 1 10.2.0.77 7000
printf 'three ' | ip netns exec h1 nc -u -s 10.2.0.1 -p 40002 -b -w 1 10.2.0.255 7000
printf 'four ' | ip netns exec h1 nc -u -s 10.3.0.1 -p 40003 -b -w 1 10.3.0.3 7000
ip -n h1 neigh > h1.neigh
