# title: redirects that a host does not believe
# shows: accept_redirects=0 in all and the device, shared_media=0 with a gateway that is none of the host's (secure_redirects), and the same with a route through it or without secure_redirects
# tags: l3,router,redirect,sysctl
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip -n sw link add name br0 address 02:00:00:00:f0:00 type bridge mcast_snooping 0
ip netns exec sw ethtool -K br0 tx off rx off gso off gro off tso off
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns add r2
ip netns exec r2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r2 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name p1 address 02:00:00:00:f0:01 netns sw
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n sw link set p1 master br0
ip -n r1 link add name eth0 address 02:00:00:00:a1:01 type veth peer name p2 address 02:00:00:00:f0:02 netns sw
ip netns exec r1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n sw link set p2 master br0
ip -n r2 link add name eth0 address 02:00:00:00:a2:01 type veth peer name p3 address 02:00:00:00:f0:03 netns sw
ip netns exec r2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p3 tx off rx off gso off gro off tso off
ip -n sw link set p3 master br0
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name eth1 address 02:00:00:00:a2:02 netns r2
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r2 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n r1 addr add 10.0.0.254/24 dev eth0
ip -n r2 addr add 10.0.0.253/24 dev eth0
ip -n r2 addr add 10.0.2.254/24 dev eth1
ip -n h2 addr add 10.0.2.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n r1 link set eth0 up
ip -n r2 link set eth0 up
ip -n r2 link set eth1 up
ip -n h2 link set eth0 up
ip -n sw link set p1 up
ip -n sw link set p2 up
ip -n sw link set p3 up
ip -n sw link set br0 up
ip -n h1 route add default via 10.0.0.254
ip -n r1 route add 10.0.2.0/24 via 10.0.0.253
ip -n h2 route add default via 10.0.2.254
ip -n h1 neigh add 10.0.0.253 lladdr 02:00:00:00:a2:01 dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 sysctl -qw net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.eth0.accept_redirects=0
sleep 0.7
ip netns exec h1 ping -e 4398 -c 1 -W 0.5 -s 8 10.0.2.1
ip -n h1 route get 10.0.2.1 > h1-a.route
ip netns exec h1 sysctl -qw net.ipv4.conf.eth0.accept_redirects=1 net.ipv4.conf.all.shared_media=0 net.ipv4.conf.eth0.shared_media=0
sleep 0.7
ip netns exec h1 ping -e 4399 -c 1 -W 0.5 -s 8 10.0.2.1
ip -n h1 route get 10.0.2.1 > h1-b.route
ip -n h1 route add 10.77.0.0/16 via 10.0.0.253
sleep 0.7
ip netns exec h1 ping -e 4400 -c 1 -W 0.5 -s 8 10.0.2.1
ip -n h1 route get 10.0.2.1 > h1-c.route
ip -n h1 route flush cache
ip -n h1 route del 10.77.0.0/16
ip netns exec h1 sysctl -qw net.ipv4.conf.all.secure_redirects=0 net.ipv4.conf.eth0.secure_redirects=0
sleep 0.7
ip netns exec h1 ping -e 4401 -c 1 -W 0.5 -s 8 10.0.2.1
ip -n h1 route get 10.0.2.1 > h1-d.route
