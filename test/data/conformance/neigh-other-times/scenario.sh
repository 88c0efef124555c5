# title: neighbour timers and probes with other settings
# shows: a first probe after a second, two by unicast every 0.3 s, no and one broadcast; times are kept in ticks of 4 ms
# tags: l2,neigh
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip -n sw link add br0 type bridge mcast_snooping 0
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name p1 address 02:00:00:00:f0:01 netns sw
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n sw link set p1 master br0 up
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h1 link set eth0 up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name p2 address 02:00:00:00:f0:02 netns sw
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n sw link set p2 master br0 up
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h2 link set eth0 up
ip netns add h3
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h3 link set lo up
ip -n h3 link add name eth0 address 02:00:00:00:03:01 type veth peer name p3 address 02:00:00:00:f0:03 netns sw
ip netns exec h3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p3 tx off rx off gso off gro off tso off
ip -n sw link set p3 master br0 up
ip -n h3 addr add 10.0.0.3/24 dev eth0
ip -n h3 link set eth0 up
ip -n sw link set br0 up
ip netns exec h1 sysctl -qw net.ipv4.neigh.eth0.delay_first_probe_time=1 net.ipv4.neigh.eth0.retrans_time_ms=300 net.ipv4.neigh.eth0.ucast_solicit=2
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1.2
ip -n h1 neigh add 10.0.0.2 lladdr 02:00:00:00:02:01 dev eth0 nud stale
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 neigh > a.neigh
sleep 1.6
ip -n h1 neigh > b.neigh
ip -n h1 neigh replace 10.0.0.2 lladdr 02:00:00:00:02:01 dev eth0 nud stale
ip -n h2 link set eth0 down
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
sleep 2.5
ip -n h1 neigh > d.neigh
ip netns exec h1 sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=0
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.9
ip -n h1 neigh show nud all > e.neigh
ip netns exec h1 sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=1 net.ipv4.neigh.eth0.retrans_time_ms=50
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.8
ip -n h1 neigh > f.neigh
ip netns exec h1 sysctl net.ipv4.neigh.eth0.retrans_time_ms net.ipv4.neigh.eth0.base_reachable_time net.ipv4.neigh.eth0.locktime net.ipv4.neigh.eth0.proxy_delay net.ipv4.neigh.eth0.anycast_delay net.ipv4.neigh.eth0.unres_qlen net.ipv4.neigh.eth0.interval_probe_time_ms > g.txt
