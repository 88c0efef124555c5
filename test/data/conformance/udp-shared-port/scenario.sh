# title: servers for one address and for any on one port
# shows: the one for the address is first
# tags: l4,udp
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
ip -n h2 addr add 10.0.0.3/24 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h2 nc -u -l 10.0.0.3 7000 > s3.txt &
ip netns exec h2 nc -u -l 7000 > any.txt &
ip netns exec h2 nc -u -l 10.0.0.2 7001 > s2.txt &
sleep 0.3
printf 'to10.0.0.3' | ip netns exec h1 nc -u -w 1 -p 5000 10.0.0.3 7000
printf 'to10.0.0.2' | ip netns exec h1 nc -u -w 1 -p 5001 10.0.0.2 7000
printf 'to10.0.0.2' | ip netns exec h1 nc -u -w 1 -p 5002 10.0.0.2 7001
printf 'to10.0.0.3' | ip netns exec h1 nc -u -w 1 -p 5003 10.0.0.3 7001
printf 'to10.0.0.255' | ip netns exec h1 nc -u -w 1 -p 5004 10.0.0.255 7000
printf 'bb' | ip netns exec h1 nc -u -b -w 1 -p 5010 10.0.0.255 7001
sleep 0.2
