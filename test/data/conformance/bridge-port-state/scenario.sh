# title: blocking, listening and learning ports
# shows: bridge link set state by hand, STP off: blocking turns into forwarding at once, a listening or learning port stays and passes nothing, a disabled one too
# tags: l2,bridge,stp
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
ip -n sw addr add 10.0.0.254/24 dev br0
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
ip netns exec sw tcpdump -i br0 -U -w sw-br0.pcap 2>/dev/null &
sleep 1
bridge -n sw link set dev p1 state 4
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.3 10.0.0.2
bridge -n sw fdb show br br0 > sw-blocking.fdb
bridge -n sw link > sw-blocking.txt
ip -n h1 neigh flush dev eth0
bridge -n sw link set dev p1 state 1
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.3 10.0.0.2
bridge -n sw link > sw-listening.txt
ip -n h1 neigh flush dev eth0
bridge -n sw link set dev p1 state 2
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 0.3 10.0.0.2
bridge -n sw fdb show br br0 > sw-learning.fdb
bridge -n sw link > sw-learning.txt
ip -n h1 neigh flush dev eth0
bridge -n sw link set dev p1 state 3
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 1 10.0.0.2
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 1 10.0.0.254
bridge -n sw link set dev p2 state 0
ip netns exec h1 ping -e 4665 -c 1 -s 8 -W 0.3 10.0.0.2
bridge -n sw link > sw.txt
bridge -n sw fdb show br br0 > sw.fdb
