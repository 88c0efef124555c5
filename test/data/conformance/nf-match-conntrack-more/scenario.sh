# title: conntrack: ports, protocol, direction, expiry and status, and their inversion
# shows: which packets of UDP and ping match each test, also those without a connection
# tags: netfilter,match,conntrack

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
ip netns exec r iptables -t raw -A PREROUTING -p udp --dport 13 -j NOTRACK
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctorigsrcport 4000
ip netns exec r iptables -t mangle -A FORWARD -m conntrack ! --ctorigsrcport 4000
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctorigdstport 1:100
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctreplsrcport 9 --ctrepldstport 4000:4001
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctproto icmp
ip netns exec r iptables -t mangle -A FORWARD -m conntrack ! --ctproto udp
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctdir ORIGINAL --ctproto udp
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctdir REPLY
ip netns exec r iptables -t mangle -A FORWARD -m conntrack ! --ctstatus SEEN_REPLY
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctstatus NONE
ip netns exec r iptables -t mangle -A FORWARD -m conntrack ! --ctstatus NONE
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctexpire 25:35
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctexpire 0:10
ip netns exec r iptables -t mangle -A FORWARD -m conntrack ! --ctexpire 0:28
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctorigsrc 10.0.1.0/24 ! --ctorigdst 10.0.3.0/24
ip netns exec r iptables -t mangle -A FORWARD -m conntrack ! --ctreplsrc 10.0.2.2
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctstate UNTRACKED
ip netns exec r iptables -t mangle -A FORWARD -m conntrack ! --ctstate UNTRACKED
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctstate UNTRACKED --ctproto udp
ip netns exec r iptables -t mangle -A FORWARD -m conntrack --ctstate NEW --ctdir ORIGINAL
ip netns exec r iptables -t mangle -A FORWARD -m state --state NEW,UNTRACKED
ip netns exec r iptables -t mangle -A FORWARD -m state ! --state NEW

ip netns exec r tcpdump -i right -U -w r-right.pcap 2>/dev/null &
sleep 0.5
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.2.2 9
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.2.2 9
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4001 -w 1 -q 0 10.0.2.2 10
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4002 -w 1 -q 0 10.0.2.2 13
sleep 0.3
ip netns exec r iptables-save -c > r.iptables
