# title: a limit of entries
# shows: with maxaddress 2 the default entry and one learned one fill the table; others are flooded
# tags: vxlan,fdb,limit
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip -n sw link add name br0 address 02:00:00:00:f0:00 type bridge mcast_snooping 0
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:a1:01 type veth peer name p1 address 02:00:00:00:f0:01 netns sw
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n sw link set p1 master br0
ip -n sw link set p1 up
ip -n h1 addr add 192.168.50.1/24 dev eth0
ip -n h1 link set eth0 up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h2 link add name eth0 address 02:00:00:00:a2:01 type veth peer name p2 address 02:00:00:00:f0:02 netns sw
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n sw link set p2 master br0
ip -n sw link set p2 up
ip -n h2 addr add 192.168.50.2/24 dev eth0
ip -n h2 link set eth0 up
ip netns add h3
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h3 link set lo up
ip -n h3 link add name eth0 address 02:00:00:00:a3:01 type veth peer name p3 address 02:00:00:00:f0:03 netns sw
ip netns exec h3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p3 tx off rx off gso off gro off tso off
ip -n sw link set p3 master br0
ip -n sw link set p3 up
ip -n h3 addr add 192.168.50.3/24 dev eth0
ip -n h3 link set eth0 up
ip -n sw link set br0 up
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 7 remote 192.168.50.2 dev eth0 dstport 4789 maxaddress 2
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev vx0
ip -n h1 link set vx0 up
ip -n h2 link add name vx0 address 02:00:00:00:b2:01 type vxlan id 7 remote 192.168.50.1 dev eth0 dstport 4789
ip netns exec h2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.0.2/24 dev vx0
ip -n h2 link set vx0 up
ip -n h3 link add name vx0 address 02:00:00:00:b3:01 type vxlan id 7 remote 192.168.50.1 dev eth0 dstport 4789
ip netns exec h3 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h3 addr add 10.0.0.3/24 dev vx0
ip -n h3 link set vx0 up
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i vx0 -U -w h1-vx0.pcap 2>/dev/null &
sleep 1
ip netns exec h2 ping -e 101 -c 1 -s 8 -W 1 10.0.0.1
ip netns exec h3 ping -e 102 -c 1 -s 8 -W 0.5 10.0.0.1
# may-fail
bridge -n h1 fdb add 02:00:00:00:99:01 dev vx0 dst 192.168.50.3
bridge -n h1 fdb show dev vx0 > h1-vx0.fdb
ip -n h1 -s link show vx0 > h1-vx0.link
