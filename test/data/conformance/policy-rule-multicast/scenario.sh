# title: groups and broadcasts with rules
# shows: a rule sends groups out of another device; -I still decides; limited broadcast follows the default route of its rule
# tags: l3,rule,multicast
ip netns add h
ip netns exec h sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec h sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n h link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec r1 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n r1 link set lo up
ip netns add r2
ip netns exec r2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec r2 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n r2 link set lo up
ip -n h link add name e1 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:01:02 netns r1
ip netns exec h ethtool -K e1 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h addr add 10.0.1.1/24 dev e1
ip -n r1 addr add 10.0.1.254/24 dev eth0
ip -n h link set e1 up
ip -n r1 link set eth0 up
ip -n h link add name e2 address 02:00:00:00:02:01 type veth peer name eth0 address 02:00:00:00:02:02 netns r2
ip netns exec h ethtool -K e2 tx off rx off gso off gro off tso off
ip netns exec r2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h addr add 10.0.2.1/24 dev e2
ip -n r2 addr add 10.0.2.254/24 dev eth0
ip -n h link set e2 up
ip -n r2 link set eth0 up
ip -n h route add default via 10.0.1.254
ip netns exec r1 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ip netns exec r2 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ip netns exec h tcpdump -i e1 -U -w h-e1.pcap 2>/dev/null &
ip netns exec h tcpdump -i e2 -U -w h-e2.pcap 2>/dev/null &
sleep 1
ip netns exec h ping -e 1 -c 1 -s 8 -W 1 224.0.0.1
ip -n h route add 224.0.0.0/4 dev e2 table 50
ip -n h rule add to 224.0.0.0/4 table 50
ip netns exec h ping -e 2 -c 1 -s 8 -W 1 224.0.0.1
ip netns exec h ping -e 3 -c 1 -s 8 -W 1 -I e1 224.0.0.1
ip netns exec h ping -e 4 -c 1 -s 8 -W 1 -I 10.0.1.1 224.0.0.1
ip netns exec h ping -e 5 -c 1 -s 8 -W 1 -b 10.0.2.255
ip netns exec h ping -e 6 -c 1 -s 8 -W 1 -b 255.255.255.255
ip -n h rule add to 255.255.255.255 table 51
ip -n h route add default via 10.0.2.254 table 51
ip netns exec h ping -e 7 -c 1 -s 8 -W 1 -b 255.255.255.255
ip -n h rule > h.rule
ip -n h route show table all > all.route
