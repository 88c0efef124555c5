# title: limit: how the bucket fills again
# shows: a packet every 500 ms at two a second; what half a second gives
# tags: netfilter,match,limit

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
ip netns exec r iptables -A FORWARD -p icmp -m limit --limit 1/sec --limit-burst 1
ip netns exec r iptables -A FORWARD -p icmp -m limit --limit 30/min --limit-burst 2
ip netns exec r iptables -A FORWARD -p icmp -m limit --limit 100/sec --limit-burst 1
ip netns exec r iptables -A FORWARD -p icmp -m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 1 --hashlimit-name a
ip netns exec r iptables -A FORWARD -p icmp -m hashlimit --hashlimit-above 30/min --hashlimit-burst 2 --hashlimit-mode dstip --hashlimit-name b

ip netns exec r tcpdump -i right -U -w r-right.pcap 2>/dev/null &
sleep 0.5
ip netns exec c1 ping -e 4660 -c 4 -i 0.3 -W 1 -s 8 10.0.2.2
sleep 1.4
ip netns exec c1 ping -e 4660 -c 4 -i 0.7 -W 1 -s 8 10.0.2.2
sleep 0.3
ip netns exec r iptables-save -c > r.iptables
