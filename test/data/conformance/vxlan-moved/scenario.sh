# title: a device that was moved to another namespace
# shows: the tunnel stays in the namespace where the device was made: its socket, routes and neighbours are there, addresses and frames inside are in the other one
# tags: vxlan,netns,proxy
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip netns add o1
ip netns exec o1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n o1 link set lo up
ip netns add o2
ip netns exec o2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n o2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:a1:01 type veth peer name eth0 address 02:00:00:00:a2:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 192.168.50.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 addr add 192.168.50.2/24 dev eth0
ip -n h2 link set eth0 up
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 4097 remote 192.168.50.2 dstport 4789 proxy l2miss l3miss
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 link set vx0 netns o1
ip -n o1 addr add 10.0.0.1/24 dev vx0
ip -n o1 link set vx0 up
ip -n o1 neigh add 10.0.0.2 lladdr 02:00:00:00:b2:01 dev vx0 nud permanent
bridge -n o1 fdb add 02:00:00:00:b2:01 dev vx0 dst 192.168.50.2 self permanent
ip -n h2 link add name vx0 address 02:00:00:00:b2:01 type vxlan id 4097 remote 192.168.50.1 dstport 4789 proxy l2miss l3miss
ip netns exec h2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h2 link set vx0 netns o2
ip -n o2 addr add 10.0.0.2/24 dev vx0
ip -n o2 link set vx0 up
ip -n o2 neigh add 10.0.0.1 lladdr 02:00:00:00:b1:01 dev vx0 nud permanent
bridge -n o2 fdb add 02:00:00:00:b1:01 dev vx0 dst 192.168.50.1 self permanent
ip netns exec o1 tcpdump -i vx0 -U -w o1-vx0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec o2 tcpdump -i vx0 -U -w o2-vx0.pcap 2>/dev/null &
sleep 1
ip netns exec o1 ping -e 101 -c 1 -s 8 -W 1 10.0.0.2
ip netns exec o2 ping -e 102 -c 1 -s 8 -W 1 10.0.0.1
ip -n o1 -d link show vx0 > o1-vx0.link
bridge -n o1 fdb show dev vx0 > o1-vx0.fdb
ip -n o1 neigh > o1.neigh
ip -n h1 neigh > h1.neigh
ip -n o2 -s link show vx0 > o2-vx0.link
