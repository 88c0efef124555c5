# title: static, sticky, permanent and dynamic entries meet traffic
# shows: a host behind another port speaks: a static entry moves to it, a sticky one does not, a permanent one is the bridge's own; frames to it go up to the bridge
# tags: l2,bridge,fdb
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
ip netns add h3
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h3 link set lo up
ip -n h3 link add name eth0 address 02:00:00:00:03:01 type veth peer name p3 address 02:00:00:00:f0:03 netns sw
ip netns exec h3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p3 tx off rx off gso off gro off tso off
ip -n h3 addr add 10.0.0.3/24 dev eth0
ip -n sw link set p3 master br0
ip -n h3 link set eth0 up
ip -n sw link set p3 up
ip -n sw link set br0 up
bridge -n sw fdb add 02:00:00:00:01:01 dev p3 master static
bridge -n sw fdb add 02:00:00:00:02:01 dev p3 master static sticky
bridge -n sw fdb add 02:00:00:00:99:01 dev p3 master dynamic
bridge -n sw fdb add 02:00:00:00:99:02 dev p3 master permanent
bridge -n sw fdb add 02:00:00:00:99:03 dev p3
ip -n h1 neigh add 10.0.0.91 lladdr 02:00:00:00:99:01 nud permanent dev eth0
ip -n h1 neigh add 10.0.0.92 lladdr 02:00:00:00:99:02 nud permanent dev eth0
ip -n h1 neigh add 10.0.0.93 lladdr 02:00:00:00:99:03 nud permanent dev eth0
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
ip netns exec h3 tcpdump -i eth0 -U -w h3-eth0.pcap 2>/dev/null &
ip netns exec sw tcpdump -i br0 -U -w sw-br0.pcap 2>/dev/null &
sleep 1
bridge -n sw fdb show br br0 > sw-before.fdb
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.5 10.0.0.2
bridge -n sw fdb show br br0 > sw-after.fdb
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.3 10.0.0.91
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 0.3 10.0.0.92
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 0.3 10.0.0.93
bridge -n sw fdb show dev p3 > sw-p3.fdb
bridge -n sw fdb show br br0 dynamic > sw-dynamic.fdb
bridge -n sw fdb get 02:00:00:00:02:01 br br0 > sw-get.fdb
