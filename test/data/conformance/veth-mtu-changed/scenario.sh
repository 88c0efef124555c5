# title: the MTU changes while traffic flows
# shows: smaller at the sender cuts packets, smaller at the receiver drops larger frames, larger again; limits of the MTU; the address stays
# tags: l2,veth,mtu
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
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -W 1 -s 1400 10.0.0.2
ip -n h1 link set eth0 mtu 1000
ip netns exec h1 ping -e 4661 -c 1 -W 1 -s 1400 10.0.0.2
ip -n h1 link set eth0 mtu 1500
ip -n h2 link set eth0 mtu 1000
ip netns exec h1 ping -e 4662 -c 1 -W 0.3 -s 1400 10.0.0.2
ip netns exec h1 ping -e 4663 -c 1 -W 1 -s 900 10.0.0.2
ip -n h2 link set eth0 mtu 9000
ip -n h1 link set eth0 mtu 9000
ip netns exec h1 ping -e 4664 -c 1 -W 1 -s 5000 10.0.0.2
# may-fail
ip -n h1 link set eth0 mtu 67
# may-fail
ip -n h1 link set eth0 mtu 65536
ip -n h1 link set eth0 mtu 68
ip netns exec h1 ping -e 4665 -c 1 -W 1 -s 100 10.0.0.2
ip -n h1 link show eth0 > h1.link
ip -n h1 addr show dev eth0 > h1.addr
ip -n h1 route > h1.route
