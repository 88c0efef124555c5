# title: fragments through a narrower link
# shows: a router cuts fragments without DF again and keeps their places; with DF set on a packet it answers with frag-needed and the MTU of the link; ipfrag_time and the memory limit of the receiver
# tags: l3,router,fragments
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
ip -n r link set eth1 mtu 600
ip -n h2 link set eth0 mtu 600
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.0.254
ip -n h2 route add default via 10.0.1.254
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4427 -c 1 -W 0.5 -s 3000 -M dont 10.0.1.1
ip netns exec h1 ping -e 4428 -c 1 -W 0.5 -s 1000 -M do 10.0.1.1
ip netns exec h2 sysctl -qw net.ipv4.ipfrag_low_thresh=0
ip netns exec h2 sysctl -qw net.ipv4.ipfrag_high_thresh=2000
ip netns exec h1 ping -e 4429 -c 1 -W 0.5 -s 3000 -M dont 10.0.1.1
ip netns exec h2 sysctl -qw net.ipv4.ipfrag_high_thresh=0
ip netns exec h1 ping -e 4430 -c 1 -W 0.5 -s 600 -M dont 10.0.1.1
ip netns exec h2 sysctl -qw net.ipv4.ipfrag_high_thresh=4194304
ip netns exec h1 ping -e 4431 -c 1 -W 0.5 -s 600 -M dont 10.0.1.1
