# title: string and u32 at the edges of a packet
# shows: where a pattern must lie whole; offsets count from the IP header; a word beyond the end never matches
# tags: netfilter,match,string,u32

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
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m string --algo bm --string abc --from 28
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m string --algo bm --string abc --from 29
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m string --algo bm --string abc --from 28 --to 31
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m string --algo bm --string abc --from 28 --to 30
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m string --algo kmp --string ABC --icase
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m string --algo kmp --string ABC
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m string --algo bm ! --string xyz
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m string --algo bm --string xyz --to 34
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m string --algo bm --string xyz --to 33
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m string --algo bm --hex-string "|0a0001|" --to 20
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m string --algo bm --string abc --from 100
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m u32 --u32 "30=0x63787901:0x637879ff"
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m u32 --u32 "31&0xff=0"
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m u32 ! --u32 "31&0xff=0"
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m u32 --u32 "0>>22&0x3C@0&0xFFFF=9,10"
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m u32 --u32 "0>>22&0x3C@0>>16=4000:4001&&8>>16&0xff=17"
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m u32 --u32 "0<<4>>28=5"
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m u32 --u32 "0@0=1"
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m length --length 34
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m length ! --length 0:33
ip netns exec r iptables -t mangle -A PREROUTING -p udp -m length --length 40:30
ip netns exec r iptables -t mangle -A PREROUTING -m iprange --src-range 10.0.1.9-10.0.1.1
ip netns exec r iptables -t mangle -A PREROUTING -m iprange ! --src-range 10.0.1.9-10.0.1.1 --dst-range 10.0.2.2

ip netns exec r tcpdump -i right -U -w r-right.pcap 2>/dev/null &
sleep 0.5
printf 'abcxyz' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4000 -w 1 -q 0 10.0.2.2 9
printf 'xyzabc' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4001 -w 1 -q 0 10.0.2.2 10
printf 'zzAbC0' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4002 -w 1 -q 0 10.0.2.2 11
printf 'a' | ip netns exec c1 nc -u -s 10.0.1.2 -p 4003 -w 1 -q 0 10.0.2.2 12
sleep 0.3
ip netns exec r iptables-save -c > r.iptables
