# title: local routes in local and in another table
# shows: a whole prefix is local by a route in local, and by a rule to a table with a local route; who answers ARP and ping, and from where
# tags: l3,rule,local
ip netns add h
ip netns exec h sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec h sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n h link set lo up
ip netns add c
ip netns exec c sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec c sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n c link set lo up
ip -n h link add name e1 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:01:02 netns c
ip netns exec h ethtool -K e1 tx off rx off gso off gro off tso off
ip netns exec c ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h addr add 10.0.0.1/24 dev e1
ip -n c addr add 10.0.0.9/24 dev eth0
ip -n h link set e1 up
ip -n c link set eth0 up
ip -n c route add 192.0.2.0/24 via 10.0.0.1
ip -n c route add 198.51.100.0/24 dev eth0
ip -n h route add local 192.0.2.0/25 dev lo
ip netns exec h tcpdump -i e1 -U -w h-e1.pcap 2>/dev/null &
sleep 1
ip netns exec c ping -e 1 -c 1 -s 8 -W 1 192.0.2.7
ip netns exec c ping -e 2 -c 1 -s 8 -W 1 192.0.2.200
ip -n h route add local 192.0.2.128/25 dev lo table 100
ip -n h route add local 198.51.100.0/24 dev lo table 100
ip -n h rule add to 192.0.2.128/25 table 100
ip -n h rule add to 198.51.100.0/24 table 100
ip netns exec c ping -e 3 -c 1 -s 8 -W 1 192.0.2.200
ip netns exec c ping -e 4 -c 1 -s 8 -W 0.5 198.51.100.3
ip -n c neigh del 198.51.100.3 dev eth0
ip netns exec h nc -u -l -p 7000 > h-7000.nc &
sleep 0.3
printf 'x' | ip netns exec c nc -u -p 5000 -w 1 192.0.2.200 7000
ip netns exec h ping -e 5 -c 1 -s 8 -W 1 192.0.2.200
ip netns exec h ping -e 6 -c 1 -s 8 -W 1 -I 192.0.2.8 192.0.2.7
ip -n h route get 192.0.2.200 > a.route
ip -n h route show table local > local.route
ip -n h route show table 100 > 100.route
