# title: echo requests that are ignored
# shows: icmp_echo_ignore_all=1 silences echo, not UDP errors; own pings over lo are silent too; back to 0
# tags: l3,icmp,ping,sysctl
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
ip netns exec h2 sysctl -qw net.ipv4.icmp_echo_ignore_all=1
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i lo -U -w h2-lo.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.3 10.0.0.2
printf 'closed' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -w 1 10.0.0.2 7000
ip netns exec h2 ping -e 4661 -c 1 -s 8 -W 0.3 10.0.0.2
ip netns exec h2 ping -e 4662 -c 1 -s 8 -W 1 10.0.0.1
ip netns exec h2 sysctl -qw net.ipv4.icmp_echo_ignore_all=0
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 neigh > h1.neigh
