# title: datagrams to oneself
# shows: to 127.0.0.1, to the own address and to a second own address: all over lo, answered, refused at closed ports; a loopback source may not leave
# tags: l3,udp,loopback
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
ip -n h1 addr add 10.0.0.11/24 dev eth0
printf 'lo' | ip netns exec h1 nc -u -l 127.0.0.1 7000 &
printf 'own' | ip netns exec h1 nc -u -l -p 7001 > h1-own.recv &
ip netns exec h1 tcpdump -i lo -U -w h1-lo.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
printf 'a' | ip netns exec h1 nc -u -s 127.0.0.1 -p 40000 -w 1 127.0.0.1 7000 > h1-lo.recv
printf 'b' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40001 -w 1 10.0.0.11 7001
printf 'closed' | ip netns exec h1 nc -u -s 127.0.0.1 -p 40002 -w 1 10.0.0.1 7002
printf 'closed now' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40003 -w 1 127.0.0.1 7000
# may-fail
printf 'martian' | ip netns exec h1 nc -u -s 127.0.0.1 -p 40004 -w 1 10.0.0.2 7000
ip -n h1 neigh show nud all > h1.neigh
