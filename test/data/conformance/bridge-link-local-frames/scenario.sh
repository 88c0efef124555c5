# title: frames to 01:80:c2:00:00:0X
# shows: sent with static neighbour entries: 00 is forwarded while STP is off, 01 never, 02..0f only with group_fwd_mask, 10 and beyond like any multicast; no_linklocal_learn
# tags: l2,bridge,multicast,stp
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip -n sw link add name br0 address 02:00:00:00:f0:00 type bridge mcast_snooping 0
ip netns exec sw ethtool -K br0 tx off rx off gso off gro off tso off
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name p1 address 02:00:00:00:f0:01 netns sw
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n sw link set p1 master br0
ip -n h1 link set eth0 up
ip -n sw link set p1 up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name p2 address 02:00:00:00:f0:02 netns sw
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n sw link set p2 master br0
ip -n h2 link set eth0 up
ip -n sw link set p2 up
ip -n sw link set br0 up
ip -n h1 neigh add 10.0.0.100 lladdr 01:80:c2:00:00:00 nud permanent dev eth0
ip -n h1 neigh add 10.0.0.101 lladdr 01:80:c2:00:00:01 nud permanent dev eth0
ip -n h1 neigh add 10.0.0.103 lladdr 01:80:c2:00:00:03 nud permanent dev eth0
ip -n h1 neigh add 10.0.0.114 lladdr 01:80:c2:00:00:0e nud permanent dev eth0
ip -n h1 neigh add 10.0.0.116 lladdr 01:80:c2:00:00:10 nud permanent dev eth0
ip -n h1 neigh add 10.0.0.121 lladdr 01:80:c2:00:00:21 nud permanent dev eth0
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
ip netns exec sw tcpdump -i p1 -U -w sw-p1.pcap 2>/dev/null &
ip netns exec sw tcpdump -i br0 -U -w sw-br0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.2 10.0.0.114
bridge -n sw fdb show br br0 > sw-1.fdb
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.2 10.0.0.100
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 0.2 10.0.0.101
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 0.2 10.0.0.103
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 0.2 10.0.0.116
ip netns exec h1 ping -e 4665 -c 1 -s 8 -W 0.2 10.0.0.121
ip -n sw link set br0 type bridge group_fwd_mask 16384
ip netns exec h1 ping -e 4666 -c 1 -s 8 -W 0.2 10.0.0.114
ip netns exec h1 ping -e 4667 -c 1 -s 8 -W 0.2 10.0.0.103
ip -n sw link set p1 type bridge_slave group_fwd_mask 8
ip netns exec h1 ping -e 4668 -c 1 -s 8 -W 0.2 10.0.0.103
# may-fail
ip -n sw link set br0 type bridge group_fwd_mask 1
bridge -n sw fdb show br br0 > sw.fdb
