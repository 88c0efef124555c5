# title: static entries for multicast groups
# shows: snooping on: with a querier a group with an entry goes to its port only, a group nobody asked for to no port at all, 224.0.0.x everywhere; mdb show, errors and del
# tags: l2,bridge,multicast
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip -n sw link add name br0 address 02:00:00:00:f0:00 type bridge mcast_snooping 1 mcast_query_response_interval 100
ip netns exec sw ethtool -K br0 tx off rx off gso off gro off tso off
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name p1 address 02:00:00:00:f0:01 netns sw
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n sw link set p1 master br0
ip -n h1 link set eth0 up
ip -n sw link set p1 up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name p2 address 02:00:00:00:f0:02 netns sw
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n sw link set p2 master br0
ip -n h2 link set eth0 up
ip -n sw link set p2 up
ip netns add h3
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h3 link set lo up
ip -n h3 link add name eth0 address 02:00:00:00:03:01 type veth peer name p3 address 02:00:00:00:f0:03 netns sw
ip netns exec h3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p3 tx off rx off gso off gro off tso off
ip -n h3 addr add 10.0.0.3/24 dev eth0
ip -n sw link set p3 master br0
ip -n h3 link set eth0 up
ip -n sw link set p3 up
ip -n sw link set br0 up
ip -n sw link set br0 type bridge mcast_querier 1
ip -n h1 route add 239.0.0.0/8 dev eth0
sleep 4
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
ip netns exec h3 tcpdump -i eth0 -U -w h3-eth0.pcap 2>/dev/null &
bridge -n sw mdb add dev br0 port p2 grp 239.1.1.1 permanent
# may-fail
bridge -n sw mdb add dev br0 port p2 grp 239.1.1.1 permanent
bridge -n sw mdb add dev br0 port p3 grp 239.1.1.2 temp
bridge -n sw mdb show dev br0 > sw-1.mdb
printf 'one' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -w 1 239.1.1.1 7000
printf 'two' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40001 -w 1 239.1.1.2 7000
printf 'nobody asked' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40002 -w 1 239.1.1.3 7000
printf 'local group' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40003 -M 1 -w 1 224.0.0.251 7000
bridge -n sw mdb del dev br0 port p2 grp 239.1.1.1
# may-fail
bridge -n sw mdb del dev br0 port p2 grp 239.1.1.1
printf 'one again' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40004 -w 1 239.1.1.1 7000
bridge -n sw mdb show dev br0 > sw.mdb
