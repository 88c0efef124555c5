# title: hashlimit by ports, networks, octets and as a rate
# shows: which packets share a bucket; buckets of octets; rules of one name share the table of the first; a bucket that was idle too long is forgotten
# tags: netfilter,match,hashlimit

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
ip netns exec r iptables -A FORWARD -p udp -m hashlimit --hashlimit-upto 1/min --hashlimit-burst 1 --hashlimit-mode dstport --hashlimit-name dp
ip netns exec r iptables -A FORWARD -p udp -m hashlimit --hashlimit-upto 1/min --hashlimit-burst 2 --hashlimit-mode srcip,srcport --hashlimit-name sp
ip netns exec r iptables -A FORWARD -p udp -m hashlimit --hashlimit-above 1/min --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-srcmask 8 --hashlimit-name net
ip netns exec r iptables -A FORWARD -p udp -m hashlimit --hashlimit-upto 1/min --hashlimit-burst 3 --hashlimit-name all
ip netns exec r iptables -A FORWARD -p udp -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 9 --hashlimit-name all
ip netns exec r iptables -A FORWARD -p icmp -m hashlimit --hashlimit-upto 100b/s --hashlimit-mode srcip --hashlimit-name bytes
ip netns exec r iptables -A FORWARD -p icmp -m hashlimit --hashlimit-above 100b/s --hashlimit-burst 500b --hashlimit-mode dstip --hashlimit-name burst
ip netns exec r iptables -A FORWARD -p icmp -m hashlimit --hashlimit-upto 1/min --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name short --hashlimit-htable-expire 500 --hashlimit-htable-gcinterval 200
ip netns exec r iptables -A FORWARD -p icmp -m hashlimit --hashlimit-above 2/sec --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name rate --hashlimit-rate-match --hashlimit-rate-interval 1
ip netns exec r iptables -A FORWARD -p udp -m hashlimit --hashlimit-upto 1/min --hashlimit-burst 1 --hashlimit-mode srcport --hashlimit-name full --hashlimit-htable-size 1 --hashlimit-htable-max 2

ip netns exec r tcpdump -i right -U -w r-right.pcap 2>/dev/null &
sleep 0.5
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.2.2 9
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.2.2 9
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.2.2 8
ip netns exec c1 ping -e 4660 -c 3 -i 0.1 -W 1 -s 8 10.0.2.2
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
sleep 2.5
ip netns exec c1 ping -e 4660 -c 1 -W 1 -s 8 10.0.2.2
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4001 -w 1 -q 0 10.0.2.2 9
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4002 -w 1 -q 0 10.0.2.2 7
sleep 0.3
ip netns exec r iptables-save -c > r.iptables
