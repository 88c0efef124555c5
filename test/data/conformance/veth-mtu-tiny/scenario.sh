# title: an MTU below the least for IPv4
# shows: an MTU of 68 still works; a device whose MTU is set before it has an address; large fragments of 24 bytes
# tags: l2,veth,mtu,fragment
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
ip -n h1 link set eth0 mtu 68
ip -n h2 link set eth0 mtu 68
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -W 1 -s 40 10.0.0.2
ip netns exec h1 ping -e 4661 -c 1 -W 1 -s 41 10.0.0.2
ip netns exec h1 ping -e 4662 -c 1 -W 1 -s 200 10.0.0.2
printf '0123456789012345678901234567890123456789012345678901234567890123456789' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -w 1 10.0.0.2 7000
ip -n h1 neigh > h1.neigh
