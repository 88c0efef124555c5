# title: -Q, -t and -p
# shows: TOS of request and reply, TTL, pattern bytes and the line that announces them, what falls short of a pattern; verbose and numeric output
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
ip netns exec h2 sysctl -qw net.ipv4.ip_default_ttl=99
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 -Q 16 10.0.0.2 > h1-1.ping
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 -Q 0x2e 10.0.0.2 > h1-2.ping
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 -Q 3 -t 255 10.0.0.2 > h1-3.ping
ip netns exec h1 ping -e 4663 -c 1 -W 1 -p ff -s 20 10.0.0.2 > h1-4.ping
ip netns exec h1 ping -e 4664 -c 1 -W 1 -p 0123456789abcdef -s 32 10.0.0.2 > h1-5.ping
ip netns exec h1 ping -e 4665 -c 1 -W 1 -p a -s 17 10.0.0.2 > h1-6.ping
ip netns exec h1 ping -e 4666 -c 1 -s 8 -W 1 -n -v 10.0.0.2 > h1-7.ping
ip netns exec h1 ping -e 4667 -s 8 -W 1 -a -c 2 -i 0.2 10.0.0.2 > h1-8.ping
ip netns exec h1 ping -e 4668 -c 1 -s 8 -W 1 -4 10.0.0.2 > h1-9.ping
