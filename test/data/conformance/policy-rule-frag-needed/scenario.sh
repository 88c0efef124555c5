# title: path MTU behind a rule
# shows: what a router said about a destination is kept with the next hop of the table that was used; another table knows nothing
# tags: l3,rule,pmtu
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec h1 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec r1 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n r1 link set lo up
ip netns add r2
ip netns exec r2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec r2 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n r2 link set lo up
ip netns add x
ip netns exec x sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec x sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n x link set lo up
ip -n h1 link add name e1 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:01:02 netns r1
ip netns exec h1 ethtool -K e1 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.1.1/24 dev e1
ip -n r1 addr add 10.0.1.254/24 dev eth0
ip -n h1 link set e1 up
ip -n r1 link set eth0 up
ip -n h1 link add name e2 address 02:00:00:00:02:01 type veth peer name eth0 address 02:00:00:00:02:02 netns r2
ip netns exec h1 ethtool -K e2 tx off rx off gso off gro off tso off
ip netns exec r2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.2.1/24 dev e2
ip -n r2 addr add 10.0.2.254/24 dev eth0
ip -n h1 link set e2 up
ip -n r2 link set eth0 up
ip -n r1 link add name eth1 address 02:00:00:00:03:01 type veth peer name xa address 02:00:00:00:03:02 netns x
ip netns exec r1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec x ethtool -K xa tx off rx off gso off gro off tso off
ip -n r1 addr add 10.1.1.1/24 dev eth1
ip -n x addr add 10.1.1.2/24 dev xa
ip -n r1 link set eth1 up
ip -n x link set xa up
ip -n r2 link add name eth1 address 02:00:00:00:04:01 type veth peer name xb address 02:00:00:00:04:02 netns x
ip netns exec r2 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec x ethtool -K xb tx off rx off gso off gro off tso off
ip -n r2 addr add 10.1.2.1/24 dev eth1
ip -n x addr add 10.1.2.2/24 dev xb
ip -n r2 link set eth1 up
ip -n x link set xb up
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=1
ip -n x addr add 203.0.113.1/32 dev lo
ip -n r1 route add 203.0.113.1 via 10.1.1.2
ip -n r2 route add 203.0.113.1 via 10.1.2.2
ip -n x route add 10.0.1.0/24 via 10.1.1.1
ip -n x route add 10.0.2.0/24 via 10.1.2.1
ip -n r1 link set eth1 mtu 1000
ip -n x link set xa mtu 1000
ip -n h1 route add default via 10.0.1.254
ip -n h1 route add default via 10.0.2.254 table 102
ip -n h1 rule add from 10.0.2.1 table 102
ip netns exec h1 tcpdump -i e1 -U -w h1-e1.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i e2 -U -w h1-e2.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 1 -c 1 -s 1200 -M do -W 1 203.0.113.1
ip netns exec h1 ping -e 2 -c 1 -s 1200 -W 1 203.0.113.1
ip netns exec h1 ping -e 3 -c 1 -s 1200 -M do -W 1 -I 10.0.2.1 203.0.113.1
ip -n h1 route get 203.0.113.1 > main.route
ip -n h1 route get 203.0.113.1 from 10.0.2.1 > 102.route
