# title: datagrams of several sizes to open and closed ports
# shows: fragments, and errors that quote them
# tags: l4,udp
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add r1
ip netns exec r1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n r1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:f1:01 netns r1
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n r1 link add name eth1 address 02:00:00:00:f1:02 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec r1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n r1 addr add 10.0.1.254/24 dev eth0
ip -n r1 addr add 10.0.2.254/24 dev eth1
ip -n h2 addr add 10.0.2.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n r1 link set eth0 up
ip -n r1 link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.1.254
ip -n h2 route add default via 10.0.2.254
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth0 -U -w h2-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h2 nc -u -l -k 7000 > srv.txt &
sleep 0.2
printf '%01d' 1 | ip netns exec h1 nc -u -w 1 -p 5000 10.0.2.1 7000
printf '%01472d' 1472 | ip netns exec h1 nc -u -w 1 -p 5001 10.0.2.1 7000
printf '%01473d' 1473 | ip netns exec h1 nc -u -w 1 -p 5002 10.0.2.1 7000
printf '%03000d' 3000 | ip netns exec h1 nc -u -w 1 -p 5003 10.0.2.1 7000
printf '%01d' 1 | ip netns exec h1 nc -u -w 1 -p 5004 10.0.2.1 7001
printf '%01472d' 1472 | ip netns exec h1 nc -u -w 1 -p 5005 10.0.2.1 7001
printf '%03000d' 3000 | ip netns exec h1 nc -u -w 1 -p 5006 10.0.2.1 7001
printf '%0600d' 600 | ip netns exec h1 nc -u -w 1 -p 5007 10.0.2.1 7001
printf '' | ip netns exec h1 nc -u -w 1 -p 5100 10.0.2.1 7000
printf 'x' | ip netns exec h1 nc -u -w 1 -s 10.0.1.1 -p 5101 10.0.2.254 7000
printf 'x' | ip netns exec h1 nc -u -w 1 -p 5102 10.0.1.254 7000
