# title: owner and socket: what this host sends and what it has a socket for
# shows: programs run as root; an answer of the kernel has no program; socket finds the socket that a datagram is for
# tags: netfilter,match,owner,socket

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
ip netns exec r iptables -A OUTPUT -m owner --uid-owner 0
ip netns exec r iptables -A OUTPUT -m owner ! --uid-owner 0
ip netns exec r iptables -A OUTPUT -m owner --uid-owner 1-1000
ip netns exec r iptables -A OUTPUT -m owner --gid-owner 0
ip netns exec r iptables -A OUTPUT -m owner --gid-owner 0 --suppl-groups
ip netns exec r iptables -A OUTPUT -m owner --socket-exists
ip netns exec r iptables -A OUTPUT -m owner ! --socket-exists
ip netns exec r iptables -A OUTPUT -m owner --socket-exists --uid-owner 0
ip netns exec r iptables -A OUTPUT -m owner ! --socket-exists ! --uid-owner 7
ip netns exec r iptables -A OUTPUT -p icmp -m owner --socket-exists
ip netns exec r iptables -A OUTPUT -p udp -m owner --socket-exists
ip netns exec r iptables -t mangle -A POSTROUTING -m owner --uid-owner 0
ip netns exec r iptables -t mangle -A PREROUTING -m socket
ip netns exec r iptables -t mangle -A PREROUTING -m socket --nowildcard
ip netns exec r iptables -t mangle -A PREROUTING -m socket --transparent
ip netns exec r iptables -t mangle -A PREROUTING -p icmp -m socket --nowildcard

ip netns exec r tcpdump -i right -U -w r-right.pcap 2>/dev/null &
sleep 0.5
ip netns exec r nc -u -l 10.0.1.1 9 > r-udp9.recv &
ip netns exec r nc -u -l 0.0.0.0 10 > r-udp10.recv &
sleep 0.3
printf 'bound' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.1.1 9
printf 'wild' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4001 -w 1 -q 0 10.0.1.1 10
printf 'none' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4002 -w 1 -q 0 10.0.1.1 11
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.1.1
ip netns exec r ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
printf 'closed' | ip netns exec r nc -u -s 10.0.2.1 -p 5000 -w 1 -q 0 10.0.2.2 9
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
sleep 0.3
ip netns exec r iptables-save -c > r.iptables
