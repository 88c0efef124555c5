# title: reassembly with limits on memory and time
# shows: nothing is put together without memory; the largest packets
# tags: l3,ping
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip -n h2 addr add 10.0.0.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h1 ping -e 4660 -c 1 -s 3000 -W 1 10.0.0.2
ip netns exec h2 sysctl -qw net.ipv4.ipfrag_low_thresh=0
ip netns exec h2 sysctl -qw net.ipv4.ipfrag_high_thresh=0
ip netns exec h1 ping -e 4660 -c 1 -s 3000 -W 1 10.0.0.2
ip netns exec h2 sysctl -qw net.ipv4.ipfrag_high_thresh=4194304
ip netns exec h2 sysctl -qw net.ipv4.ipfrag_time=1
ip -n h2 link set eth0 mtu 1000
ip netns exec h1 ping -e 4660 -c 2 -i 0.2 -s 3000 -W 1 10.0.0.2
sleep 2
ip -n h2 link set eth0 mtu 1500
ip netns exec h1 ping -e 4660 -c 1 -s 40000 -W 1 10.0.0.2
ip netns exec h1 ping -e 4660 -c 1 -s 65507 -W 1 10.0.0.2
ip netns exec h2 ping -e 4660 -c 1 -s 2000 -W 1 10.0.0.1
