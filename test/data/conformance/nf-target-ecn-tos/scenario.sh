# title: ECN, TOS and DSCP on one packet, and what the next rule sees
# shows: each target acts on what the one before it left; the checksum follows
# tags: netfilter,target,ecn,tos,dscp

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
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -j ECN --ecn-ip-ect 2
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -m ecn --ecn-ip-ect 2
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -j TOS --or-tos 0x40
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -m tos --tos 0x42
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -j TOS --xor-tos 0x41
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -m tos --tos 3
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -j DSCP --set-dscp-class AF11
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -m dscp --dscp-class AF11
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -m tos --tos 0x2b
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -m tos --tos Minimize-Delay
ip netns exec r iptables -t mangle -A PREROUTING -p udp -j TOS --set-tos Minimize-Delay
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m tos --tos Minimize-Delay
ip netns exec r iptables -t mangle -A PREROUTING -p udp -j TOS --and-tos 0xf
ip netns exec r iptables -t mangle -A POSTROUTING -p udp -j TTL --ttl-dec 70
ip netns exec r iptables -t mangle -A POSTROUTING -p icmp -j TTL --ttl-inc 250
ip netns exec r iptables -t mangle -A POSTROUTING -p icmp -m ttl --ttl-eq 255

ip netns exec r tcpdump -i right -U -w r-right.pcap 2>/dev/null &
sleep 0.5
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 -Q 0xff 10.0.2.2
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.2.2 9
sleep 0.3
ip netns exec r iptables-save -c > r.iptables
