# title: a router that forwards into a tunnel over a small underlay
# shows: forwarded packets with DF that fit the tunnel leave it in outer fragments; those that do not are refused with its MTU
# tags: vxlan,mtu,route
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link set lo up
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns exec h1 sysctl -qw net.ipv4.ip_forward=1
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip netns exec h2 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 link add name eth0 address 02:00:00:00:a1:01 type veth peer name eth0 address 02:00:00:00:a2:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 192.168.50.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 addr add 192.168.50.2/24 dev eth0
ip -n h2 link set eth0 up
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 42 remote 192.168.50.2 local 192.168.50.1 dev eth0 dstport 4789
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev vx0
ip -n h1 link set vx0 up
ip -n h2 link add name vx0 address 02:00:00:00:b2:01 type vxlan id 42 remote 192.168.50.1 local 192.168.50.2 dev eth0 dstport 4789
ip netns exec h2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.0.2/24 dev vx0
ip -n h2 link set vx0 up
ip -n c1 link add name eth0 address 02:00:00:00:c1:01 type veth peer name e1 address 02:00:00:00:f1:01 netns h1
ip netns exec c1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h1 ethtool -K e1 tx off rx off gso off gro off tso off
ip -n c1 addr add 10.1.0.2/24 dev eth0
ip -n c1 link set eth0 up
ip -n h1 addr add 10.1.0.1/24 dev e1
ip -n h1 link set e1 up
ip -n c1 route add default via 10.1.0.1
ip -n h2 route add 10.1.0.0/24 via 10.0.0.1
ip -n h1 link set eth0 mtu 1300
ip -n h2 link set eth0 mtu 1300
ip netns exec c1 tcpdump -i eth0 -U -w c1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i vx0 -U -w h1-vx0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 200 -M do -c 1 -s 1400 -W 1 10.0.0.2
ip netns exec c1 ping -e 201 -M do -c 1 -s 1400 -W 1 10.0.0.2
ip netns exec c1 ping -e 202 -M do -c 1 -s 1430 -W 1 10.0.0.2
ip -n h1 route get 10.0.0.2 from 10.1.0.2 iif e1 > h1.route
ip -n h1 -s link show vx0 > h1-vx0.link
ip -n h2 -s link show vx0 > h2-vx0.link
bridge -n h1 fdb show dev vx0 > h1-vx0.fdb
bridge -n h2 fdb show dev vx0 > h2-vx0.fdb
