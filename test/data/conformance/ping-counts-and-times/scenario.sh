# title: -c, -i, -w, -W and -l
# shows: three in a row, a deadline of one second, a preload of three, an answer that is missing: lines, exit status, pipe, numbers on the wire
# tags: l3,icmp,ping
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
ip -n h1 neigh add 10.0.0.9 lladdr 02:00:00:00:99:09 nud permanent dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -s 8 -W 1 -c 3 -i 0.2 10.0.0.2 > h1-1.ping
ip netns exec h1 ping -e 4661 -s 8 -w 1 -i 0.3 10.0.0.2 > h1-2.ping
ip netns exec h1 ping -e 4662 -s 8 -W 1 -c 4 -l 3 -i 0.2 10.0.0.2 > h1-3.ping
ip netns exec h1 ping -e 4663 -s 8 -c 2 -i 0.2 -W 0.3 10.0.0.9 > h1-4.ping
ip netns exec h1 ping -e 4664 -s 8 -c 2 -w 1 -W 0.3 10.0.0.9 > h1-5.ping
ip netns exec h1 ping -e 4665 -s 8 -W 1 -c 2 -i 0.2 -q 10.0.0.2 > h1-6.ping
ip netns exec h1 ping -e 4666 -s 8 -c 3 -i 0.2 -W 0.3 -O 10.0.0.9 > h1-7.ping
