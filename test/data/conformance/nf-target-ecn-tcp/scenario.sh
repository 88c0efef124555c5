# title: ECN and DSCP of TCP: --ecn-tcp-remove takes the offer away
# shows: a SYN that offers ECN comes through without it; the checksum of TCP follows
# tags: netfilter,target,ecn,tcp

ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns add s1
ip netns exec s1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link add eth0 address 02:00:00:00:00:01 type veth peer name left address 02:00:00:00:00:02 netns r
ip netns exec c1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K left tx off rx off gso off gro off tso off
ip -n c1 addr add 10.0.1.2/24 dev eth0
ip -n r addr add 10.0.1.1/24 dev left
ip -n c1 link set eth0 up
ip -n r link set left up
ip -n s1 link add eth0 address 02:00:00:00:00:03 type veth peer name right address 02:00:00:00:00:04 netns r
ip netns exec s1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K right tx off rx off gso off gro off tso off
ip -n s1 addr add 10.0.2.2/24 dev eth0
ip -n r addr add 10.0.2.1/24 dev right
ip -n s1 link set eth0 up
ip -n r link set right up
ip -n c1 route add default via 10.0.1.1
ip -n s1 route add default via 10.0.2.1
ip netns exec c1 sysctl -qw net.ipv4.tcp_ecn=1
ip netns exec r iptables -t mangle -A PREROUTING -p tcp -m ecn --ecn-tcp-ece --ecn-tcp-cwr
ip netns exec r iptables -t mangle -A PREROUTING -p tcp --syn -j ECN --ecn-tcp-remove
ip netns exec r iptables -t mangle -A PREROUTING -p tcp --syn -m ecn ! --ecn-tcp-ece ! --ecn-tcp-cwr
ip netns exec r iptables -t mangle -A POSTROUTING -p tcp --syn -j TCPMSS --set-mss 700
ip netns exec r iptables -t mangle -A POSTROUTING -p tcp --syn -m tcpmss --mss 700
ip netns exec r iptables -t mangle -A POSTROUTING -p tcp -m tcpmss ! --mss 700
ip netns exec r iptables -t mangle -A POSTROUTING -p tcp --sport 80 -j DSCP --set-dscp 10

ip netns exec r tcpdump -i right -U -w r-right.pcap 2>/dev/null &
sleep 0.5
ip netns exec s1 nc -k -l 10.0.2.2 80 > s1-80.recv &
sleep 0.3
printf 'some data' | ip netns exec c1 nc -s 10.0.1.2 -p 5000 -w 1 -q 0 10.0.2.2 80
sleep 0.3
ip netns exec r iptables-save -c > r.iptables
