# title: one host, two bridges, routing between them
# shows: containers of two bridges talk through the bridge addresses: MACs on both sides, TTL less one, ARP of the bridge
# tags: l2,l3,bridge,router
ip netns add host
ip netns exec host sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n host link set lo up
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link set lo up
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c2 link set lo up
ip netns add c3
ip netns exec c3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c3 link set lo up
ip netns exec host sysctl -qw net.ipv4.ip_forward=1
ip -n host link add name br0 address 02:00:00:00:f0:00 type bridge mcast_snooping 0
ip netns exec host ethtool -K br0 tx off rx off gso off gro off tso off
ip -n host link add name br1 address 02:00:00:00:f1:00 type bridge mcast_snooping 0
ip netns exec host ethtool -K br1 tx off rx off gso off gro off tso off
ip -n c1 link add name eth0 address 02:00:00:00:01:01 type veth peer name p1 address 02:00:00:00:f0:01 netns host
ip netns exec c1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec host ethtool -K p1 tx off rx off gso off gro off tso off
ip -n c2 link add name eth0 address 02:00:00:00:02:01 type veth peer name p2 address 02:00:00:00:f1:02 netns host
ip netns exec c2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec host ethtool -K p2 tx off rx off gso off gro off tso off
ip -n c3 link add name eth0 address 02:00:00:00:03:01 type veth peer name p3 address 02:00:00:00:f1:03 netns host
ip netns exec c3 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec host ethtool -K p3 tx off rx off gso off gro off tso off
ip -n host link set p1 master br0
ip -n host link set p2 master br1
ip -n host link set p3 master br1
ip -n host addr add 172.18.0.1/16 dev br0
ip -n host addr add 172.19.0.1/16 dev br1
ip -n c1 addr add 172.18.0.2/16 dev eth0
ip -n c2 addr add 172.19.0.2/16 dev eth0
ip -n c3 addr add 172.19.0.3/16 dev eth0
ip -n host link set p1 up
ip -n host link set p2 up
ip -n host link set p3 up
ip -n host link set br0 up
ip -n host link set br1 up
ip -n c1 link set eth0 up
ip -n c2 link set eth0 up
ip -n c3 link set eth0 up
ip -n c1 route add default via 172.18.0.1
ip -n c2 route add default via 172.19.0.1
ip -n c3 route add default via 172.19.0.1
printf 'here is c2' | ip netns exec c2 nc -u -l -p 7000 > c2.recv &
ip netns exec host tcpdump -i br0 -U -w host-br0.pcap 2>/dev/null &
ip netns exec host tcpdump -i br1 -U -w host-br1.pcap 2>/dev/null &
ip netns exec host tcpdump -i p3 -U -w host-p3.pcap 2>/dev/null &
ip netns exec c1 tcpdump -i eth0 -U -w c1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec c1 ping -e 4660 -c 1 -s 8 -W 1 172.19.0.2
ip netns exec c1 ping -e 4661 -c 1 -s 8 -W 1 -t 1 172.19.0.2
ip netns exec c3 ping -e 4662 -c 1 -s 8 -W 1 172.18.0.2
ip netns exec c1 ping -e 4663 -c 1 -s 8 -W 1 172.19.0.1
printf 'hello c2' | ip netns exec c1 nc -u -s 172.18.0.2 -p 40000 -w 1 172.19.0.2 7000 > c1.recv
ip netns exec c1 ping -e 4664 -c 1 -s 8 -W 0.3 172.19.0.9
ip -n host neigh > host.neigh
ip -n host route > host.route
bridge -n host fdb show br br0 > br0.fdb
bridge -n host fdb show br br1 > br1.fdb
