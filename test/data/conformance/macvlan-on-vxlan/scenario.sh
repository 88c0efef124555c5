# title: macvlans on a vxlan device
# shows: two machines, each with a vxlan device that only carries macvlans: containers reach one another across, broadcasts too
# tags: l2,macvlan,vxlan
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:a0:01 type veth peer name eth0 address 02:00:00:00:a0:02 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 192.0.2.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n h1 link add name vx0 address 02:00:00:00:fe:01 type vxlan id 42 dstport 4789 local 192.0.2.1 remote 192.0.2.2 dev eth0
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 link set vx0 up
ip -n h2 addr add 192.0.2.2/24 dev eth0
ip -n h2 link set eth0 up
ip -n h2 link add name vx0 address 02:00:00:00:fe:02 type vxlan id 42 dstport 4789 local 192.0.2.2 remote 192.0.2.1 dev eth0
ip netns exec h2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h2 link set vx0 up
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link set lo up
ip -n h1 link add link vx0 name mv1 address 02:00:00:00:01:01 netns c1 type macvlan mode bridge
ip -n c1 addr add 10.0.0.1/24 dev mv1
ip -n c1 link set mv1 up
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c2 link set lo up
ip -n h1 link add link vx0 name mv2 address 02:00:00:00:02:01 netns c2 type macvlan mode bridge
ip -n c2 addr add 10.0.0.2/24 dev mv2
ip -n c2 link set mv2 up
ip netns add c3
ip netns exec c3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c3 link set lo up
ip -n h2 link add link vx0 name mv3 address 02:00:00:00:03:01 netns c3 type macvlan mode bridge
ip -n c3 addr add 10.0.0.3/24 dev mv3
ip -n c3 link set mv3 up
ip netns exec c1 tcpdump -i mv1 -U -w c1-mv1.pcap 2>/dev/null &
ip netns exec c2 tcpdump -i mv2 -U -w c2-mv2.pcap 2>/dev/null &
ip netns exec c3 tcpdump -i mv3 -U -w c3-mv3.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i vx0 -U -w h1-vx0.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.3
sleep 0.2
ip netns exec c1 ping -e 4661 -c 1 -s 8 -W 1 10.0.0.2
sleep 0.2
ip netns exec c3 ping -e 4662 -c 1 -s 8 -W 1 10.0.0.2
sleep 0.2
ip netns exec c1 ping -e 4663 -c 1 -s 1400 -W 1 10.0.0.3
sleep 0.2
bridge -n h1 fdb > h1.fdb
ip -n c1 -d -s link show mv1 > c1-mv1.link
ip -n c2 -d -s link show mv2 > c2-mv2.link
ip -n c3 -d -s link show mv3 > c3-mv3.link
ip -n c1 neigh > c1.neigh
ip -n c3 neigh > c3.neigh
ip -n h1 -s link show vx0 > h1-vx0.link
