# title: ip_default_ttl
# shows: the time to live of echo requests, answers, datagrams and errors; routes and options of a program come first, groups keep 1
# tags: l3,ttl,sysctl
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:a1:01 netns r
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name eth1 address 02:00:00:00:a1:02 netns r
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n r addr add 10.0.0.254/24 dev eth0
ip -n r addr add 10.0.1.254/24 dev eth1
ip -n h2 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.0.254
ip -n h2 route add default via 10.0.1.254
ip netns exec h1 sysctl -qw net.ipv4.ip_default_ttl=33
ip netns exec r sysctl -qw net.ipv4.ip_default_ttl=44
ip netns exec h2 sysctl -qw net.ipv4.ip_default_ttl=55
ip -n h1 route add 10.0.1.2 via 10.0.0.254 hoplimit 9
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4438 -c 1 -W 0.5 -s 8 10.0.1.1
ip netns exec h1 ping -e 4439 -c 1 -W 0.5 -s 8 10.0.1.2
ip netns exec h1 ping -e 4440 -c 1 -W 0.5 -s 8 -t 7 10.0.1.1
ip netns exec h1 ping -e 4441 -c 1 -W 0.5 -s 8 -t 1 10.0.1.1
printf 'x' | ip netns exec h1 nc -n -u -p 40000 -w 1 10.0.1.1 7000
ip netns exec h1 ping -e 4442 -c 1 -W 0.5 -s 8 239.1.1.1
ip -n h1 addr add 239.1.2.3/32 dev eth0 autojoin
sleep 1.3
