# title: ip rule by source pod network into a table that routes through vxlan, main through host-gw
# shows: forward and reply paths differ, rp_filter strict stops one
# tags: vxlan,rule
ip netns add p
ip netns exec p sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n p link set lo up
ip netns add q
ip netns exec q sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n q link set lo up
ip netns add a
ip netns exec a sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n a link set lo up
ip netns exec a sysctl -qw net.ipv4.ip_forward=1
ip netns add b
ip netns exec b sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n b link set lo up
ip netns exec b sysctl -qw net.ipv4.ip_forward=1
ip -n p link add name eth0 address 02:00:00:00:11:01 type veth peer name pod address 02:00:00:00:11:02 netns a
ip netns exec p ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec a ethtool -K pod tx off rx off gso off gro off tso off
ip -n p addr add 10.1.0.2/24 dev eth0
ip -n a addr add 10.1.0.1/24 dev pod
ip -n p link set eth0 up
ip -n a link set pod up
ip -n q link add name eth0 address 02:00:00:00:12:01 type veth peer name pod address 02:00:00:00:12:02 netns b
ip netns exec q ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec b ethtool -K pod tx off rx off gso off gro off tso off
ip -n q addr add 10.2.0.2/24 dev eth0
ip -n b addr add 10.2.0.1/24 dev pod
ip -n q link set eth0 up
ip -n b link set pod up
ip -n a link add name eth0 address 02:00:00:00:13:01 type veth peer name eth0 address 02:00:00:00:13:02 netns b
ip netns exec a ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec b ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n a addr add 192.168.1.1/24 dev eth0
ip -n b addr add 192.168.1.2/24 dev eth0
ip -n a link set eth0 up
ip -n b link set eth0 up
ip -n p route add default via 10.1.0.1
ip -n q route add default via 10.2.0.1
ip -n a link add name vx0 address 02:00:00:00:14:0c type vxlan id 1 remote 192.168.1.2 local 192.168.1.1 dstport 4789
ip netns exec a ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n a addr add 10.9.0.1/30 dev vx0
ip -n a link set vx0 up
ip -n b link add name vx0 address 02:00:00:00:15:0c type vxlan id 1 remote 192.168.1.1 local 192.168.1.2 dstport 4789
ip netns exec b ethtool -K vx0 tx off rx off gso off gro off tso off
ip -n b addr add 10.9.0.2/30 dev vx0
ip -n b link set vx0 up
ip -n a route add 10.2.0.0/24 via 192.168.1.2
ip -n b route add 10.1.0.0/24 via 192.168.1.1
ip -n a route add 10.2.0.0/24 via 10.9.0.2 table 50
ip -n a rule add from 10.1.0.0/24 iif pod lookup 50
ip netns exec a tcpdump -i eth0 -U -w a-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec p ping -e 1 -c 1 -s 8 -W 0.5 10.2.0.2
ip netns exec b sysctl -qw net.ipv4.conf.vx0.rp_filter=1
ip netns exec p ping -e 2 -c 1 -s 8 -W 0.5 10.2.0.2
ip netns exec b sysctl -qw net.ipv4.conf.vx0.rp_filter=2
ip netns exec p ping -e 3 -c 1 -s 8 -W 0.5 10.2.0.2
ip -n b route add 10.1.0.0/24 via 10.9.0.1 table 51
ip -n b rule add fwmark 0 from 10.2.0.0/24 lookup 51 priority 99
ip netns exec b sysctl -qw net.ipv4.conf.vx0.rp_filter=1
ip netns exec p ping -e 4 -c 1 -s 8 -W 0.5 10.2.0.2
ip netns exec p ping -e 5 -c 1 -s 1460 -M do -W 0.5 10.2.0.2 > p5.ping
ip netns exec q ping -e 6 -c 1 -s 1460 -M do -W 0.5 10.1.0.2 > q6.ping
ip -n p route get 10.2.0.2 > p.route
ip -n q route get 10.1.0.2 > q.route
ip -n b rule > b.rule
