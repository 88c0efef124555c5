# title: alias, queue length, group and other attributes
# shows: ip link set and what show, show -d, -br, -o and -j print; selection by group, type, master, up; removal of the alias
# tags: l2,link-up,link,state
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
ip -n h1 link add name br0 address 02:00:00:00:f0:00 type bridge mcast_snooping 0
ip netns exec h1 ethtool -K br0 tx off rx off gso off gro off tso off
ip -n h1 link add name v0 address 02:00:00:00:aa:00 type veth peer name v1 address 02:00:00:00:aa:01
ip netns exec h1 ethtool -K v0 tx off rx off gso off gro off tso off
ip netns exec h1 ethtool -K v1 tx off rx off gso off gro off tso off
ip -n h1 link set v0 master br0
ip -n h1 link set eth0 alias 'to h2 & back'
ip -n h1 link set eth0 txqueuelen 77 group 5
ip -n h1 link set v0 promisc on
ip -n h1 link set v1 allmulticast on mtu 1400
ip -n h1 link set v1 up
sleep 1.1
ip -n h1 link > h1.link
ip -n h1 -d link show eth0 > h1-details.link
ip -n h1 -br link > h1-brief.link
ip -n h1 -o link show v1 > h1-oneline.link
ip -n h1 -j link show eth0 > h1-json.txt
ip -n h1 -j -d link show v1 > h1-json-details.txt
ip -n h1 -p -j link show v0 > h1-json-pretty.txt
ip -n h1 link show group 5 > h1-group.link
ip -n h1 link show type veth > h1-veth.link
ip -n h1 link show type bridge > h1-bridge.link
ip -n h1 link show type bridge_slave > h1-slave.link
ip -n h1 link show master br0 > h1-master.link
ip -n h1 link show up > h1-up.link
ip -n h1 link set eth0 alias '' group default
ip -n h1 link show eth0 > h1-eth0.link
