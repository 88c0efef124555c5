# title: a device with addresses moves to another namespace
# shows: it comes without addresses, routes, entries and settings
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
ip netns add h3
ip netns exec h3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h3 link set lo up
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 neigh add 10.0.0.8 lladdr 02:00:00:00:08:08 dev eth0
ip -n h1 route add 10.9.0.0/24 via 10.0.0.2
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.arp_ignore=1
ip netns exec h3 sysctl -qw net.ipv4.conf.default.arp_ignore=2
ip -n h1 link set eth0 netns h3
ip -n h1 route show table all > h1.route
ip -n h3 addr > a.addr
ip -n h3 neigh > a.neigh
ip netns exec h3 sysctl net.ipv4.conf.eth0.arp_ignore > a.txt
ip -n h3 addr add 10.0.0.3/24 dev eth0
ip -n h3 link set eth0 up
sleep 1
ip netns exec h3 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip -n h2 neigh > h2.neigh
ip -n h3 route show table all > h3.route
