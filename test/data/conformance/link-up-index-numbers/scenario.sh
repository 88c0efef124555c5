# title: interface numbers
# shows: numbers are given in order of creation, gaps stay, an explicit index is taken or refused; both ends of a pair in one namespace; @ and link-netns in each case
# tags: l2,link-up,veth,state
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip -n h1 link add name br0 address 02:00:00:00:f0:00 type bridge
ip -n h1 link add name a0 address 02:00:00:00:aa:00 type veth peer name a1 address 02:00:00:00:aa:01
ip -n h1 link add name b0 address 02:00:00:00:bb:00 type veth peer name b1 address 02:00:00:00:bb:01 netns h2
ip -n h1 link > h1-1.link
ip -n h2 link > h2-1.link
ip -n h1 link del a0
ip -n h1 link add name c0 address 02:00:00:00:cc:00 type veth peer name c1 address 02:00:00:00:cc:01
ip -n h1 link > h1-2.link
ip -n h1 link add name d0 address 02:00:00:00:dd:00 index 40 type veth peer name d1 address 02:00:00:00:dd:01
# may-fail
ip -n h1 link add name e0 address 02:00:00:00:ee:00 index 40 type veth peer name e1 address 02:00:00:00:ee:01
ip -n h1 link add name f0 address 02:00:00:00:ff:00 type bridge
ip -n h1 link set c1 up
ip -n h1 link set d0 netns h2
sleep 1.1
ip -n h1 link > h1.link
ip -n h2 link > h2.link
