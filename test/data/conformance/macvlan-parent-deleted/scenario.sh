# title: the parent is deleted
# shows: its macvlans go with it, in every namespace
# tags: l2,macvlan
ip netns add host
ip netns exec host sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n host link set lo up
ip netns add ext
ip netns exec ext sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n ext link set lo up
ip -n host link add name eth0 address 02:00:00:00:a0:01 type veth peer name eth0 address 02:00:00:00:e0:01 netns ext
ip netns exec host ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec ext ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n ext addr add 10.0.0.254/24 dev eth0
ip -n ext link set eth0 up
ip -n host link set eth0 up
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link set lo up
ip -n host link add link eth0 name mv1 address 02:00:00:00:01:01 netns c1 type macvlan mode bridge
ip -n c1 addr add 10.0.0.1/24 dev mv1
ip -n c1 link set mv1 up
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c2 link set lo up
ip -n host link add link eth0 name mv2 address 02:00:00:00:02:01 netns c2 type macvlan mode private
ip -n c2 addr add 10.0.0.2/24 dev mv2
ip -n c2 link set mv2 up
ip -n c1 route add default via 10.0.0.254
sleep 1
ip netns exec c1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.254
ip -n ext link del eth0
ip -n c1 link > c1.link
ip -n c1 route > c1.route
ip -n c2 addr > c2.addr
ip -n host link > host.link
