# title: special routes on the host itself
# shows: blackhole, unreachable, prohibit and throw seen by ping and nc: no frames, errors at the system call; a longer prefix wins over them; metric order between them
# tags: l3,route
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
ip -n h1 route add blackhole 10.9.1.0/24
ip -n h1 route add unreachable 10.9.2.0/24
ip -n h1 route add prohibit 10.9.3.0/24
ip -n h1 route add throw 10.9.4.0/24
ip -n h1 route add default via 10.0.0.2
ip -n h1 route add 10.9.1.7 via 10.0.0.2
ip -n h1 route add unreachable 10.9.5.0/24 metric 10
ip -n h1 route add 10.9.5.0/24 via 10.0.0.2 metric 20
ip -n h2 addr add 10.9.1.7/32 dev lo
ip -n h2 addr add 10.9.4.1/32 dev lo
ip -n h2 addr add 10.9.5.1/32 dev lo
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h1 tcpdump -i lo -U -w h1-lo.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 0.3 10.9.1.1 > h1-1.ping
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.3 10.9.2.1 > h1-2.ping
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 0.3 10.9.3.1 > h1-3.ping
ip netns exec h1 ping -e 4663 -c 1 -s 8 -W 0.3 10.9.4.1 > h1-4.ping
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 0.3 10.9.1.7 > h1-5.ping
ip netns exec h1 ping -e 4665 -c 1 -s 8 -W 0.3 10.9.5.1 > h1-6.ping
# may-fail
printf 'x' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -w 1 10.9.2.1 7000
ip -n h1 route del unreachable 10.9.5.0/24
ip netns exec h1 ping -e 4666 -c 1 -s 8 -W 0.3 10.9.5.1 > h1-7.ping
ip -n h1 route > h1.route
