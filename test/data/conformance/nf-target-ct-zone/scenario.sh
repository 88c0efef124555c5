# title: CT: zones by number, by direction, and by mark
# shows: what is in different zones are different connections; a zone of one direction lets the answer find it
# tags: netfilter,target,ct,zone

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
ip netns exec r iptables -t raw -A PREROUTING -i left -p udp --dport 9 -j CT --zone 5
ip netns exec r iptables -t raw -A PREROUTING -i right -p icmp --icmp-type 3 -j CT --zone 5
ip netns exec r iptables -t raw -A PREROUTING -i left -p udp --dport 10 -j CT --zone-orig 6
ip netns exec r iptables -t raw -A PREROUTING -i left -p icmp -j MARK --set-mark 7
ip netns exec r iptables -t raw -A PREROUTING -i left -p icmp -j CT --zone mark
ip netns exec r iptables -t raw -A PREROUTING -i left -p udp --dport 11 -j CT --ctevents new,destroy
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctstate NEW
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctstate ESTABLISHED
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctstate RELATED
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctstate INVALID
ip netns exec r iptables -t raw -A PREROUTING -m conntrack --ctstate NEW
ip netns exec r iptables -t raw -A PREROUTING -m conntrack --ctstate INVALID

ip netns exec r tcpdump -i right -U -w r-right.pcap 2>/dev/null &
sleep 0.5
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.2.2 9
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4001 -w 1 -q 0 10.0.2.2 10
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4002 -w 1 -q 0 10.0.2.2 11
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4002 -w 1 -q 0 10.0.2.2 11
ip netns exec r conntrack -L > r.conntrack
sleep 0.3
ip netns exec r iptables-save -c > r.iptables
