# title: errors of several kinds share their tokens
# shows: time exceeded, unreachable and no route draw from one bucket; limits of 0 and 100 ms; a mask that limits echo replies
# tags: l3,icmp
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:f1:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n r1 link add name eth1 address 02:00:00:00:f1:02 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec r1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n r1 addr add 10.0.1.254/24 dev eth0
ip -n r1 addr add 10.0.2.254/24 dev eth1
ip -n h2 addr add 10.0.2.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n r1 link set eth0 up
ip -n r1 link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.1.254
ip -n h2 route add default via 10.0.2.254
ip -n r1 route add unreachable 10.8.0.0/24
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 4 -i 0.002 -s 8 -W 0.2 -t 1 10.0.2.1
ip netns exec h1 ping -e 4660 -c 4 -i 0.002 -s 8 -W 0.2 10.8.0.1
sleep 2.1
ip netns exec h1 ping -e 4660 -c 4 -i 0.002 -s 8 -W 0.2 10.9.0.1
ip netns exec h1 ping -e 4660 -c 4 -i 0.002 -s 8 -W 0.2 -t 1 10.0.2.1
ip netns exec r1 sysctl -qw net.ipv4.icmp_ratelimit=0
ip netns exec h1 ping -e 4660 -c 9 -i 0.002 -s 8 -W 0.2 -t 1 10.0.2.1
ip netns exec h1 ping -e 4660 -c 9 -i 0.002 -s 8 -W 0.2 10.8.0.1
ip netns exec r1 sysctl -qw net.ipv4.icmp_ratelimit=100
sleep 1
ip netns exec h1 ping -e 4660 -c 9 -i 0.002 -s 8 -W 0.2 -t 1 10.0.2.1
ip netns exec r1 sysctl -qw net.ipv4.icmp_ratemask=1
sleep 1.5
ip netns exec h1 ping -e 4660 -c 9 -i 0.002 -s 8 -W 0.2 10.0.1.254
ip netns exec h1 ping -e 4660 -c 9 -i 0.002 -s 8 -W 0.2 -t 1 10.0.2.1
