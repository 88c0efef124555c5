# title: docker overlay networks of two VNIs over three hosts, one container moves
# shows: proxy answers, stale entries, replace
# tags: vxlan,docker
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n sw link set lo up
ip -n sw link add name br0 address 02:00:00:00:11:0b type bridge mcast_snooping 0
ip netns exec sw ethtool -K br0 tx off rx off gso off gro off tso off
ip -n sw link set br0 up
ip netns add n1
ip netns exec n1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n n1 link set lo up
ip -n n1 link add name eth0 address 02:00:00:00:12:01 type veth peer name p1 address 02:00:00:00:12:02 netns sw
ip netns exec n1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n n1 addr add 192.168.50.1/24 dev eth0
ip -n n1 link set eth0 up
ip -n sw link set p1 up
ip -n sw link set p1 master br0
ip -n n1 link add name br1 address 02:00:00:00:13:0b type bridge mcast_snooping 0
ip netns exec n1 ethtool -K br1 tx off rx off gso off gro off tso off
ip -n n1 addr add 10.0.1.251/24 dev br1
ip -n n1 link set br1 up
ip -n n1 link add name vx1 address 02:00:00:00:14:0c mtu 1450 type vxlan id 4097 dstport 4789 proxy l2miss l3miss udpcsum
ip netns exec n1 ethtool -K vx1 tx off rx off gso off gro off tso off
ip -n n1 link set vx1 up
ip -n n1 link set vx1 master br1
ip -n n1 link add name br2 address 02:00:00:00:15:0b type bridge mcast_snooping 0
ip netns exec n1 ethtool -K br2 tx off rx off gso off gro off tso off
ip -n n1 addr add 10.0.2.251/24 dev br2
ip -n n1 link set br2 up
ip -n n1 link add name vx2 address 02:00:00:00:16:0c mtu 1450 type vxlan id 4098 dstport 4789 proxy l2miss l3miss udpcsum
ip netns exec n1 ethtool -K vx2 tx off rx off gso off gro off tso off
ip -n n1 link set vx2 up
ip -n n1 link set vx2 master br2
ip netns add n2
ip netns exec n2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n n2 link set lo up
ip -n n2 link add name eth0 address 02:00:00:00:17:01 type veth peer name p2 address 02:00:00:00:17:02 netns sw
ip netns exec n2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip -n n2 addr add 192.168.50.2/24 dev eth0
ip -n n2 link set eth0 up
ip -n sw link set p2 up
ip -n sw link set p2 master br0
ip -n n2 link add name br1 address 02:00:00:00:18:0b type bridge mcast_snooping 0
ip netns exec n2 ethtool -K br1 tx off rx off gso off gro off tso off
ip -n n2 addr add 10.0.1.252/24 dev br1
ip -n n2 link set br1 up
ip -n n2 link add name vx1 address 02:00:00:00:19:0c mtu 1450 type vxlan id 4097 dstport 4789 proxy l2miss l3miss udpcsum
ip netns exec n2 ethtool -K vx1 tx off rx off gso off gro off tso off
ip -n n2 link set vx1 up
ip -n n2 link set vx1 master br1
ip -n n2 link add name br2 address 02:00:00:00:1a:0b type bridge mcast_snooping 0
ip netns exec n2 ethtool -K br2 tx off rx off gso off gro off tso off
ip -n n2 addr add 10.0.2.252/24 dev br2
ip -n n2 link set br2 up
ip -n n2 link add name vx2 address 02:00:00:00:1b:0c mtu 1450 type vxlan id 4098 dstport 4789 proxy l2miss l3miss udpcsum
ip netns exec n2 ethtool -K vx2 tx off rx off gso off gro off tso off
ip -n n2 link set vx2 up
ip -n n2 link set vx2 master br2
ip netns add n3
ip netns exec n3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n n3 link set lo up
ip -n n3 link add name eth0 address 02:00:00:00:1c:01 type veth peer name p3 address 02:00:00:00:1c:02 netns sw
ip netns exec n3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p3 tx off rx off gso off gro off tso off
ip -n n3 addr add 192.168.50.3/24 dev eth0
ip -n n3 link set eth0 up
ip -n sw link set p3 up
ip -n sw link set p3 master br0
ip -n n3 link add name br1 address 02:00:00:00:1d:0b type bridge mcast_snooping 0
ip netns exec n3 ethtool -K br1 tx off rx off gso off gro off tso off
ip -n n3 addr add 10.0.1.253/24 dev br1
ip -n n3 link set br1 up
ip -n n3 link add name vx1 address 02:00:00:00:1e:0c mtu 1450 type vxlan id 4097 dstport 4789 proxy l2miss l3miss udpcsum
ip netns exec n3 ethtool -K vx1 tx off rx off gso off gro off tso off
ip -n n3 link set vx1 up
ip -n n3 link set vx1 master br1
ip -n n3 link add name br2 address 02:00:00:00:1f:0b type bridge mcast_snooping 0
ip netns exec n3 ethtool -K br2 tx off rx off gso off gro off tso off
ip -n n3 addr add 10.0.2.253/24 dev br2
ip -n n3 link set br2 up
ip -n n3 link add name vx2 address 02:00:00:00:20:0c mtu 1450 type vxlan id 4098 dstport 4789 proxy l2miss l3miss udpcsum
ip netns exec n3 ethtool -K vx2 tx off rx off gso off gro off tso off
ip -n n3 link set vx2 up
ip -n n3 link set vx2 master br2
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n c1 link set lo up
ip -n c1 link add name eth0 address 02:00:00:00:21:01 mtu 1450 type veth peer name v11 address 02:00:00:00:21:02 mtu 1450 netns n1
ip netns exec c1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n1 ethtool -K v11 tx off rx off gso off gro off tso off
ip -n c1 addr add 10.0.1.11/24 dev eth0
ip -n c1 link set eth0 up
ip -n n1 link set v11 up
ip -n c1 link set eth0 address 02:42:0a:00:01:11
ip -n n1 link set v11 master br1
bridge -n n2 fdb add 02:42:0a:00:01:11 dev vx1 dst 192.168.50.1 self permanent
ip -n n2 neigh add 10.0.1.11 lladdr 02:42:0a:00:01:11 nud permanent dev vx1
bridge -n n3 fdb add 02:42:0a:00:01:11 dev vx1 dst 192.168.50.1 self permanent
ip -n n3 neigh add 10.0.1.11 lladdr 02:42:0a:00:01:11 nud permanent dev vx1
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n c2 link set lo up
ip -n c2 link add name eth0 address 02:00:00:00:22:01 mtu 1450 type veth peer name v12 address 02:00:00:00:22:02 mtu 1450 netns n2
ip netns exec c2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n2 ethtool -K v12 tx off rx off gso off gro off tso off
ip -n c2 addr add 10.0.1.12/24 dev eth0
ip -n c2 link set eth0 up
ip -n n2 link set v12 up
ip -n c2 link set eth0 address 02:42:0a:00:01:12
ip -n n2 link set v12 master br1
bridge -n n1 fdb add 02:42:0a:00:01:12 dev vx1 dst 192.168.50.2 self permanent
ip -n n1 neigh add 10.0.1.12 lladdr 02:42:0a:00:01:12 nud permanent dev vx1
bridge -n n3 fdb add 02:42:0a:00:01:12 dev vx1 dst 192.168.50.2 self permanent
ip -n n3 neigh add 10.0.1.12 lladdr 02:42:0a:00:01:12 nud permanent dev vx1
ip netns add c3
ip netns exec c3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n c3 link set lo up
ip -n c3 link add name eth0 address 02:00:00:00:23:01 mtu 1450 type veth peer name v13 address 02:00:00:00:23:02 mtu 1450 netns n3
ip netns exec c3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n3 ethtool -K v13 tx off rx off gso off gro off tso off
ip -n c3 addr add 10.0.2.13/24 dev eth0
ip -n c3 link set eth0 up
ip -n n3 link set v13 up
ip -n c3 link set eth0 address 02:42:0a:00:02:13
ip -n n3 link set v13 master br2
bridge -n n1 fdb add 02:42:0a:00:02:13 dev vx2 dst 192.168.50.3 self permanent
ip -n n1 neigh add 10.0.2.13 lladdr 02:42:0a:00:02:13 nud permanent dev vx2
bridge -n n2 fdb add 02:42:0a:00:02:13 dev vx2 dst 192.168.50.3 self permanent
ip -n n2 neigh add 10.0.2.13 lladdr 02:42:0a:00:02:13 nud permanent dev vx2
ip netns add c4
ip netns exec c4 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip -n c4 link set lo up
ip -n c4 link add name eth0 address 02:00:00:00:24:01 mtu 1450 type veth peer name v14 address 02:00:00:00:24:02 mtu 1450 netns n1
ip netns exec c4 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec n1 ethtool -K v14 tx off rx off gso off gro off tso off
ip -n c4 addr add 10.0.2.14/24 dev eth0
ip -n c4 link set eth0 up
ip -n n1 link set v14 up
ip -n c4 link set eth0 address 02:42:0a:00:02:14
ip -n n1 link set v14 master br2
bridge -n n2 fdb add 02:42:0a:00:02:14 dev vx2 dst 192.168.50.1 self permanent
ip -n n2 neigh add 10.0.2.14 lladdr 02:42:0a:00:02:14 nud permanent dev vx2
bridge -n n3 fdb add 02:42:0a:00:02:14 dev vx2 dst 192.168.50.1 self permanent
ip -n n3 neigh add 10.0.2.14 lladdr 02:42:0a:00:02:14 nud permanent dev vx2
ip netns exec n1 tcpdump -i eth0 -U -w n1-eth0.pcap 2>/dev/null &
ip netns exec n1 tcpdump -i vx1 -U -w n1-vx1.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 1 -c 1 -s 8 -W 0.5 10.0.1.12
ip netns exec c4 ping -e 2 -c 1 -s 8 -W 0.5 10.0.2.13
ip netns exec c1 ping -e 3 -c 1 -s 8 -W 0.5 10.0.1.99
ip -n c1 neigh flush all
ip netns exec c1 ping -e 4 -c 1 -s 1430 -M do -W 0.5 10.0.1.12 > p4.ping
ip netns exec c1 ping -e 5 -c 1 -s 3000 -W 0.5 10.0.1.12 > p5.ping
bridge -n n1 fdb replace 02:42:0a:00:01:12 dev vx1 dst 192.168.50.3 self permanent
ip netns exec c1 ping -e 6 -c 1 -s 8 -W 0.5 10.0.1.12
bridge -n n1 fdb show dev vx1 > n1.fdb
bridge -n n1 fdb show br br1 > n1b.fdb
bridge -n n2 fdb show br br1 > n2.fdb
ip -n n1 neigh > n1.neigh
ip netns exec n1 ping -e 7 -c 1 -s 8 -W 0.5 10.0.1.12
