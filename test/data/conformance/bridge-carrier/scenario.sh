# title: the carrier of a bridge
# shows: no ports or only dead ports: NO-CARRIER and linkdown routes; one live port is enough; the state of the bridge follows
# tags: l2,bridge,link,state
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip -n sw link add name br0 address 02:00:00:00:f0:00 type bridge mcast_snooping 0
ip netns exec sw ethtool -K br0 tx off rx off gso off gro off tso off
ip -n sw addr add 10.0.0.254/24 dev br0
ip -n sw link set br0 up
sleep 1.1
ip -n sw link show br0 > sw-empty.link
ip -n sw route > sw-empty.route
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name p1 address 02:00:00:00:f0:01 netns sw
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n sw link set p1 master br0
ip -n sw link set p1 up
sleep 1.1
ip -n sw link > sw-dead.link
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h1 link set eth0 up
sleep 1.2
ip -n sw link > sw-live.link
ip -n sw route > sw-live.route
ip netns exec sw ping -e 4660 -c 1 -s 8 -W 1 10.0.0.1
ip -n h1 link set eth0 down
sleep 1.2
ip -n sw link > sw.link
ip -n sw route > sw.route
ip -n sw neigh > sw.neigh
ip -n sw -br link > sw-brief.link
