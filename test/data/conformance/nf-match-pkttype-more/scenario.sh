# title: pkttype, addrtype and mac of broadcast and multicast
# shows: what a broadcast and a multicast are to who receives and to who sends them
# tags: netfilter,match,pkttype,addrtype,mac

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
ip netns exec r iptables -t mangle -A PREROUTING -m pkttype --pkt-type broadcast
ip netns exec r iptables -t mangle -A PREROUTING -m pkttype --pkt-type multicast
ip netns exec r iptables -t mangle -A PREROUTING -m pkttype --pkt-type host
ip netns exec r iptables -t mangle -A PREROUTING -m addrtype --dst-type BROADCAST
ip netns exec r iptables -t mangle -A PREROUTING -m addrtype --dst-type MULTICAST
ip netns exec r iptables -t mangle -A PREROUTING -m addrtype --dst-type LOCAL --limit-iface-in
ip netns exec r iptables -t mangle -A PREROUTING -m addrtype ! --src-type LOCAL,BROADCAST
ip netns exec r iptables -t mangle -A PREROUTING -m mac --mac-source 02:00:00:00:00:01
ip netns exec r iptables -t mangle -A PREROUTING -m mac ! --mac-source 02:00:00:00:00:01
ip netns exec r iptables -t mangle -A POSTROUTING -m addrtype --dst-type LOCAL --limit-iface-out
ip netns exec r iptables -t mangle -A POSTROUTING -m addrtype ! --dst-type UNICAST
ip netns exec r iptables -t mangle -A OUTPUT -m addrtype --src-type LOCAL --dst-type UNICAST

ip netns exec r tcpdump -i right -U -w r-right.pcap 2>/dev/null &
sleep 0.5
ip netns exec c1 ping -e 4660 -b -c 1 -W 1 -s 8 10.0.1.255
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 224.0.0.1
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.1.1
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.1
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
sleep 0.3
ip netns exec r iptables-save -c > r.iptables
