# title: a listener bound to no address
# shows: a question to a secondary address is answered from the address that routing picks, so the asker's connected socket refuses it; a listener bound to that address answers from it
# tags: l3,udp,icmp,addr
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
ip -n h2 addr add 10.0.0.22/24 dev eth0
printf 'any' | ip netns exec h2 nc -u -l -p 7000 &
printf 'bound' | ip netns exec h2 nc -u -l 10.0.0.22 7001 &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
printf 'hello' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -w 1 10.0.0.22 7000 > h1-any.recv
printf 'hello' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40001 -w 1 10.0.0.22 7001 > h1-bound.recv
ip -n h1 neigh > h1.neigh
ip -n h2 neigh > h2.neigh
