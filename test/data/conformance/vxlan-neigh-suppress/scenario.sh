# title: a bridge that suppresses neighbour discovery towards the tunnel
# shows: with neigh_suppress on the tunnel port and a known neighbour the bridge answers ARP itself; learning off keeps the bridge from learning the tunnel
# tags: vxlan,bridge,arp
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link set lo up
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c2 link set lo up
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:a1:01 type veth peer name eth0 address 02:00:00:00:a2:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 192.168.50.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 addr add 192.168.50.2/24 dev eth0
ip -n h2 link set eth0 up
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 42 remote 192.168.50.2 local 192.168.50.1 dstport 4789
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 link set vx0 up
ip -n h2 link add name vx0 address 02:00:00:00:b2:01 type vxlan id 42 remote 192.168.50.1 local 192.168.50.2 dstport 4789
ip netns exec h2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h2 link set vx0 up
ip -n h1 link add name br0 address 02:00:00:00:f1:00 type bridge mcast_snooping 0
ip netns exec h1 ethtool -K br0 tx off rx off gso off gro off tso off
ip -n h1 link set vx0 master br0
ip -n c1 link add name eth0 address 02:00:00:00:c1:01 type veth peer name v1 address 02:00:00:00:f1:01 netns h1
ip netns exec c1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h1 ethtool -K v1 tx off rx off gso off gro off tso off
ip -n h1 link set v1 master br0
ip -n h1 link set v1 up
ip -n h1 link set br0 up
ip -n c1 addr add 10.0.0.11/24 dev eth0
ip -n c1 link set eth0 up
ip -n h2 link add name br0 address 02:00:00:00:f2:00 type bridge mcast_snooping 0
ip netns exec h2 ethtool -K br0 tx off rx off gso off gro off tso off
ip -n h2 link set vx0 master br0
ip -n c2 link add name eth0 address 02:00:00:00:c2:01 type veth peer name v1 address 02:00:00:00:f2:01 netns h2
ip netns exec c2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K v1 tx off rx off gso off gro off tso off
ip -n h2 link set v1 master br0
ip -n h2 link set v1 up
ip -n h2 link set br0 up
ip -n c2 addr add 10.0.0.12/24 dev eth0
ip -n c2 link set eth0 up
ip -n h1 link set vx0 type bridge_slave neigh_suppress on learning off
bridge -n h1 fdb add 02:00:00:00:c2:01 dev vx0 master static
bridge -n h1 fdb add 02:00:00:00:c2:01 dev vx0 dst 192.168.50.2 self
ip -n h1 neigh add 10.0.0.12 lladdr 02:00:00:00:c2:01 dev br0 nud permanent
ip netns exec c1 tcpdump -i eth0 -U -w c1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i vx0 -U -w h1-vx0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 101 -c 1 -s 8 -W 1 10.0.0.12
ip netns exec c1 ping -e 102 -c 1 -s 8 -W 0.5 10.0.0.13
ip -n c1 neigh del 10.0.0.13 dev eth0
ip -n h1 -s link show vx0 > h1-vx0.link
ip -n h2 -s link show vx0 > h2-vx0.link
bridge -n h1 fdb show dev vx0 > h1-vx0.fdb
bridge -n h2 fdb show dev vx0 > h2-vx0.fdb
bridge -n h1 fdb show br br0 > h1.fdb
