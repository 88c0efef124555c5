# title: ip neigh with use, and entries put into each state
# shows: use asks at once, also for a permanent entry; append does not override
# tags: l2,neigh
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
ip -n h1 neigh add 10.0.0.2 lladdr 02:00:00:00:02:01 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip -n h1 neigh replace 10.0.0.2 dev eth0 use
sleep 0.1
ip -n h1 neigh show nud all > a.neigh
ip -n h1 neigh replace 10.0.0.2 lladdr 02:00:00:00:02:01 nud stale dev eth0
ip -n h1 neigh replace 10.0.0.2 dev eth0 use
ip -n h1 neigh > b.neigh
sleep 6
ip -n h1 neigh > c.neigh
# may-fail
ip -n h1 neigh add 10.0.0.9 dev eth0 use
sleep 4
ip -n h1 neigh > d.neigh
# may-fail
ip -n h1 neigh change 10.0.0.2 lladdr 02:00:00:00:02:02 dev eth0 nud reachable
ip -n h1 neigh > e.neigh
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
# may-fail
ip -n h1 neigh append 10.0.0.2 lladdr 02:00:00:00:02:03 dev eth0 nud reachable
ip -n h1 neigh > f.neigh
# may-fail
ip -n h1 neigh replace 10.0.0.2 lladdr 02:00:00:00:02:01 dev eth0 nud noarp
ip -n h1 neigh show nud all > g.neigh
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
# may-fail
ip -n h1 neigh replace 10.0.0.2 lladdr 02:00:00:00:02:01 dev eth0 nud delay
sleep 0.3
ip -n h1 neigh > h.neigh
sleep 6
ip -n h1 neigh > i.neigh
# may-fail
ip -n h1 neigh replace 10.0.0.2 lladdr 02:00:00:00:02:44 dev eth0 nud probe
sleep 0.5
ip -n h1 neigh > j.neigh
# may-fail
ip -n h1 neigh replace 10.0.0.2 dev eth0 nud failed
ip -n h1 neigh > k.neigh
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 neigh > l.neigh
# may-fail
ip -n h1 neigh replace 10.0.0.2 lladdr 02:00:00:00:02:44 dev eth0 router extern_learn nud reachable
ip -n h1 neigh > m.neigh
