# title: DF outside and a router with a small MTU
# shows: the router's frag-needed for the outer packet is learned for the tunnel's route; the next packets that do not fit are refused by the inner route, which has learned as well
# tags: vxlan,mtu,pmtu,icmp
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:a1:01 type veth peer name e1 address 02:00:00:00:f1:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K e1 tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:a2:01 type veth peer name e2 address 02:00:00:00:f2:01 netns r1
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K e2 tx off rx off gso off gro off tso off
ip -n h1 addr add 192.168.1.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 addr add 192.168.2.2/24 dev eth0
ip -n h2 link set eth0 up
ip -n r1 addr add 192.168.1.254/24 dev e1
ip -n r1 link set e1 up
ip -n r1 addr add 192.168.2.254/24 dev e2
ip -n r1 link set e2 up
ip -n r1 link set e2 mtu 1300
ip -n h2 link set eth0 mtu 1300
ip -n h1 route add default via 192.168.1.254
ip -n h2 route add default via 192.168.2.254
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 5 remote 192.168.2.2 dstport 4789 df set
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev vx0
ip -n h1 link set vx0 up
ip -n h2 link add name vx0 address 02:00:00:00:b2:01 type vxlan id 5 remote 192.168.1.1 dstport 4789 df set
ip netns exec h2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.0.2/24 dev vx0
ip -n h2 link set vx0 up
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i vx0 -U -w h1-vx0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i vx0 -U -w h2-vx0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 101 -c 1 -s 8 -W 1 10.0.0.2
ip netns exec h1 ping -e 200 -c 1 -s 1400 -W 0.5 10.0.0.2
ip netns exec h1 ping -e 201 -c 1 -s 1400 -W 0.5 10.0.0.2
ip netns exec h1 ping -e 202 -c 1 -s 1400 -W 0.5 10.0.0.2
ip -n h1 route get 192.168.2.2 > h1-outer.route
ip -n h1 route get 10.0.0.2 > h1-inner.route
ip -n h1 -s link show vx0 > h1-vx0.link
ip -n h2 -s link show vx0 > h2-vx0.link
bridge -n h1 fdb show dev vx0 > h1-vx0.fdb
bridge -n h2 fdb show dev vx0 > h2-vx0.fdb
