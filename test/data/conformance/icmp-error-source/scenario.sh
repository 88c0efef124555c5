# title: the source address of an error
# shows: asymmetric routes: the router answers from the address of the device that the error leaves by; icmp_errors_use_inbound_ifaddr=1 takes the one of the device that the packet came in by; an unreachable port answers from the asked address
# tags: l3,icmp,router,sysctl
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name left address 02:00:00:00:a1:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K left tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name right address 02:00:00:00:a1:02 netns r1
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K right tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n r1 addr add 10.0.1.254/24 dev left
ip -n r1 addr add 10.0.2.254/24 dev right
ip -n h2 addr add 10.0.2.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n r1 link set left up
ip -n r1 link set right up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.1.254
ip -n h2 route add default via 10.0.2.254
ip -n h1 link add name eth1 address 02:00:00:00:01:02 type veth peer name back address 02:00:00:00:a1:03 netns r1
ip netns exec h1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K back tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.3.1/24 dev eth1
ip -n r1 addr add 10.0.3.254/24 dev back
ip -n h1 addr add 192.168.1.1/32 dev lo
ip -n h1 link set eth1 up
ip -n r1 link set back up
ip -n r1 route add 192.168.1.1 via 10.0.3.1
ip netns exec r1 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.left.rp_filter=0
ip netns exec h1 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth1 -U -w h1-eth1.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -I 192.168.1.1 -t 1 10.0.2.1 > h1-1.ping
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 -I 192.168.1.1 10.99.0.1 > h1-2.ping
printf 'closed' | ip netns exec h1 nc -u -s 192.168.1.1 -p 40000 -w 1 10.0.2.254 7000
ip netns exec r1 sysctl -qw net.ipv4.icmp_errors_use_inbound_ifaddr=1
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 -I 192.168.1.1 -t 1 10.0.2.1 > h1-3.ping
printf 'closed' | ip netns exec h1 nc -u -s 192.168.1.1 -p 40001 -w 1 10.0.2.254 7000
ip -n h1 neigh > h1.neigh
ip -n r1 neigh > r1.neigh
