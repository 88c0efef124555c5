# title: which errors are rate limited
# shows: icmp_ratemask=0: all nine datagrams to a closed port are answered; a mask with bit 11 only limits time exceeded and not port unreachable
# tags: l3,icmp,udp,ratelimit,sysctl
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip netns exec h2 sysctl -qw net.ipv4.icmp_ratemask=0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
printf '1' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -w 1 10.0.0.2 7000 &
sleep 0.05
printf '2' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40001 -w 1 10.0.0.2 7000 &
sleep 0.05
printf '3' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40002 -w 1 10.0.0.2 7000 &
sleep 0.05
printf '4' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40003 -w 1 10.0.0.2 7000 &
sleep 0.05
printf '5' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40004 -w 1 10.0.0.2 7000 &
sleep 0.05
printf '6' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40005 -w 1 10.0.0.2 7000 &
sleep 0.05
printf '7' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40006 -w 1 10.0.0.2 7000 &
sleep 0.05
printf '8' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40007 -w 1 10.0.0.2 7000 &
sleep 0.05
printf '9' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40008 -w 1 10.0.0.2 7000 &
sleep 1
ip netns exec h2 sysctl -qw net.ipv4.icmp_ratemask=2048
printf 'a' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40010 -w 1 10.0.0.2 7000
ip netns exec h2 sysctl net.ipv4.icmp_ratemask net.ipv4.icmp_ratelimit > h2.txt
