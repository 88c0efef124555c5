# title: DELAY, PROBE, FAILED
# shows: an entry that was used while stale is probed by unicast; the peer is silent: after ucast_solicit probes it is FAILED; the next packet asks by broadcast again
# tags: l2,arp,neigh,timer,sysctl
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
ip netns exec h1 sysctl -qw net.ipv4.neigh.eth0.delay_first_probe_time=1 net.ipv4.neigh.eth0.retrans_time_ms=400 net.ipv4.neigh.eth0.ucast_solicit=2
ip -n h1 neigh add 10.0.0.2 lladdr 02:00:00:00:02:01 nud stale dev eth0
ip netns exec h1 tcpdump -i eth0 -U -w h1-eth0.pcap 2>/dev/null &
sleep 1
ip netns exec h2 sysctl -qw net.ipv4.conf.all.arp_ignore=8
ip netns exec h1 ping -e 4660 -c 1 -s 8 -W 1 10.0.0.2
ip -n h1 neigh > h1-delay.neigh
sleep 1.2
ip -n h1 neigh > h1-probe.neigh
sleep 1.2
ip -n h1 neigh > h1-failed.neigh
ip netns exec h1 ping -e 4661 -c 1 -s 8 -W 0.5 10.0.0.2
ip -n h1 neigh > h1.neigh
