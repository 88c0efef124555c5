# title: 127/8 on the wire
# shows: with route_localnet packets to and from 127/8 leave a host and are taken in by another; without it they are dropped on either side
# tags: l3,loopback,sysctl
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
ip -n h1 route del local 127.0.0.0/8 dev lo table local
ip -n h1 route add 127.9.0.0/16 dev eth0
ip -n r addr add 127.9.0.1/32 dev eth0 scope link
ip -n h1 addr add 127.8.0.1/32 dev eth0 scope link
ip -n r route del local 127.0.0.0/8 dev lo table local
ip -n r route add 127.8.0.0/16 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4413 -c 1 -W 0.5 -s 8 -I 10.0.0.1 127.9.0.1
ip netns exec r sysctl -qw net.ipv4.conf.eth0.route_localnet=1
ip netns exec h1 ping -e 4414 -c 1 -W 0.5 -s 8 -I 10.0.0.1 127.9.0.1
ip netns exec h1 ping -e 4415 -c 1 -W 0.5 -s 8 -I 127.8.0.1 10.0.0.254
ip netns exec h1 sysctl -qw net.ipv4.conf.all.route_localnet=1
ip netns exec h1 ping -e 4416 -c 1 -W 0.5 -s 8 -I 127.8.0.1 10.0.0.254
ip netns exec h1 ping -e 4417 -c 1 -W 0.5 -s 8 -I 10.0.0.1 127.9.0.1
