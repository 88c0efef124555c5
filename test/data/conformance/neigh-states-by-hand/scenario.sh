# title: an entry in every state
# shows: ip neigh add with each nud: what show lists with and without nud all, and by state; an entry without an address; errors leave an empty entry behind
# tags: l3,neigh,state
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
ip -n h1 neigh add 10.0.0.10 lladdr 02:00:00:00:0b:00 dev eth0
ip -n h1 neigh add 10.0.0.11 lladdr 02:00:00:00:0b:01 nud permanent dev eth0
ip -n h1 neigh add 10.0.0.12 lladdr 02:00:00:00:0b:02 nud noarp dev eth0
ip -n h1 neigh add 10.0.0.13 lladdr 02:00:00:00:0b:03 nud stale dev eth0
ip -n h1 neigh add 10.0.0.14 lladdr 02:00:00:00:0b:04 nud reachable dev eth0
ip -n h1 neigh add 10.0.0.15 lladdr 02:00:00:00:0b:05 nud delay dev eth0
ip -n h1 neigh add 10.0.0.17 nud incomplete dev eth0
ip -n h1 neigh add 10.0.0.18 nud failed dev eth0
ip -n h1 neigh add 10.0.0.19 lladdr 02:00:00:00:0b:09 nud none dev eth0
ip -n h1 neigh add 10.77.0.20 lladdr 02:00:00:00:0b:0a nud permanent dev eth0
# may-fail
ip -n h1 neigh add 10.0.0.21 nud stale dev eth0
# may-fail
ip -n h1 neigh add 10.0.0.11 lladdr 02:00:00:00:0b:ff dev eth0
ip -n h1 neigh > h1.neigh
ip -n h1 neigh show nud all > h1-all.neigh
ip -n h1 neigh show nud permanent > h1-permanent.neigh
ip -n h1 neigh show nud noarp > h1-noarp.neigh
ip -n h1 neigh show nud none > h1-none.neigh
ip -n h1 neigh show dev eth0 nud stale > h1-stale.neigh
ip -n h1 neigh show 10.0.0.14 dev eth0 > h1-one.neigh
ip -n h1 neigh show to 10.0.0.8/29 > h1-prefix.neigh
ip -n h1 -s neigh show 10.0.0.11 > h1-stats.neigh
ip -n h1 -j neigh show 10.0.0.13 > h1-json.txt
ip -n h1 neigh get 10.0.0.12 dev eth0 > h1-get.txt
