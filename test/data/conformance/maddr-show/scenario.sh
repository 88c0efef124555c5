# title: ip maddr
# shows: link-layer and IPv4 groups that devices listen to, after joins, by-hand additions, and with the device down
# tags: multicast,maddr
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
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.0.254
ip -n h2 route add default via 10.0.1.254
ip netns exec h1 ip maddr show > up.txt
ip -n h1 addr add 239.1.2.3/32 dev eth0 autojoin
ip -n h1 addr add 224.0.0.5/32 dev eth0 autojoin
ip netns exec h1 ip maddr show dev eth0 > joined.txt
ip netns exec h1 ip maddr add 01:00:5e:01:02:03 dev eth0
ip netns exec h1 ip maddr add 01:00:5e:00:00:09 dev eth0
ip netns exec h1 ip maddr add 33:33:00:00:00:09 dev eth0
ip netns exec h1 ip maddr show dev eth0 > added.txt
ip netns exec h1 ip -4 maddr show > inet.txt
ip netns exec h1 ip -0 maddr show > link.txt
ip netns exec h1 ip -o maddr show > oneline.txt
ip netns exec h1 ip -j -p maddr show > json.txt
ip netns exec h1 ip maddr del 01:00:5e:01:02:03 dev eth0
ip -n h1 addr del 224.0.0.5/32 dev eth0
ip netns exec h1 ip maddr show dev eth0 > deleted.txt
ip -n h1 link set eth0 down
ip netns exec h1 ip maddr show dev eth0 > down.txt
