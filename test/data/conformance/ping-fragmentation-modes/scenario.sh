# title: -M do, want and dont at the MTU and over it
# shows: DF and identification of the request, local errors and what is counted, fragments without DF
# tags: l3,icmp,ping,fragment
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
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -W 1 -M do -s 1472 10.0.0.2 > h1-1.ping
ip netns exec h1 ping -e 4661 -c 1 -M do -s 1473 -W 0.3 10.0.0.2 > h1-2.ping
ip netns exec h1 ping -e 4662 -M do -c 3 -i 0.2 -s 2000 -W 0.3 10.0.0.2 > h1-3.ping
ip netns exec h1 ping -e 4663 -c 1 -W 1 -M want -s 1473 10.0.0.2 > h1-4.ping
ip netns exec h1 ping -e 4664 -c 1 -W 1 -M dont -s 8 10.0.0.2 > h1-5.ping
ip netns exec h1 ping -e 4665 -c 1 -W 1 -M dont -s 1473 10.0.0.2 > h1-6.ping
ip netns exec h1 ping -e 4666 -c 1 -W 1 -M want -s 8 10.0.0.2 > h1-7.ping
