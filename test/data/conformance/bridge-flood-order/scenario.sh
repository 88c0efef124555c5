# title: in which order a bridge floods
# shows: two interfaces of one host on two ports answer the same request: the copy for the port that was added last leaves first; ports added in another order than they were made
# tags: l2,bridge,flood,arp
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n sw link add name br0 address 02:00:00:00:f0:00 type bridge mcast_snooping 0
ip netns exec sw ethtool -K br0 tx off rx off gso off gro off tso off
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name p1 address 02:00:00:00:f0:01 netns sw
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name p2 address 02:00:00:00:f0:02 netns sw
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n h2 link add name eth1 address 02:00:00:00:02:02 type veth peer name p3 address 02:00:00:00:f0:03 netns sw
ip netns exec h2 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p3 tx off rx off gso off gro off tso off
ip -n h2 link add name eth2 address 02:00:00:00:02:03 type veth peer name p4 address 02:00:00:00:f0:04 netns sw
ip netns exec h2 ethtool -K eth2 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p4 tx off rx off gso off gro off tso off
ip -n sw link set p3 master br0
ip -n sw link set p1 master br0
ip -n sw link set p4 master br0
ip -n sw link set p2 master br0
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n sw link set p1 up
ip -n sw link set p2 up
ip -n sw link set p3 up
ip -n sw link set p4 up
ip -n sw link set br0 up
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip -n h2 link set eth1 up
ip -n h2 link set eth2 up
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 arping -q -f -w 1 -I eth0 10.0.0.2
sleep 0.1
# leaving and coming back makes a port the newest
ip -n sw link set p3 nomaster
ip -n sw link set p3 master br0
sleep 0.5
ip netns exec h1 arping -q -f -w 1 -I eth0 10.0.0.2
sleep 0.1
bridge -n sw link > sw.txt
ip netns exec sw brctl show br0 > brctl.txt
