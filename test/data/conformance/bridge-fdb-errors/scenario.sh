# title: fdb commands that fail and what they leave
# shows: add of an existing entry, del of a missing one, a device that is no port, a multicast MAC, replace and append; fdb flush is not there
# tags: l2,bridge,fdb,state
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
bridge -n sw fdb add 02:00:00:00:99:01 dev p1 master static
# may-fail
bridge -n sw fdb add 02:00:00:00:99:01 dev p1 master static
# may-fail
bridge -n sw fdb add 02:00:00:00:99:01 dev p2 master static
# may-fail
bridge -n sw fdb append 02:00:00:00:99:01 dev p2 master static
# may-fail
bridge -n sw fdb del 02:00:00:00:99:77 dev p1 master
# may-fail
bridge -n sw fdb del 02:00:00:00:99:01 dev p2 master
# may-fail
bridge -n sw fdb add 01:00:5e:01:01:01 dev p1 master static
# may-fail
bridge -n sw fdb add 02:00:00:00:99:02 dev lo master static
# may-fail
bridge -n sw fdb add 00:00:00:00:00:00 dev p1 master static
bridge -n sw fdb add 02:00:00:00:99:03 dev p1 master
bridge -n sw fdb add 02:00:00:00:99:04 dev br0 self
# may-fail
bridge -n sw fdb add 02:00:00:00:99:05 dev br0 master
bridge -n sw fdb add 02:00:00:00:99:06 dev p2 self
bridge -n sw fdb show br br0 > sw-1.fdb
bridge -n sw fdb replace 02:00:00:00:99:01 dev p2 master dynamic
bridge -n sw fdb replace 02:00:00:00:99:03 dev p1 master static
bridge -n sw fdb del 02:00:00:00:99:04 dev br0 self
bridge -n sw fdb del 02:00:00:00:99:06 dev p2 self
# may-fail
bridge -n sw fdb del 02:00:00:00:f0:01 dev p1 master
bridge -n sw fdb show br br0 > sw.fdb
ip netns exec sw brctl showmacs br0 > sw.macs
