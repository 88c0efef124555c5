# title: a bridge whose MTU was set by hand
# shows: the bridge follows the smallest port until its MTU is set; from then on ports do not change it; a host behind a large-MTU bridge and the bridge's own packets
# tags: l2,bridge,mtu
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
ip -n sw addr add 10.0.0.254/24 dev br0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
ip -n sw link set p1 mtu 1300
ip -n sw link > sw-auto.link
ip -n sw link set br0 mtu 1400
ip -n sw link set p2 mtu 1200
ip -n sw link > sw-set.link
# may-fail
ip -n sw link set br0 mtu 1500
ip -n sw link > sw-up.link
ip netns exec h2 ping -e 4660 -c 1 -W 1 -s 1100 10.0.0.1
ip netns exec h2 ping -e 4661 -c 1 -s 1250 -W 0.3 10.0.0.1
ip netns exec sw ping -e 4662 -c 1 -s 1250 -W 0.3 10.0.0.1
ip netns exec sw ping -e 4663 -c 1 -s 1280 -W 0.3 10.0.0.1
ip -n sw link set p1 mtu 1500
ip -n sw link set p2 mtu 1500
ip -n sw link > sw.link
