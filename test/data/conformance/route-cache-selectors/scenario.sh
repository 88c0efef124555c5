# title: ip route show cache with selectors
# shows: dev, via, root, match, exact, type, scope, table, proto, tos, metric, from, src and iif choose among learned entries, which have no protocol, source or device of arrival
# tags: route,cache,pmtu,selectors
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:a1:01 netns r
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name eth1 address 02:00:00:00:a1:02 netns r
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n r addr add 10.0.0.254/24 dev eth0
ip -n r addr add 10.0.1.254/24 dev eth1
ip -n h2 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n r link set eth1 mtu 1000
ip -n h2 link set eth0 mtu 1000
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.0.254
ip -n h2 route add default via 10.0.1.254
ip netns exec h1 ping -e 4358 -c 1 -W 0.5 -s 1200 -M do 10.0.1.1
ip -n h1 route get 10.0.1.1
ip -n h1 route show cache dev eth0 > h1-00.route
ip -n h1 route show cache via 10.0.0.254 > h1-01.route
ip -n h1 route show cache 10.0.1.1 > h1-02.route
ip -n h1 route show cache root 10.0.1.0/28 > h1-03.route
ip -n h1 route show cache match 10.0.1.1 > h1-04.route
ip -n h1 route show cache exact 10.0.1.0/24 > h1-05.route
ip -n h1 route show cache type unicast > h1-06.route
ip -n h1 route show cache type local > h1-07.route
ip -n h1 route show cache scope global > h1-08.route
ip -n h1 route show cache scope link > h1-09.route
ip -n h1 route show cache table main > h1-10.route
ip -n h1 route show cache table all > h1-11.route
ip -n h1 route show cache table local > h1-12.route
ip -n h1 route show cache proto kernel > h1-13.route
ip -n h1 route show cache proto boot > h1-14.route
ip -n h1 route show cache tos 0 > h1-15.route
ip -n h1 route show cache metric 0 > h1-16.route
ip -n h1 route show cache from 10.0.0.1 > h1-17.route
ip -n h1 route show cache src 10.0.0.1 > h1-18.route
ip -n h1 route show cache iif eth0 > h1-19.route
ip -n h1 route show cache dev lo > h1-20.route
ip -n h1 -4 route show cache > h1-four.route
ip -n h1 -6 route show cache > h1-six.route
ip -n h1 -N route show cache > h1-numbers.route
