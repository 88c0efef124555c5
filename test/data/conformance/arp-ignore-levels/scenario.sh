# title: which requests a host answers under arp_ignore
# shows: arping from one subnet for an address of the same interface, of another interface and of loopback: 0 answers all, 1 and 2 only those of the interface, 2 also wants the asker in the same subnet
# tags: l2,arp,arping,sysctl
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
ip -n h2 link add name eth1 address 02:00:00:00:02:02 type veth peer name eth1 address 02:00:00:00:01:02 netns h1
ip netns exec h2 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.9.2/24 dev eth1
ip -n h2 addr add 172.16.0.2/32 dev lo
ip -n h2 link set eth1 up
ip -n h1 link set eth1 up
ip -n h1 addr add 192.168.7.1/24 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 arping -q -f -w 1 -I eth0 -s 10.0.0.1 10.0.0.2
ip netns exec h1 arping -q -f -w 1 -I eth0 -s 10.0.0.1 10.0.9.2
ip netns exec h1 arping -q -f -w 1 -I eth0 -s 10.0.0.1 172.16.0.2
ip netns exec h1 arping -q -f -w 1 -I eth0 -s 192.168.7.1 10.0.0.2
ip netns exec h2 sysctl -qw net.ipv4.conf.eth0.arp_ignore=1
ip netns exec h1 arping -q -c 1 -I eth0 -s 10.0.0.1 10.0.9.2
ip netns exec h1 arping -q -f -w 1 -I eth0 -s 192.168.7.1 10.0.0.2
ip netns exec h2 sysctl -qw net.ipv4.conf.eth0.arp_ignore=2
ip netns exec h1 arping -q -f -w 1 -I eth0 -s 10.0.0.1 10.0.0.2
ip netns exec h1 arping -q -c 1 -I eth0 -s 192.168.7.1 10.0.0.2
ip netns exec h1 arping -q -c 1 -D -I eth0 10.0.0.2
ip -n h2 neigh > h2.neigh
