# title: the MAC that a bridge gives itself
# shows: without an explicit address the bridge takes the lowest MAC of its ports, changes with them, keeps an address set later; what it announces in ARP
# tags: l2,bridge,link,state
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n sw link add name br0 type bridge mcast_snooping 0
ip netns exec sw ethtool -K br0 tx off rx off gso off gro off tso off
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name p1 address 02:00:00:00:f0:05 netns sw
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name p2 address 02:00:00:00:f0:03 netns sw
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n sw link set p1 master br0
ip -n sw link show br0 > sw-1.link
ip -n sw link set p2 master br0
ip -n sw link show br0 > sw-2.link
ip -n sw addr add 10.0.0.254/24 dev br0
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n sw link set p1 up
ip -n sw link set p2 up
ip -n sw link set br0 up
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.254
ip -n sw link set p2 nomaster
ip -n sw link show br0 > sw-3.link
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.5 10.0.0.254
bridge -n sw fdb show br br0 > sw-3.fdb
ip -n sw link set p1 address 02:00:00:00:f0:01
ip -n sw link show br0 > sw-4.link
ip -n sw link set br0 address 02:00:00:00:f0:aa
ip -n sw link set p2 master br0
ip -n sw link show br0 > sw-5.link
ip netns exec sw ping -e 4662 -c 1 -s 8 -W 1 10.0.0.1
bridge -n sw fdb show br br0 > sw.fdb
ip netns exec sw brctl show > brctl.txt
