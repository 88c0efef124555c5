# title: CONNMARK: masks, shifts and what they do to marks
# shows: set, save and restore with masks of both sides and with shifts
# tags: netfilter,target,connmark

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
ip netns exec r iptables -t mangle -A PREROUTING -i left -p icmp -j MARK --set-mark 0x1234
ip netns exec r iptables -t mangle -A PREROUTING -i left -p icmp -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff00 --left-shift-mark 8
ip netns exec r iptables -t mangle -A PREROUTING -i left -p icmp -m connmark --mark 0x3400
ip netns exec r iptables -t mangle -A PREROUTING -i left -p icmp -j CONNMARK --or-mark 0x1
ip netns exec r iptables -t mangle -A PREROUTING -i left -p icmp -m connmark --mark 0x3401/0xffff
ip netns exec r iptables -t mangle -A PREROUTING -i left -p icmp -j CONNMARK --xor-mark 0xf0
ip netns exec r iptables -t mangle -A PREROUTING -i left -p icmp -m connmark --mark 0x34f1
ip netns exec r iptables -t mangle -A PREROUTING -i left -p icmp -m connmark ! --mark 0x34f1
ip netns exec r iptables -t mangle -A PREROUTING -i right -p icmp -j CONNMARK --restore-mark --nfmask 0xf --ctmask 0xff00 --right-shift-mark 8
ip netns exec r iptables -t mangle -A PREROUTING -i right -p icmp -m mark --mark 0x34
ip netns exec r iptables -t mangle -A POSTROUTING -p udp -j CONNMARK --set-mark 0x10/0xff
ip netns exec r iptables -t mangle -A POSTROUTING -p udp -j CONNMARK --set-xmark 0x3/0x0 --left-shift-mark 1
ip netns exec r iptables -t mangle -A POSTROUTING -p udp -j CONNMARK --and-mark 0xfe
ip netns exec r iptables -t mangle -A POSTROUTING -p udp -m connmark --mark 0x26
ip netns exec r iptables -t mangle -A POSTROUTING -p udp -m connmark --mark 0x0/0x1

ip netns exec r tcpdump -i right -U -w r-right.pcap 2>/dev/null &
sleep 0.5
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.2.2 9
ip netns exec r conntrack -L > r.conntrack
sleep 0.3
ip netns exec r iptables-save -c > r.iptables
