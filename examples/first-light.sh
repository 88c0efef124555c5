# title: two hosts with two containers each, and a router between them
# shows: a container reaches a container of the other host by ping and over UDP; every hop is captured
# tags: example,bridge,route,arp,icmp,udp
#
# Run it here:              npm start
# The same on your kernel:  unshare --net --mount bash examples/first-light.sh (as root)
#
#   c1 --+-- br0 (host1) eth0 ---- left (r) right ---- eth0 (host2) br0 --+-- c3
#   c2 --+                                                                +-- c4

# The hosts and the router between them, all without IPv6.
ip netns add host1
ip netns exec host1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns add host2
ip netns exec host2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n host1 link add eth0 address 02:00:00:00:01:01 type veth peer name left address 02:00:00:00:00:01 netns r
ip -n host2 link add eth0 address 02:00:00:00:02:01 type veth peer name right address 02:00:00:00:00:02 netns r
ip -n host1 addr add 192.168.1.2/24 dev eth0
ip -n r addr add 192.168.1.1/24 dev left
ip -n r addr add 192.168.2.1/24 dev right
ip -n host2 addr add 192.168.2.2/24 dev eth0
ip -n host1 link set eth0 up
ip -n r link set left up
ip -n r link set right up
ip -n host2 link set eth0 up

# A bridge on each host.
ip -n host1 link add br0 address 02:00:00:00:01:02 type bridge
ip -n host1 addr add 172.17.1.1/24 dev br0
ip -n host1 link set br0 up
ip -n host2 link add br0 address 02:00:00:00:02:02 type bridge
ip -n host2 addr add 172.17.2.1/24 dev br0
ip -n host2 link set br0 up

# Two containers on each bridge.
ip netns add c1
ip netns exec c1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns add c2
ip netns exec c2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns add c3
ip netns exec c3 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns add c4
ip netns exec c4 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n c1 link add eth0 address 02:00:00:00:01:11 type veth peer name veth1 address 02:00:00:00:01:21 netns host1
ip -n c2 link add eth0 address 02:00:00:00:01:12 type veth peer name veth2 address 02:00:00:00:01:22 netns host1
ip -n c3 link add eth0 address 02:00:00:00:02:13 type veth peer name veth3 address 02:00:00:00:02:23 netns host2
ip -n c4 link add eth0 address 02:00:00:00:02:14 type veth peer name veth4 address 02:00:00:00:02:24 netns host2
ip -n host1 link set veth1 master br0 up
ip -n host1 link set veth2 master br0 up
ip -n host2 link set veth3 master br0 up
ip -n host2 link set veth4 master br0 up
ip -n c1 addr add 172.17.1.11/24 dev eth0
ip -n c2 addr add 172.17.1.12/24 dev eth0
ip -n c3 addr add 172.17.2.13/24 dev eth0
ip -n c4 addr add 172.17.2.14/24 dev eth0
ip -n c1 link set eth0 up
ip -n c2 link set eth0 up
ip -n c3 link set eth0 up
ip -n c4 link set eth0 up

# Captures show finished UDP checksums only where the sender does not leave them to its device.
ip netns exec c1 ethtool -K eth0 tx off > /dev/null

# Everybody forwards and knows the way.
ip netns exec host1 sysctl -qw net.ipv4.ip_forward=1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns exec host2 sysctl -qw net.ipv4.ip_forward=1
ip -n c1 route add default via 172.17.1.1
ip -n c2 route add default via 172.17.1.1
ip -n c3 route add default via 172.17.2.1
ip -n c4 route add default via 172.17.2.1
ip -n host1 route add 172.17.2.0/24 via 192.168.1.1
ip -n host2 route add 172.17.1.0/24 via 192.168.2.1
ip -n r route add 172.17.1.0/24 via 192.168.1.2
ip -n r route add 172.17.2.0/24 via 192.168.2.2

# Links come up, bridges say what they listen to.
sleep 2

# Listen at the sender, at both sides of the router, and at the receiver; print what the router sees.
ip netns exec c1 tcpdump -n -p -i eth0 -U -w c1.pcap 2>/dev/null &
ip netns exec r tcpdump -n -p -i left -U -w r-left.pcap 2>/dev/null &
ip netns exec r tcpdump -n -p -i right -U -w r-right.pcap 2>/dev/null &
ip netns exec c4 tcpdump -n -p -i eth0 -U -w c4.pcap 2>/dev/null &
ip netns exec r tcpdump -l -n -p -i right arp or ip 2>/dev/null &
sleep 0.1

ip netns exec c1 ping -c 2 -e 1 172.17.2.14
ip netns exec c4 nc -u -l -p 8000 > c4.received &
sleep 0.1
printf 'first light' | ip netns exec c1 nc -u -p 40000 -w 1 172.17.2.14 8000

ip -n r neigh show dev right > r-right.neigh
bridge -n host2 fdb show br br0 > host2.fdb

# Output:
# PING 172.17.2.14 (172.17.2.14) 56(84) bytes of data.
# 64 bytes from 172.17.2.14: icmp_seq=1 ttl=61 time=0.000 ms
# 00:00:02.395000 ARP, Request who-has 192.168.2.2 tell 192.168.2.1, length 28
# 00:00:02.395000 ARP, Reply 192.168.2.2 is-at 02:00:00:00:02:01, length 28
# 00:00:02.395000 IP 172.17.1.11 > 172.17.2.14: ICMP echo request, id 1, seq 1, length 64
# 00:00:02.395000 IP 172.17.2.14 > 172.17.1.11: ICMP echo reply, id 1, seq 1, length 64
# 00:00:03.424000 IP 172.17.1.11 > 172.17.2.14: ICMP echo request, id 1, seq 2, length 64
# 00:00:03.424000 IP 172.17.2.14 > 172.17.1.11: ICMP echo reply, id 1, seq 2, length 64
# 64 bytes from 172.17.2.14: icmp_seq=2 ttl=61 time=0.000 ms
#
# --- 172.17.2.14 ping statistics ---
# 2 packets transmitted, 2 received, 0% packet loss, time 1029ms
# rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms
# 00:00:03.529000 IP 172.17.1.11.40000 > 172.17.2.14.8000: UDP, length 11
#
