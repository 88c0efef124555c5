# title: counters after exact traffic
# shows: ip -s link of both ends and of the bridge between after two pings, a broadcast and a dropped frame; -s -s; in JSON
# tags: l2,link-up,link,state
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
ip netns exec h1 ping -e 4660 -s 8 -W 1 -c 2 -i 0.3 10.0.0.2
ip netns exec h1 ping -e 4661 -c 1 -W 1 -s 1000 10.0.0.2
printf 'broadcast' | ip netns exec h1 nc -u -s 10.0.0.1 -p 40000 -b -w 1 10.0.0.255 7000
ip netns exec h1 ping -e 4662 -c 1 -s 8 -W 1 127.0.0.1
ip -n sw link set p2 mtu 500
ip netns exec h1 ping -e 4663 -c 1 -W 0.3 -s 600 10.0.0.2
ip -n h1 -s link > h1.link
ip -n h2 -s link show eth0 > h2.link
ip -n sw -s link > sw.link
ip -n h1 -s -s link show eth0 > h1-more.link
ip -n h2 -s -j link show eth0 > h2-json.txt
