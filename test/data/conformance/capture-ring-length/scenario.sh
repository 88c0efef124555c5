# title: how much of a frame a capture in immediate mode keeps
# shows: the places of the ring of TPACKET_V2 are as long as the MTU needs when the capture begins, in steps of 16 octets; larger frames are cut
# tags: tcpdump,mtu
ip netns add h1
ip netns add h2
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link add eth1 address 02:00:0a:00:01:01 mtu 1446 type veth peer name eth1 address 02:00:0a:00:01:02 mtu 1446 netns h2
ip netns exec h1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth1 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.1.1/24 dev eth1
ip -n h2 addr add 10.0.1.2/24 dev eth1
ip -n h1 link set eth1 up
ip -n h2 link set eth1 up
ip -n h1 link add eth2 address 02:00:0a:00:02:01 mtu 1450 type veth peer name eth2 address 02:00:0a:00:02:02 mtu 1450 netns h2
ip netns exec h1 ethtool -K eth2 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth2 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.2.1/24 dev eth2
ip -n h2 addr add 10.0.2.2/24 dev eth2
ip -n h1 link set eth2 up
ip -n h2 link set eth2 up
ip -n h1 link add eth3 address 02:00:0a:00:03:01 mtu 1454 type veth peer name eth3 address 02:00:0a:00:03:02 mtu 1454 netns h2
ip netns exec h1 ethtool -K eth3 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth3 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.3.1/24 dev eth3
ip -n h2 addr add 10.0.3.2/24 dev eth3
ip -n h1 link set eth3 up
ip -n h2 link set eth3 up
ip -n h1 link add eth4 address 02:00:0a:00:04:01 mtu 1458 type veth peer name eth4 address 02:00:0a:00:04:02 mtu 1458 netns h2
ip netns exec h1 ethtool -K eth4 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth4 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.4.1/24 dev eth4
ip -n h2 addr add 10.0.4.2/24 dev eth4
ip -n h1 link set eth4 up
ip -n h2 link set eth4 up
ip -n h1 link add eth5 address 02:00:0a:00:05:01 mtu 1462 type veth peer name eth5 address 02:00:0a:00:05:02 mtu 1462 netns h2
ip netns exec h1 ethtool -K eth5 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth5 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.5.1/24 dev eth5
ip -n h2 addr add 10.0.5.2/24 dev eth5
ip -n h1 link set eth5 up
ip -n h2 link set eth5 up
ip -n h1 link add eth6 address 02:00:0a:00:06:01 mtu 1500 type veth peer name eth6 address 02:00:0a:00:06:02 mtu 1500 netns h2
ip netns exec h1 ethtool -K eth6 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth6 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.6.1/24 dev eth6
ip -n h2 addr add 10.0.6.2/24 dev eth6
ip -n h1 link set eth6 up
ip -n h2 link set eth6 up

ip netns exec h2 tcpdump -i eth1 --immediate-mode -U -w h2-eth1.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth2 --immediate-mode -U -w h2-eth2.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth3 --immediate-mode -U -w h2-eth3.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth4 --immediate-mode -U -w h2-eth4.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth5 --immediate-mode -U -w h2-eth5.pcap 2>/dev/null &
ip netns exec h2 tcpdump -i eth6 --immediate-mode -U -w h2-eth6.pcap 2>/dev/null &
sleep 1
ip -n h1 link set eth1 mtu 4000
ip -n h2 link set eth1 mtu 4000
ip netns exec h1 ping -e 4660 -c 1 -W 1 -s 3000 10.0.1.2
sleep 0.2
ip -n h1 link set eth2 mtu 4000
ip -n h2 link set eth2 mtu 4000
ip netns exec h1 ping -e 4660 -c 1 -W 1 -s 3000 10.0.2.2
sleep 0.2
ip -n h1 link set eth3 mtu 4000
ip -n h2 link set eth3 mtu 4000
ip netns exec h1 ping -e 4660 -c 1 -W 1 -s 3000 10.0.3.2
sleep 0.2
ip -n h1 link set eth4 mtu 4000
ip -n h2 link set eth4 mtu 4000
ip netns exec h1 ping -e 4660 -c 1 -W 1 -s 3000 10.0.4.2
sleep 0.2
ip -n h1 link set eth5 mtu 4000
ip -n h2 link set eth5 mtu 4000
ip netns exec h1 ping -e 4660 -c 1 -W 1 -s 3000 10.0.5.2
sleep 0.2
ip -n h1 link set eth6 mtu 4000
ip -n h2 link set eth6 mtu 4000
ip netns exec h1 ping -e 4660 -c 1 -W 1 -s 3000 10.0.6.2
sleep 0.2
