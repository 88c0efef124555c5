# title: entries with use, router and extern_learn
# shows: flags of entries in the list; an entry that was learned elsewhere does not grow old
# tags: vxlan,fdb
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:a1:01 type veth peer name eth0 address 02:00:00:00:a2:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 192.168.50.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 addr add 192.168.50.2/24 dev eth0
ip -n h2 link set eth0 up
ip -n h1 link add name vx0 address 02:00:00:00:b1:01 type vxlan id 42 remote 192.168.50.2 local 192.168.50.1 dev eth0 dstport 4789 ageing 1
ip netns exec h1 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev vx0
ip -n h1 link set vx0 up
ip -n h2 link add name vx0 address 02:00:00:00:b2:01 type vxlan id 42 remote 192.168.50.1 local 192.168.50.2 dev eth0 dstport 4789
ip netns exec h2 ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.0.2/24 dev vx0
ip -n h2 link set vx0 up
bridge -n h1 fdb add 02:00:00:00:91:01 dev vx0 dst 192.168.50.2 dynamic extern_learn
bridge -n h1 fdb add 02:00:00:00:91:02 dev vx0 dst 192.168.50.2 dynamic
bridge -n h1 fdb add 02:00:00:00:91:03 dev vx0 dst 192.168.50.2 static router
bridge -n h1 fdb add 02:00:00:00:91:04 dev vx0 dst 192.168.50.2 use
ip netns exec h1 tcpdump -i vx0 -U -w h1-vx0.pcap 2>/dev/null &
sleep 1
bridge -n h1 fdb show dev vx0 > h1-before.fdb
sleep 12
bridge -n h1 fdb show dev vx0 > h1-after.fdb
