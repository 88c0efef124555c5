# title: ip neigh flush and what it spares
# shows: flush leaves permanent and noarp entries alone unless the state is named; by device, by prefix, by state, all
# tags: l3,neigh
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
ip -n h1 addr add 10.0.9.1/24 dev eth0
ip -n h1 neigh add 10.0.0.11 lladdr 02:00:00:00:0b:01 nud permanent dev eth0
ip -n h1 neigh add 10.0.0.12 lladdr 02:00:00:00:0b:02 nud noarp dev eth0
ip -n h1 neigh add 10.0.0.13 lladdr 02:00:00:00:0b:03 nud stale dev eth0
ip -n h1 neigh add 10.0.0.14 lladdr 02:00:00:00:0b:04 nud reachable dev eth0
ip -n h1 neigh add 10.0.9.15 lladdr 02:00:00:00:0b:05 nud stale dev eth0
ip -n h1 neigh add 10.0.9.16 lladdr 02:00:00:00:0b:06 nud permanent dev eth0
ip -n h1 neigh add 10.0.9.17 nud failed dev eth0
ip -n h1 neigh flush to 10.0.9.0/24
ip -n h1 neigh show nud all > h1-prefix.neigh
ip -n h1 neigh flush nud stale
ip -n h1 neigh show nud all > h1-stale.neigh
ip -n h1 neigh flush dev eth0
ip -n h1 neigh show nud all > h1-dev.neigh
ip -n h1 neigh flush dev eth0 nud permanent
ip -n h1 neigh show nud all > h1-permanent.neigh
ip -n h1 neigh flush all
ip -n h1 neigh show nud all > h1-flushed.neigh
ip -n h1 neigh flush all nud noarp
ip -n h1 neigh show nud all > h1.neigh
