# title: ip route show and what it picks
# shows: by table, device, protocol, scope, type, gateway, exact, root and match; fields that are left out when they were asked for
# tags: l3,route,state
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
ip -n h1 route add default via 10.0.0.2
ip -n h1 route add default via 10.0.0.3 metric 10
ip -n h1 route add 10.9.0.0/16 via 10.0.0.2 proto static
ip -n h1 route add 10.9.1.0/24 via 10.0.0.3 proto 99
ip -n h1 route add 10.9.1.128/25 dev eth0 src 10.0.0.1
ip -n h1 route add unreachable 10.9.2.0/24
ip -n h1 route add 10.9.3.0/24 via 10.0.0.2 table 100
ip -n h1 route add 10.9.4.4 dev eth0 scope host
ip -n h1 route > h1.route
ip -n h1 route show table all > h1-all.route
ip -n h1 route show table local > h1-local.route
ip -n h1 route show table 100 > h1-100.route
ip -n h1 route show dev eth0 > h1-dev.route
ip -n h1 route show proto static > h1-static.route
ip -n h1 route show proto 99 > h1-99.route
ip -n h1 route show proto kernel > h1-kernel.route
ip -n h1 route show scope link > h1-link.route
ip -n h1 route show scope host > h1-host.route
ip -n h1 route show type unreachable > h1-unreachable.route
ip -n h1 route show via 10.0.0.3 > h1-via.route
ip -n h1 route show default > h1-default.route
ip -n h1 route show exact 10.9.1.0/24 > h1-exact.route
ip -n h1 route show 10.9.1.0/24 > h1-prefix.route
ip -n h1 route show root 10.9.0.0/16 > h1-root.route
ip -n h1 route show match 10.9.1.200 > h1-match.route
ip -n h1 -d route show root 10.9.1.0/24 > h1-details.route
ip -n h1 -j route show root 10.9.1.0/24 > h1-json.txt
ip -n h1 -o route show default > h1-oneline.route
# may-fail
ip -n h1 route show table 101
ip -n h1 route get 10.9.1.200 > h1-get.txt
ip -n h1 route get fibmatch 10.9.1.200 > h1-fibmatch.txt
