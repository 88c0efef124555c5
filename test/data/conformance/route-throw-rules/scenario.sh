# title: throw leaves a table
# shows: rules by source and priority, a table with a throw route and a default: thrown packets go on to the next table; lookup main before and after; rule list
# tags: l3,route,rule
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name left address 02:00:00:00:a1:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K left tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name right address 02:00:00:00:a1:02 netns r1
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K right tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n r1 addr add 10.0.1.254/24 dev left
ip -n r1 addr add 10.0.2.254/24 dev right
ip -n h2 addr add 10.0.2.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n r1 link set left up
ip -n r1 link set right up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.1.254
ip -n h2 route add default via 10.0.2.254
ip -n h1 addr add 10.0.1.11/24 dev eth0
ip -n h1 route add default via 10.0.1.254 table 100
ip -n h1 route add throw 10.0.2.0/24 table 100
ip -n h1 route add blackhole 10.9.0.0/24 table 100
ip -n h1 route del default
ip -n h1 route add 10.0.2.0/24 via 10.0.1.254
ip -n h1 rule add from 10.0.1.11 lookup 100 priority 1000
ip -n r1 addr add 10.7.7.7/32 dev lo
ip -n h1 rule add to 10.8.0.0/16 unreachable priority 900
ip -n h1 rule add from 10.0.1.11 to 10.7.7.8 prohibit priority 800
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I 10.0.1.11 10.0.2.1
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 -I 10.0.1.11 10.7.7.7
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 0.3 10.7.7.7
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 0.3 -I 10.0.1.11 10.9.0.1
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 0.3 -I 10.0.1.11 10.8.0.1
ip netns exec h1 ping -e 4665 -c 1 -s 8 -W 0.3 -I 10.0.1.11 10.7.7.8
ip -n h1 rule > h1.rule
ip -n h1 route show table 100 > h1-100.route
ip -n h1 route get 10.7.7.7 from 10.0.1.11 > h1-get.txt
ip -n h1 rule del priority 800
ip -n h1 rule del from 10.0.1.11 lookup 100
# may-fail
ip -n h1 rule del priority 4242
ip -n h1 rule > h1-after.rule
