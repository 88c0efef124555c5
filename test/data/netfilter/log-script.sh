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
ip netns exec r iptables -t raw -A PREROUTING -j LOG --log-prefix "NLX pre " --log-ip-options --log-tcp-sequence --log-tcp-options
ip netns exec r iptables -t mangle -A FORWARD -j LOG --log-prefix "NLX fwd "
ip netns exec r iptables -A INPUT -j LOG --log-prefix "NLX in " --log-macdecode
ip netns exec r iptables -A OUTPUT -j LOG --log-prefix "NLX out " --log-uid
ip netns exec r iptables -t mangle -A PREROUTING -p udp -j MARK --set-mark 0x1f
ip netns exec r iptables -t mangle -A POSTROUTING -j LOG --log-prefix "NLX post " --log-level 7
ip netns exec r iptables -t raw -A PREROUTING -p icmp --icmp-type 8 -s 10.0.1.2 -d 10.0.2.2 -m length --length 36 -j TRACE
ip netns exec r iptables -N A
ip netns exec r iptables -A FORWARD -p icmp -j A
ip netns exec r iptables -A A -p udp -j DROP
ip netns exec r iptables -A A -m ttl --ttl-gt 1 -j RETURN
ip netns exec r iptables -A FORWARD -j ACCEPT
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 -t 1 10.0.2.2
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.1.1
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 2000 10.0.2.2
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 -Q 0xff -R 10.0.1.1
printf 'hello' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.2.2 9
ip netns exec r ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
