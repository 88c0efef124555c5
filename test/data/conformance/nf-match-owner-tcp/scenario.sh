# title: owner and socket with TCP
# shows: segments of a program, of the kernel for nobody, and of sockets that listen or are connected
# tags: netfilter,match,owner,socket,tcp

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
ip netns exec r iptables -A OUTPUT -p tcp --tcp-flags RST RST -m owner --socket-exists
ip netns exec r iptables -A OUTPUT -p tcp --tcp-flags SYN,ACK SYN,ACK -m owner --socket-exists
ip netns exec r iptables -A OUTPUT -p tcp --tcp-flags SYN,ACK SYN,ACK -m owner --uid-owner 0
ip netns exec r iptables -A OUTPUT -p tcp --tcp-flags FIN FIN -m owner --uid-owner 0
ip netns exec r iptables -t mangle -A PREROUTING -p tcp -m socket
ip netns exec r iptables -t mangle -A PREROUTING -p tcp -m socket --nowildcard
ip netns exec r iptables -t mangle -A PREROUTING -p tcp --syn -m socket
ip netns exec r iptables -t mangle -A PREROUTING -p tcp --syn -m socket --nowildcard
ip netns exec r iptables -t mangle -A PREROUTING -p tcp --tcp-flags FIN FIN -m socket

ip netns exec r tcpdump -i right -U -w r-right.pcap 2>/dev/null &
sleep 0.5
ip netns exec r nc -l 10.0.1.1 80 > r-80.recv &
ip netns exec r nc -l 0.0.0.0 81 > r-81.recv &
sleep 0.3
printf 'x' | ip netns exec c1 nc -s 10.0.1.2 -p 5000 -w 1 -q 0 10.0.1.1 80
sleep 0.2
printf 'x' | ip netns exec c1 nc -s 10.0.1.2 -p 5001 -w 1 -q 0 10.0.1.1 81
sleep 0.2
printf 'x' | ip netns exec c1 nc -s 10.0.1.2 -p 5002 -w 1 -q 0 10.0.1.1 82
sleep 0.2
sleep 0.3
ip netns exec r iptables-save -c > r.iptables
