# title: ping with preload, deadline, quiet, two at once
# shows: frames and texts
# tags: l3,ping
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
ip netns exec h1 ping -e 4660 -c 5 -l 3 -i 0.2 -s 8 -W 1 10.0.0.2 > a.ping
ip netns exec h1 ping -e 4660 -w 1 -i 0.3 -s 8 10.0.0.2 > b.ping
ip netns exec h1 ping -e 4660 -q -c 2 -i 0.2 -s 8 10.0.0.2 > d.ping
ip netns exec h1 ping -e 1 -c 3 -i 0.3 -s 8 10.0.0.2 > e.ping &
sleep 0.1
ip netns exec h1 ping -e 2 -c 3 -i 0.3 -s 8 10.0.0.2 > f.ping
wait
ip netns exec h1 ping -e 4660 -c 2 -i 0.2 -s 0 -W 1 10.0.0.2 > g.ping
ip netns exec h1 ping -e 4660 -O -c 3 -i 0.3 -s 8 -W 0.5 10.0.0.9 > h.ping
ip -n h2 link set eth0 down
ip netns exec h1 ping -e 4660 -c 3 -i 0.2 -s 8 -W 0.5 10.0.0.2 > i.ping
