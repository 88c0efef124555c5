# title: deprecated and expiring addresses
# shows: preferred_lft 0 does not keep IPv4 from choosing the address; an address that expires is gone with its route and the next one is taken
# tags: l3,addr,timer
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
ip -n h1 addr flush dev eth0
ip -n h1 addr add 10.0.0.1/24 dev eth0 preferred_lft 0
ip -n h1 addr add 10.0.0.11/24 dev eth0 valid_lft 3 preferred_lft 3
ip -n h1 addr add 10.5.0.1/24 dev eth0 valid_lft 3 preferred_lft 3
ip -n h1 addr add 10.6.0.1/24 dev eth0
ip -n h2 addr add 10.5.0.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip -n h1 addr show dev eth0 > h1-1.addr
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 10.5.0.2
sleep 3.2
ip -n h1 addr show dev eth0 > h1.addr
ip -n h1 route > h1.route
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 10.0.0.2
# may-fail
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 0.3 10.5.0.2
