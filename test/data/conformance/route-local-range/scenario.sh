# title: a whole prefix that is local
# shows: ip route add local on lo: the host answers ping and UDP for every address of it, ARP too; an unlisted neighbour address; deletion ends it
# tags: l3,route,arp,udp
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
ip -n h2 route add local 10.9.0.0/24 dev lo
ip -n h2 route add local 10.0.0.128/25 dev lo
ip -n h1 route add 10.9.0.0/24 via 10.0.0.2
printf 'any' | ip netns exec h2 nc -u -l -p 7000 > h2.recv &
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.9.0.1
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 1 10.9.0.255
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 10.0.0.200
printf 'hello' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -w 1 10.9.0.77 7000 > h1.recv
ip netns exec h2 ping -e 4663 -c 1 -s 8 -W 1 10.9.0.5
ip -n h2 route show table local > h2.route
ip -n h2 route del local 10.9.0.0/24 dev lo
ip netns exec h1 ping -e 4664 -c 1 -s 8 -W 0.3 10.9.0.1
ip -n h1 neigh > h1.neigh
