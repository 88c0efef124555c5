# title: multicast off and arp off
# shows: flags as shown; with arp off no request is sent: frames go to the own MAC; both switches empty the neighbour table; with multicast off packets to groups are sent as before
# tags: l2,link-up,arp,multicast
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
ip -n h1 route add 239.0.0.0/8 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 link set eth0 arp off
ip -n h1 link show eth0 > h1-noarp.link
ip -n h1 neigh show nud all > h1-noarp-1.neigh
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.3 10.0.0.2
ip netns exec h2 ping -e 4662 -c 1 -s 8 -W 0.3 10.0.0.1
ip -n h1 neigh show nud all > h1-noarp-2.neigh
ip -n h1 link set eth0 arp on
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 0.3 10.0.0.2
ip -n h1 neigh flush dev eth0 nud all
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 link set eth0 multicast off
ip -n h1 link show eth0 > h1-nomulti.link
printf 'group' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -w 1 239.1.1.1 7000
ip netns exec h1 ping -e 4665 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 neigh show nud all > h1.neigh
