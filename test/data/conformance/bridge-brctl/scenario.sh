# title: a bridge made with brctl
# shows: addbr, addif, setfd, sethello, setmaxage, setbridgeprio, setpathcost, setportprio, hairpin, stp: show, showmacs, showstp and what ip and bridge say
# tags: l2,bridge,state
ip netns add sw
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n sw link set lo up
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h1 link set lo up
ip netns add h2
ip netns exec h2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip -n h2 link set lo up
ip netns exec sw brctl addbr br0
ip -n sw link set br0 address 02:00:00:00:f0:00
ip netns exec sw ethtool -K br0 tx off rx off gso off gro off tso off
ip -n h1 link add name eth0 address 02:00:00:00:01:01 type veth peer name p1 address 02:00:00:00:f0:01 netns sw
ip netns exec h1 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p1 tx off rx off gso off gro off tso off
ip -n h2 link add name eth0 address 02:00:00:00:02:01 type veth peer name p2 address 02:00:00:00:f0:02 netns sw
ip netns exec h2 ethtool -K eth0 tx off rx off gso off gro off tso off
ip netns exec sw ethtool -K p2 tx off rx off gso off gro off tso off
ip netns exec sw brctl addif br0 p1
ip netns exec sw brctl addif br0 p2
ip netns exec sw brctl setfd br0 5
ip netns exec sw brctl sethello br0 3
ip netns exec sw brctl setmaxage br0 9
ip netns exec sw brctl setbridgeprio br0 4096
ip netns exec sw brctl setpathcost br0 p1 42
ip netns exec sw brctl setportprio br0 p2 7
ip netns exec sw brctl hairpin br0 p1 on
ip netns exec sw brctl showstp br0 > sw-showstp.txt
ip netns exec sw brctl show > sw-show.txt
ip netns exec sw brctl showmacs br0 > sw.macs
ip -n sw -d link show br0 > sw-br0.txt
ip netns exec sw bridge -d link > sw-ports.txt
ip netns exec sw brctl setageing br0 120
# may-fail
ip netns exec sw brctl addbr br0
# may-fail
ip netns exec sw brctl addif br0 nodev
# may-fail
ip netns exec sw brctl delif br0 lo
ip netns exec sw brctl delif br0 p2
ip netns exec sw brctl show br0 > sw-show-2.txt
ip netns exec sw brctl delbr br0
ip netns exec sw brctl show > sw-show-3.txt
ip -n sw -br link > sw.link
