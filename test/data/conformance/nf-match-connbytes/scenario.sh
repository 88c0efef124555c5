# title: connbytes: packets, bytes and average, by direction
# shows: counting begins with the rule; ranges and their inversion for each direction and the sum
# tags: netfilter,match,connbytes

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
ip netns exec r iptables -A FORWARD -m connbytes --connbytes 2: --connbytes-dir original --connbytes-mode packets
ip netns exec r iptables -A FORWARD -m connbytes --connbytes 1:1 --connbytes-dir reply --connbytes-mode packets
ip netns exec r iptables -A FORWARD -m connbytes --connbytes 3:4 --connbytes-dir both --connbytes-mode packets
ip netns exec r iptables -A FORWARD -m connbytes ! --connbytes 3:4 --connbytes-dir both --connbytes-mode packets
ip netns exec r iptables -A FORWARD -m connbytes --connbytes 100: --connbytes-dir both --connbytes-mode bytes
ip netns exec r iptables -A FORWARD -m connbytes --connbytes 36:36 --connbytes-dir original --connbytes-mode avgpkt
ip netns exec r iptables -A FORWARD -m connbytes --connbytes 0:0 --connbytes-dir reply --connbytes-mode avgpkt
ip netns exec r iptables -A FORWARD -m connbytes --connbytes 0 --connbytes-dir reply --connbytes-mode bytes
ip netns exec r iptables -A FORWARD -m connbytes --connbytes :72 --connbytes-dir original --connbytes-mode bytes

ip netns exec r tcpdump -i right -U -w r-right.pcap 2>/dev/null &
sleep 0.5
ip netns exec c1 ping -e 4660 -c 3 -i 0.2 -W 1 -s 8 10.0.2.2
ip netns exec c1 ping -e 4661 -c 1 -W 1 -s 50 10.0.2.2
printf 'hello' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.2.2 9
printf 'hello' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.2.2 9
sleep 0.3
ip netns exec r iptables-save -c > r.iptables
