# title: more packets than may wait for ARP
# shows: unres_qlen_bytes=2500 holds three small datagrams: when the answer comes the oldest of six have been dropped
# tags: l2,arp,udp,sysctl
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
ip netns exec h1 sysctl -qw net.ipv4.neigh.eth0.unres_qlen_bytes=2500
ip netns exec h2 sysctl -qw net.ipv4.conf.eth0.arp_ignore=8
ip netns exec h2 nc -u -k -l -p 7000 > h2.recv &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
printf 'one ' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40001 -w 1 10.0.0.2 7000 &
sleep 0.1
printf 'two ' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40002 -w 1 10.0.0.2 7000 &
sleep 0.1
printf 'three ' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40003 -w 1 10.0.0.2 7000 &
sleep 0.1
printf 'four ' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40004 -w 1 10.0.0.2 7000 &
sleep 0.1
printf 'five ' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40005 -w 1 10.0.0.2 7000 &
sleep 0.1
printf 'six' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40006 -w 1 10.0.0.2 7000 &
sleep 0.2
ip netns exec h2 sysctl -qw net.ipv4.conf.eth0.arp_ignore=0
sleep 1.4
ip -n h1 neigh > h1.neigh
