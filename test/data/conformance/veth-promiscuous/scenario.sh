# title: frames for somebody else
# shows: a host takes only its own MAC, broadcast and multicast; promisc on changes nothing for the packets; a capture with -p sees them in any case, a veth does not filter
# tags: l2,veth,tcpdump
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip -n h1 neigh add 10.0.0.2 lladdr 02:00:00:00:99:99 nud permanent dev eth0
ip netns exec h2 tcpdump -i eth0 -p -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.3 10.0.0.2
ip -n h2 link set eth0 promisc on
ip -n h2 link show eth0 > h2-on.link
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.3 10.0.0.2
ip -n h2 link set eth0 promisc off
ip -n h2 link show eth0 > h2-off.link
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 0.3 10.0.0.2
ip -n h1 neigh replace 10.0.0.2 lladdr 02:00:00:00:02:01 nud permanent dev eth0
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 1 10.0.0.2
