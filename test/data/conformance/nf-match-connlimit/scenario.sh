# title: connlimit by source, by destination, and by network
# shows: a connection counts once, for as long as it is known; the limit is of connections and not of packets
# tags: netfilter,match,connlimit

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
ip netns exec r iptables -A FORWARD -p udp -m connlimit --connlimit-above 2 --connlimit-mask 32
ip netns exec r iptables -A FORWARD -p udp -m connlimit --connlimit-upto 2 --connlimit-mask 32
ip netns exec r iptables -A FORWARD -p udp -m connlimit --connlimit-above 1 --connlimit-daddr
ip netns exec r iptables -A FORWARD -p udp -m connlimit ! --connlimit-above 3 --connlimit-mask 0
ip netns exec r iptables -A FORWARD -p icmp -m connlimit --connlimit-above 1 --connlimit-mask 24 --connlimit-daddr
ip netns exec r iptables -A FORWARD -p udp -m connlimit --connlimit-above 2 -j DROP

ip netns exec r tcpdump -i right -U -w r-right.pcap 2>/dev/null &
sleep 0.5
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.2.2 9
sleep 0.1
printf 'b' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4001 -w 1 -q 0 10.0.2.2 9
sleep 0.1
printf 'c' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4002 -w 1 -q 0 10.0.2.2 9
sleep 0.1
printf 'd' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4001 -w 1 -q 0 10.0.2.2 9
sleep 0.1
printf 'e' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4003 -w 1 -q 0 10.0.2.1 9
sleep 0.1
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
ip netns exec c1 ping -e 4661 -c 2 -i 0.2 -W 1 -s 8 10.0.2.2
sleep 0.3
ip netns exec r iptables-save -c > r.iptables
