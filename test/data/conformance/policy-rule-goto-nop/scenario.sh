# title: ip rule with not, goto, iif, oif, tos, priority gaps, nop and deleted targets
# shows: show and effect of each
# tags: l3,rule
ip netns add a
ip netns exec a sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n a link set lo up
ip netns add b
ip netns exec b sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n b link set lo up
ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n r link set lo up
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n a link add name eth0 address 02:00:00:00:11:01 type veth peer name e1 address 02:00:00:00:11:02 netns r
ip netns exec a ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K e1 tx off rx off gso off gro off tso off
ip -n a addr add 10.0.1.1/24 dev eth0
ip -n r addr add 10.0.1.254/24 dev e1
ip -n a link set eth0 up
ip -n r link set e1 up
ip -n b link add name eth0 address 02:00:00:00:12:01 type veth peer name e2 address 02:00:00:00:12:02 netns r
ip netns exec b ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K e2 tx off rx off gso off gro off tso off
ip -n b addr add 10.0.2.1/24 dev eth0
ip -n r addr add 10.0.2.254/24 dev e2
ip -n b link set eth0 up
ip -n r link set e2 up
ip -n a route add default via 10.0.1.254
ip -n b route add default via 10.0.2.254
ip -n r route add blackhole 10.0.2.0/24 table 10
ip -n r route add unreachable 10.0.2.0/24 table 11
ip -n r route add prohibit 10.0.2.0/24 table 12
ip -n r rule add not from 10.0.1.0/24 lookup 10 priority 100
ip -n r rule add iif e1 tos 0x10 lookup 11 priority 110
ip -n r rule add from 10.0.1.0/24 to 10.0.2.0/25 fwmark 0x5/0xf goto 300 priority 120
ip -n r rule add goto 310 priority 130
ip -n r rule add from all lookup 12 priority 300
ip -n r rule add nop priority 310
ip -n r rule add oif e2 lookup 10 priority 320
ip -n r rule > r1.rule
ip -n r rule show priority 110 > r2.rule
ip -n r -d rule show table 12 > r3.rule
ip -n r rule show from 10.0.1.0/24 > r4.rule
ip netns exec a tcpdump -i eth0 -U -w a-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec a ping -e 1 -c 1 -s 8 -W 0.5 10.0.2.1
ip netns exec a ping -e 2 -c 1 -s 8 -W 0.5 -Q 0x10 10.0.2.1
ip netns exec b ping -e 3 -c 1 -s 8 -W 0.5 10.0.1.1
ip netns exec r ping -e 4 -c 1 -s 8 -W 0.5 10.0.2.1
ip netns exec r ip route get 10.0.2.1 from 10.0.1.1 iif e1 > r1.route
# may-fail
ip netns exec r ip route get 10.0.2.1 from 10.0.1.1 iif e1 tos 0x10 > r2.route
# may-fail
ip netns exec r ip route get 10.0.2.1 mark 5 from 10.0.1.1 iif e1 > r3.route
# may-fail
ip netns exec r ip route get 10.0.2.1 oif e2 > r4.route
ip -n r rule del priority 310
ip -n r rule > r5.rule
ip netns exec a ping -e 5 -c 1 -s 8 -W 0.5 10.0.2.1
ip -n r rule add prohibit iif e1 priority 50
ip netns exec a ping -e 6 -c 1 -s 8 -W 0.5 10.0.2.1
ip -n r rule flush
ip -n r rule > r6.rule
ip netns exec a ping -e 7 -c 1 -s 8 -W 0.5 10.0.2.1
