# title: rule 0 deleted and moved
# shows: without the rule for local the host does not know its own addresses; behind other rules it comes later
# tags: l3,rule,local
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
ip -n r1 addr add 203.0.113.1/32 dev lo
ip -n r1 addr add 203.0.113.2/32 dev lo
ip -n r2 addr add 203.0.113.1/32 dev lo
ip -n r2 addr add 203.0.113.2/32 dev lo
ip -n r1 route add 10.0.2.0/24 via 10.0.1.1
ip -n r2 route add 10.0.1.0/24 via 10.0.2.1
ip -n h1 route add default via 10.0.1.254
ip -n h1 route add default via 10.0.2.254 table 102
ip netns exec h1 tcpdump -i e1 -U -w h1-e1.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i e2 -U -w h1-e2.pcap 2>/dev/null &
sleep 1
ip netns exec r1 ping -e 600 -c 1 -s 8 -W 1 10.0.1.1
ip -n h1 rule del pref 0
ip netns exec r1 ping -e 601 -c 1 -s 8 -W 1 10.0.1.1
ip -n h1 rule add pref 32000 table local
ip netns exec r1 ping -e 602 -c 1 -s 8 -W 1 10.0.1.1
ip netns exec h1 ping -e 603 -c 1 -s 8 -W 1 10.0.1.1
ip -n h1 rule > h1.rule
ip -n h1 route show table local > local.route
