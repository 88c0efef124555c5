# title: sources and destinations that no packet may have
# shows: packets from 127/8, 0/8, 240/4, a group and the broadcast address, and to 127/8 and 0/8: which of them a host answers, ARP for them included
# tags: l3,martian,rp-filter
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:a1:01 netns r
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name eth1 address 02:00:00:00:a1:02 netns r
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n r addr add 10.0.0.254/24 dev eth0
ip -n r addr add 10.0.1.254/24 dev eth1
ip -n h2 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.0.254
ip -n h2 route add default via 10.0.1.254
ip -n h1 addr add 240.0.0.5/32 dev eth0
ip -n h1 addr add 169.254.3.3/32 dev eth0
ip -n h1 addr add 192.0.2.7/32 dev eth0
ip -n r route add 240.0.0.5 via 10.0.0.1
ip -n r route add 192.0.2.7 via 10.0.0.1
ip -n r route add 169.254.3.3 via 10.0.0.1
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4405 -c 1 -W 0.5 -s 8 -I 240.0.0.5 10.0.0.254
ip netns exec h1 ping -e 4406 -c 1 -W 0.5 -s 8 -I 240.0.0.5 10.0.1.1
ip netns exec h1 ping -e 4407 -c 1 -W 0.5 -s 8 -I 169.254.3.3 10.0.1.1
ip netns exec h1 ping -e 4408 -c 1 -W 0.5 -s 8 -I 192.0.2.7 10.0.1.1
ip netns exec r sysctl -qw net.ipv4.conf.all.rp_filter=1
ip -n r route del 192.0.2.7
ip netns exec h1 ping -e 4409 -c 1 -W 0.5 -s 8 -I 192.0.2.7 10.0.1.1
ip netns exec r sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=2
ip netns exec h1 ping -e 4410 -c 1 -W 0.5 -s 8 -I 192.0.2.7 10.0.1.1
ip -n r route add 192.0.2.0/24 dev eth1
ip netns exec h1 ping -e 4411 -c 1 -W 0.5 -s 8 -I 192.0.2.7 10.0.1.1
ip netns exec r sysctl -qw net.ipv4.conf.all.rp_filter=1
ip netns exec h1 ping -e 4412 -c 1 -W 0.5 -s 8 -I 192.0.2.7 10.0.1.1
