# title: broadcasting without -b
# shows: the system call fails with permission denied and nothing is sent; the network address is an ordinary unicast address, on a /32 and a /31 there is no broadcast at all
# tags: l3,broadcast,udp
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
ip -n h1 addr add 10.0.5.0/31 dev eth0
ip -n h2 addr add 10.0.5.1/31 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
# may-fail
printf 'not allowed' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -w 1 10.0.0.255 7000
# may-fail
printf 'nor this' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40001 -w 1 255.255.255.255 7000
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.3 10.0.0.255
ip -n h1 neigh add 10.0.0.0 lladdr 02:00:00:00:02:01 nud permanent dev eth0
printf 'old broadcast' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40002 -w 1 10.0.0.0 7000
ip netns exec h2 ping -e 4661 -c 1 -s 8 -W 1 10.0.5.0
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 10.0.5.1
ip -n h1 route show table local > h1.route
ip -n h1 neigh > h1.neigh
