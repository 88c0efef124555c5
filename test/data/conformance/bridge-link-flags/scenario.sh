# title: bridge link and every flag
# shows: bridge link set for learning, flood, hairpin, isolated, guard, root_block, fastleave, priority and cost, and how bridge link shows it in short, in detail and as JSON
# tags: l2,bridge,state
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip -n sw link add name br0 address 02:00:00:00:f0:00 type bridge mcast_snooping 0
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
ip -n sw link set br0 up
sleep 1
bridge -n sw link > sw-1.txt
ip netns exec sw bridge -d link > sw-2.txt
bridge -n sw link set dev p1 learning off flood off hairpin on isolated on
bridge -n sw link set dev p1 mcast_flood off bcast_flood off neigh_suppress on
bridge -n sw link set dev p2 guard on root_block on fastleave on locked on
bridge -n sw link set dev p2 cost 77 priority 5
bridge -n sw link > sw-3.txt
ip netns exec sw bridge -d link > sw-4.txt
ip netns exec sw bridge -j link > sw-5.txt
ip netns exec sw bridge -j -d link show dev p1 > sw-6.txt
ip netns exec sw bridge -d link show dev p2 > sw-7.txt
# may-fail
bridge -n sw link set dev br0 hairpin on
# may-fail
bridge -n sw link set dev nodev hairpin on
bridge -n sw link set dev p1 state 4
bridge -n sw link > sw-8.txt
