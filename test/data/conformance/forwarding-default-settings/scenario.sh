# title: conf.default and devices with and without addresses; ip_forward and accept_redirects
# shows: a device follows default until it has an address; turning forwarding on turns conf.all.accept_redirects off; there is no neigh.default
# tags: l3,forwarding
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:02:01 netns h2
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip -n h1 link add name eth1 address 02:00:00:00:01:02 type veth peer name eth1 address 02:00:00:00:02:02 netns h2
ip netns exec h1 ethtool -K eth1 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth1 tx off rx off gso off gro off tso off
ip -n h1 addr add 10.0.0.1/24 dev eth0
ip netns exec h1 sysctl -qw net.ipv4.conf.default.arp_ignore=1
ip netns exec h1 sysctl -qw net.ipv4.conf.eth1.rp_filter=2
ip netns exec h1 sysctl -qw net.ipv4.conf.default.rp_filter=1
ip -n h1 link add name eth2 address 02:00:00:00:01:03 type veth peer name eth2 address 02:00:00:00:02:03 netns h2
ip netns exec h1 ethtool -K eth2 tx off rx off gso off gro off tso off
ip netns exec h2 ethtool -K eth2 tx off rx off gso off gro off tso off
ip netns exec h1 sysctl -qw net.ipv4.conf.default.arp_ignore=2
ip netns exec h1 sysctl net.ipv4.conf.all.arp_ignore net.ipv4.conf.default.arp_ignore net.ipv4.conf.lo.arp_ignore net.ipv4.conf.eth0.arp_ignore net.ipv4.conf.eth1.arp_ignore net.ipv4.conf.eth2.arp_ignore > a.txt
ip netns exec h1 sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.default.rp_filter net.ipv4.conf.lo.rp_filter net.ipv4.conf.eth0.rp_filter net.ipv4.conf.eth1.rp_filter net.ipv4.conf.eth2.rp_filter > b.txt
ip netns exec h1 sysctl net.ipv4.conf.all.accept_redirects net.ipv4.conf.default.accept_redirects net.ipv4.conf.eth0.accept_redirects > c.txt
ip netns exec h1 sysctl -qw net.ipv4.ip_forward=1
ip netns exec h1 sysctl net.ipv4.conf.all.accept_redirects net.ipv4.conf.default.accept_redirects net.ipv4.conf.eth0.accept_redirects net.ipv4.conf.default.forwarding net.ipv4.conf.eth1.forwarding > d.txt
ip netns exec h1 sysctl -qw net.ipv4.conf.default.forwarding=0
ip netns exec h1 sysctl -qw net.ipv4.conf.all.accept_redirects=1
ip netns exec h1 sysctl -qw net.ipv4.ip_forward=1
ip netns exec h1 sysctl net.ipv4.conf.all.accept_redirects net.ipv4.conf.all.forwarding net.ipv4.conf.eth1.forwarding net.ipv4.conf.default.forwarding > e.txt
ip netns exec h1 sysctl -qw net.ipv4.conf.all.forwarding=0
ip netns exec h1 sysctl net.ipv4.conf.all.accept_redirects net.ipv4.conf.all.forwarding net.ipv4.conf.eth1.forwarding net.ipv4.conf.default.forwarding net.ipv4.ip_forward > f.txt
# may-fail
ip netns exec h1 sysctl net.ipv4.neigh.default.base_reachable_time_ms > g.txt
# may-fail
ip netns exec h1 sysctl -qw net.ipv4.neigh.default.base_reachable_time_ms=2000
# may-fail
ip netns exec h1 sysctl net.ipv4.neigh.eth0.base_reachable_time_ms net.ipv4.neigh.eth1.base_reachable_time_ms > h.txt
