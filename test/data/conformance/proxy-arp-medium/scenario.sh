# title: proxy ARP and medium_id
# shows: proxy_arp answers for what is behind another device unless both have the same medium_id, or one of them -1
# tags: arp,proxy,sysctl
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
ip -n h1 route del default
ip -n h1 route add 10.0.1.0/24 dev eth0
ip netns exec r sysctl -qw net.ipv4.conf.eth0.proxy_arp=1 net.ipv4.neigh.eth0.proxy_delay=0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec r sysctl -qw net.ipv4.conf.eth0.medium_id=0 net.ipv4.conf.eth1.medium_id=0
ip netns exec h1 ping -e 4418 -c 1 -W 0.5 -s 8 10.0.1.1
ip -n h1 neigh flush all
ip -n h2 neigh flush all
ip -n r neigh flush all
ip netns exec r sysctl -qw net.ipv4.conf.eth0.medium_id=1 net.ipv4.conf.eth1.medium_id=0
ip netns exec h1 ping -e 4419 -c 1 -W 0.5 -s 8 10.0.1.1
ip -n h1 neigh flush all
ip -n h2 neigh flush all
ip -n r neigh flush all
ip netns exec r sysctl -qw net.ipv4.conf.eth0.medium_id=1 net.ipv4.conf.eth1.medium_id=1
ip netns exec h1 ping -e 4420 -c 1 -W 0.5 -s 8 10.0.1.1
ip -n h1 neigh flush all
ip -n h2 neigh flush all
ip -n r neigh flush all
ip netns exec r sysctl -qw net.ipv4.conf.eth0.medium_id=1 net.ipv4.conf.eth1.medium_id=2
ip netns exec h1 ping -e 4421 -c 1 -W 0.5 -s 8 10.0.1.1
ip -n h1 neigh flush all
ip -n h2 neigh flush all
ip -n r neigh flush all
ip netns exec r sysctl -qw net.ipv4.conf.eth0.medium_id=1 net.ipv4.conf.eth1.medium_id=-1
ip netns exec h1 ping -e 4422 -c 1 -W 0.5 -s 8 10.0.1.1
ip -n h1 neigh flush all
ip -n h2 neigh flush all
ip -n r neigh flush all
ip netns exec r sysctl -qw net.ipv4.conf.eth0.medium_id=-1 net.ipv4.conf.eth1.medium_id=0
ip netns exec h1 ping -e 4423 -c 1 -W 0.5 -s 8 10.0.1.1
ip -n h1 neigh flush all
ip -n h2 neigh flush all
ip -n r neigh flush all
