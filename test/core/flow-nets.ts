/**
 * The networks that live with and without the flow cache: the hosts that send and receive with their addresses, commands
 * that change something, and devices that captures may be opened on, as `NETNS DEV`.
 */
import { Process } from '../../lib/app/process.js'
import { UdpProxy } from '../../lib/flannel/backend/udp/proxy.js'
import type { World } from '../../lib/index.js'
import { udpSocket } from '../../lib/ip/udp.js'
import { tunOpen } from '../../lib/rtnl/tuntap.js'
import { parseIpv4 } from '../../lib/wire/ip.js'

const veth = (a: string, ifA: string, b: string, ifB: string): string =>
  `ip -n ${a} link add ${ifA} type veth peer name ${ifB} netns ${b}
ip -n ${a} link set ${ifA} up
ip -n ${b} link set ${ifB} up
`

const netnses = (...names: string[]): string =>
  names.map(n => `ip netns add ${n}\nip -n ${n} link set lo up\n`).join('')

/** Three hosts on a bridge that is a host itself. */
const BRIDGE = {
  script: `${netnses('a', 'b', 'c', 'sw')}ip -n sw link add br0 type bridge
ip -n sw link set br0 up
ip -n sw addr add 10.0.0.254/24 dev br0
${['a', 'b', 'c']
  .map(
    (h, i) =>
      `${veth(h, 'eth0', 'sw', `p${i}`)}ip -n sw link set p${i} master br0\nip -n ${h} addr add 10.0.0.${i + 1}/24 dev eth0\n`,
  )
  .join('')}`,
  hosts: [
    ['a', '10.0.0.1'],
    ['b', '10.0.0.2'],
    ['c', '10.0.0.3'],
    ['sw', '10.0.0.254'],
  ],
  devs: ['a eth0', 'sw p0', 'sw p1', 'sw br0', 'b eth0'],
  events: [
    'ip -n sw link set br0 type bridge vlan_filtering 1',
    'ip -n sw link set br0 type bridge vlan_filtering 0',
    'ip -n sw link set br0 type bridge ageing_time 300',
    'ip -n sw link set br0 type bridge ageing_time 30000',
    'ip -n sw link set br0 type bridge ageing_time 0',
    'bridge -n sw link set dev p0 learning off',
    'bridge -n sw link set dev p0 learning on',
    'bridge -n sw link set dev p0 isolated on',
    'bridge -n sw link set dev p1 isolated on',
    'bridge -n sw link set dev p1 isolated off',
    'bridge -n sw link set dev p1 state 0',
    'bridge -n sw link set dev p1 state 3',
    'bridge -n sw link set dev p0 locked on',
    'bridge -n sw link set dev p0 locked off',
    'bridge -n sw fdb flush dev br0',
    'ip -n sw link set p1 type bridge_slave fdb_flush',
    'ip -n sw link set br0 promisc on',
    'ip -n sw link set br0 promisc off',
    'ip -n sw link set p1 nomaster',
    'ip -n sw link set p1 master br0',
    'ip -n b link set eth0 address 02:00:00:00:00:77',
    'ip -n a neigh flush dev eth0',
    'ip -n a link set eth0 mtu 600',
    'ip -n b link set eth0 mtu 900',
    'ip -n sw link set br0 mtu 700',
    'ip -n b link set eth0 down',
    'ip -n b link set eth0 up',
    'ip netns exec a ethtool -K eth0 tx off',
    'ip netns exec sw ethtool -K p1 tx off',
    'ip netns exec sw ethtool -K p1 tx on',
    'tc -n sw qdisc add dev p1 root pfifo_fast',
    'tc -n sw qdisc del dev p1 root',
  ],
}

/** Two hosts with two routers between them and a way around the second one. */
const ROUTERS = {
  script: `${netnses('a', 'r1', 'r2', 'r3', 'b')}${veth('a', 'e0', 'r1', 'e0')}${veth('r1', 'e1', 'r2', 'e0')}${veth('r2', 'e1', 'b', 'e0')}${veth('r1', 'e2', 'r3', 'e0')}${veth('r3', 'e1', 'b', 'e1')}ip -n a addr add 10.1.0.1/24 dev e0
ip -n a route add default via 10.1.0.2
ip -n r1 addr add 10.1.0.2/24 dev e0
ip -n r1 addr add 10.1.1.1/24 dev e1
ip -n r1 addr add 10.1.3.1/24 dev e2
ip -n r2 addr add 10.1.1.2/24 dev e0
ip -n r2 addr add 10.1.2.1/24 dev e1
ip -n r3 addr add 10.1.3.2/24 dev e0
ip -n r3 addr add 10.1.4.1/24 dev e1
ip -n b addr add 10.1.2.2/24 dev e0
ip -n b addr add 10.1.4.2/24 dev e1
ip -n r1 route add 10.1.2.0/24 via 10.1.1.2
ip -n r2 route add 10.1.0.0/24 via 10.1.1.1
ip -n r3 route add 10.1.0.0/24 via 10.1.3.1
ip -n r3 route add 10.1.2.0/24 via 10.1.4.2
ip -n b route add default via 10.1.2.1
${['r1', 'r2', 'r3', 'b'].map(r => `ip netns exec ${r} sysctl -w net.ipv4.ip_forward=1\nip netns exec ${r} sysctl -w net.ipv4.conf.all.rp_filter=0\n`).join('')}`,
  hosts: [
    ['a', '10.1.0.1'],
    ['b', '10.1.2.2'],
    ['r1', '10.1.1.1'],
    ['r2', '10.1.2.1'],
  ],
  devs: ['a e0', 'r1 e0', 'r1 e1', 'r2 e0', 'r2 e1', 'b e0', 'r3 e0'],
  events: [
    'ip -n r1 route replace 10.1.2.0/24 via 10.1.3.2',
    'ip -n r1 route replace 10.1.2.0/24 via 10.1.1.2',
    'ip -n r1 route replace 10.1.2.0/24 via 10.1.1.2 mtu 700',
    'ip -n r1 route add blackhole 10.1.2.2/32',
    'ip -n r1 route del blackhole 10.1.2.2/32',
    'ip -n r1 route add 10.1.2.2/32 nexthop via 10.1.1.2 nexthop via 10.1.3.2',
    'ip -n r1 route del 10.1.2.2/32',
    'ip -n r1 rule add from 10.1.0.1 table 100',
    'ip -n r1 rule del from 10.1.0.1 table 100',
    'ip -n r1 route add 10.1.2.0/24 via 10.1.3.2 table 100',
    'ip -n r1 rule add to 10.1.2.0/24 prohibit',
    'ip -n r1 rule del to 10.1.2.0/24 prohibit',
    'ip netns exec r2 sysctl -w net.ipv4.ip_forward=0',
    'ip netns exec r2 sysctl -w net.ipv4.ip_forward=1',
    'ip netns exec r2 sysctl -w net.ipv4.conf.e0.rp_filter=1',
    'ip netns exec r1 sysctl -w net.ipv4.ip_forward_update_priority=0',
    'ip -n r1 neigh del 10.1.1.2 dev e1',
    'ip -n r1 neigh replace 10.1.1.2 lladdr 02:00:00:00:00:99 dev e1 nud permanent',
    'ip -n r1 neigh replace 10.1.1.2 lladdr 02:00:00:00:00:99 dev e1 nud reachable',
    'ip -n r1 neigh flush dev e1',
    'ip -n r2 link set e0 address 02:00:00:00:00:55',
    'ip -n r2 link set e1 down',
    'ip -n r2 link set e1 up',
    'ip -n r2 link set e1 mtu 600',
    'ip -n r2 link set e1 mtu 1500',
    'ip -n b link set e0 mtu 500',
    'ip -n r2 addr del 10.1.1.2/24 dev e0',
    'ip -n r2 addr add 10.1.1.2/24 dev e0',
    'ip -n b addr del 10.1.2.2/24 dev e0',
    'ip -n b addr add 10.1.2.2/24 dev e0',
    'ip netns exec r1 ethtool -K e1 tx off',
    'tc -n r1 qdisc add dev e1 root netem delay 3ms',
    'tc -n r1 qdisc del dev e1 root',
    'ip -n r2 link del e1',
  ],
}

const podHost = (n: number): string => `ip netns exec host${n} sysctl -w net.ipv4.ip_forward=1
ip -n host${n} link add cni0 mtu 1450 type bridge
ip -n host${n} link set cni0 up
ip -n host${n} addr add 10.244.${n}.1/24 dev cni0
${veth(`pod${n}`, 'eth0', `host${n}`, 'veth0')}ip -n pod${n} link set eth0 mtu 1450
ip -n host${n} link set veth0 mtu 1450 master cni0
ip -n pod${n} addr add 10.244.${n}.2/24 dev eth0
ip -n pod${n} route add default via 10.244.${n}.1
`

const flannel = (
  n: number,
  other: number,
  options: string,
): string => `ip -n host${n} addr add 192.168.50.${n}/24 dev eth0
ip -n host${n} link add flannel.1 address 02:00:00:00:b${n}:01 type vxlan id 1 local 192.168.50.${n} dev eth0 dstport 8472 ${options}
ip -n host${n} link set flannel.1 up
ip -n host${n} addr add 10.244.${n}.0/32 dev flannel.1
ip -n host${n} neigh add 10.244.${other}.0 lladdr 02:00:00:00:b${other}:01 dev flannel.1 nud permanent
bridge -n host${n} fdb add 02:00:00:00:b${other}:01 dev flannel.1 dst 192.168.50.${other}
ip -n host${n} route add 10.244.${other}.0/24 via 10.244.${other}.0 dev flannel.1 onlink
`

/** Two pods on two hosts with a vxlan tunnel between their networks. */
const VXLAN = {
  script: `${netnses('host1', 'pod1', 'host2', 'pod2')}${podHost(1)}${podHost(2)}${veth('host1', 'eth0', 'host2', 'eth0')}${flannel(1, 2, 'nolearning')}${flannel(2, 1, 'learning noudpcsum')}`,
  hosts: [
    ['pod1', '10.244.1.2'],
    ['pod2', '10.244.2.2'],
    ['host1', '10.244.1.1'],
    ['host2', '192.168.50.2'],
  ],
  devs: ['pod1 eth0', 'host1 veth0', 'host1 cni0', 'host1 flannel.1', 'host1 eth0', 'host2 flannel.1', 'pod2 eth0'],
  events: [
    'bridge -n host1 fdb del 02:00:00:00:b2:01 dev flannel.1 dst 192.168.50.2',
    'bridge -n host1 fdb add 02:00:00:00:b2:01 dev flannel.1 dst 192.168.50.2',
    'bridge -n host1 fdb replace 02:00:00:00:b2:01 dev flannel.1 dst 192.168.50.3',
    'bridge -n host1 fdb replace 02:00:00:00:b2:01 dev flannel.1 dst 192.168.50.2 port 8472',
    'bridge -n host2 fdb flush dev flannel.1',
    'bridge -n host2 fdb replace 02:00:00:00:b1:01 dev flannel.1 dst 192.168.50.9',
    'ip -n host1 link set flannel.1 type vxlan id 1 ttl 9',
    'ip -n host1 link set flannel.1 type vxlan id 1 ageing 1',
    'ip -n host1 link set flannel.1 mtu 600',
    'ip -n host1 link set flannel.1 address 02:00:00:00:b1:02',
    'ip -n host2 link set flannel.1 down',
    'ip -n host2 link set flannel.1 up',
    'ip -n host2 link set eth0 down',
    'ip -n host2 link set eth0 up',
    'ip -n host1 link set eth0 mtu 1400',
    'ip -n host1 route del 10.244.2.0/24',
    'ip -n host1 route add 10.244.2.0/24 via 192.168.50.2',
    'ip -n host1 neigh replace 10.244.2.0 lladdr 02:00:00:00:b2:09 dev flannel.1 nud permanent',
    'ip -n host1 neigh flush dev eth0',
    'ip -n host2 addr del 192.168.50.2/24 dev eth0',
    'ip -n host2 addr add 192.168.50.2/24 dev eth0',
    'ip -n host2 neigh flush dev cni0',
    'ip netns exec host2 sysctl -w net.ipv4.ip_forward=0',
    'ip netns exec host2 sysctl -w net.ipv4.ip_forward=1',
    'ip -n host1 link add vx2 type vxlan id 7 dev eth0 dstport 8472 remote 192.168.50.2',
    'ip -n host1 link set veth0 nomaster',
    'ip -n host1 link set veth0 master cni0',
    'ip netns exec pod1 ethtool -K eth0 tx off',
    'ip netns exec host1 ethtool -K eth0 tx off',
    'ip netns exec host2 ethtool -K veth0 tx off',
    'ip netns exec host1 ethtool -K flannel.1 tx off',
    'ip netns exec host2 ethtool -K cni0 tx off',
    'ip netns exec host2 ethtool -K eth0 tx off',
  ],
}

const overlay = (n: number, options: string): string => `ip -n host${n} addr add 192.168.50.${n}/24 dev eth0
ip -n host${n} link add br0 type bridge
ip -n host${n} link set br0 up
ip -n host${n} link add vx0 type vxlan id 5 local 192.168.50.${n} remote 192.168.50.${3 - n} dstport 4789 ${options}
ip -n host${n} link set vx0 master br0 up
${veth(`pod${n}`, 'eth0', `host${n}`, 'veth0')}ip -n host${n} link set veth0 master br0
ip -n pod${n} addr add 10.9.0.${n}/24 dev eth0
ip -n pod${n} link set eth0 mtu 1450
`

/** Two hosts on one Ethernet that a vxlan device in a bridge carries . */
const OVERLAY = {
  script: `${netnses('host1', 'pod1', 'host2', 'pod2')}${veth('host1', 'eth0', 'host2', 'eth0')}${overlay(1, 'noudpcsum')}${overlay(2, 'tos inherit ttl inherit')}`,
  hosts: [
    ['pod1', '10.9.0.1'],
    ['pod2', '10.9.0.2'],
    ['host1', '192.168.50.1'],
    ['host2', '192.168.50.2'],
  ],
  devs: ['pod1 eth0', 'host1 veth0', 'host1 vx0', 'host1 eth0', 'host2 vx0', 'pod2 eth0'],
  events: [
    'ip -n host1 link set vx0 type vxlan id 5 ageing 1',
    'bridge -n host1 fdb flush dev vx0',
    'bridge -n host1 fdb flush dev br0',
    'bridge -n host1 link set dev vx0 learning off',
    'bridge -n host1 link set dev vx0 learning on',
    'bridge -n host1 link set dev vx0 neigh_suppress on',
    'ip -n host1 link set vx0 nomaster',
    'ip -n host1 link set vx0 master br0',
    'ip -n pod2 link set eth0 address 02:00:00:00:00:22',
    'ip -n host2 link set eth0 address 02:00:00:00:00:23',
    'ip -n host1 link set br0 type bridge vlan_filtering 1',
    'ip -n host1 link set br0 type bridge vlan_filtering 0',
    'ip -n host1 link set br0 type bridge ageing_time 200',
    'ip -n host2 link set vx0 down',
    'ip -n host2 link set vx0 up',
    'ip -n host1 neigh del 192.168.50.2 dev eth0',
    'ip -n host1 link set eth0 mtu 900',
    'ip -n host1 link set vx0 type vxlan id 5 df set',
    'ip netns exec host2 ethtool -K eth0 tx off',
    'ip netns exec host2 ethtool -K vx0 tx off',
    'ip netns exec pod2 ethtool -K eth0 tx off',
  ],
}

const r = (tool: string, ...commands: string[]): string[] => commands.map(c => `ip netns exec r ${tool} ${c}`)

/** Rules, settings and faults that only TCP minds. */
const TCP_RULES: readonly string[] = [
  '-I FORWARD -p tcp --tcp-flags ACK,PSH ACK,PSH',
  '-I FORWARD -p tcp --sport 9 -j REJECT --reject-with tcp-reset',
  '-I FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 500',
  '-I FORWARD -p tcp --dport 9 -m conntrack --ctstate ESTABLISHED -j DROP',
  '-I FORWARD -p tcp -m length --length 0:60 -j DROP',
  '-t mangle -A FORWARD -p tcp -j ECN --ecn-tcp-remove',
]
const TCP_SYSCTLS: readonly string[] = [
  '-w net.netfilter.nf_conntrack_tcp_timeout_established=3',
  '-w net.netfilter.nf_conntrack_tcp_timeout_unacknowledged=2',
  '-w net.netfilter.nf_conntrack_tcp_be_liberal=1',
  '-w net.netfilter.nf_conntrack_tcp_max_retrans=0',
]
const TCP_FAULTS: readonly string[] = ['loss 20%', 'corrupt 20%', 'duplicate 30%', 'delay 2ms reorder 50%']

/** A router with rules, in front of a network with public addresses, and with containers on a bridge of its own. */
const NAT = {
  script: `${netnses('a', 'b', 'c', 'r')}${veth('a', 'e0', 'r', 'e0')}${veth('b', 'e0', 'r', 'e1')}${veth('c', 'e0', 'r', 'v0')}ip -n r link add br0 type bridge
ip -n r link set br0 up
ip -n r link set v0 master br0
ip -n a addr add 10.1.0.1/24 dev e0
ip -n b addr add 10.2.0.2/24 dev e0
ip -n c addr add 10.3.0.2/24 dev e0
ip -n r addr add 10.1.0.254/24 dev e0
ip -n r addr add 10.2.0.254/24 dev e1
ip -n r addr add 10.3.0.254/24 dev br0
ip -n a route add default via 10.1.0.254
ip -n b route add default via 10.2.0.254
ip -n c route add default via 10.3.0.254
ip netns exec r sysctl -w net.ipv4.ip_forward=1
ip netns exec r sysctl -w net.netfilter.nf_conntrack_acct=1
ip netns exec a ethtool -K e0 tso off
ip netns exec b ethtool -K e0 tx off
${r(
  'iptables',
  '-N USER',
  '-A FORWARD -s 172.16.0.0/12 -j DROP',
  '-A FORWARD -p udp --dport 10000:20000 -j DROP',
  '-A FORWARD -i tun+ -j ACCEPT',
  '-A FORWARD -j USER',
  '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  '-A FORWARD -p icmp -j ACCEPT',
  '-A USER ! -i e1 -m comment --comment counted',
  '-A USER -p udp -m multiport --ports 9,53',
  '-A USER -j RETURN',
  '-t nat -A PREROUTING -d 10.2.0.254 -p udp --dport 9 -j DNAT --to-destination 10.3.0.2:9',
  '-t nat -A PREROUTING -d 10.2.0.254 -p tcp --dport 9 -j DNAT --to-destination 10.3.0.2:9',
  '-t nat -A POSTROUTING -o e1 -j MASQUERADE',
).join('\n')}
`,
  hosts: [
    ['a', '10.1.0.1'],
    ['b', '10.2.0.2'],
    ['c', '10.3.0.2'],
    ['r', '10.2.0.254'],
  ],
  devs: ['a e0', 'r e0', 'r e1', 'r v0', 'r br0', 'b e0', 'c e0'],
  events: [
    ...r(
      'iptables',
      '-A FORWARD -p udp --sport 9 -j ACCEPT',
      '-I FORWARD -p udp --dport 9 -j DROP',
      '-D FORWARD -p udp --dport 9 -j DROP',
      '-I FORWARD -m limit --limit 100/second --limit-burst 3 -j ACCEPT',
      '-I FORWARD -m statistic --mode nth --every 3 -j DROP',
      '-I FORWARD -m statistic --mode random --probability 0.5 -j DROP',
      '-I FORWARD -m length --length 60:66 -j DROP',
      '-I FORWARD -m ttl --ttl-lt 63 -j DROP',
      '-I FORWARD -m tos --tos 0x10 -j DROP',
      '-I FORWARD -m dscp --dscp 0',
      '-I FORWARD -m pkttype --pkt-type unicast',
      '-I FORWARD -m iprange --src-range 10.1.0.0-10.1.0.9',
      '-I FORWARD -m mark --mark 0',
      '-I FORWARD -m conntrack --ctexpire 1:29 -j DROP',
      '-I FORWARD -m conntrack --ctstatus ASSURED',
      '-I FORWARD -m conntrack --ctstate SNAT --ctdir REPLY -j ACCEPT',
      '-I FORWARD -m connbytes --connbytes 5 --connbytes-mode packets --connbytes-dir both -j DROP',
      '-I FORWARD -m connmark --mark 7 -j DROP',
      '-I FORWARD -m recent --set --name x',
      '-I FORWARD -m mac --mac-source 02:00:00:00:00:01 -j DROP',
      '-I FORWARD -m addrtype --dst-type LOCAL',
      '-I FORWARD -m string --algo bm --string abc',
      '-I FORWARD -p udp -j REJECT',
      '-I FORWARD -p udp -j LOG',
      '-I INPUT -p udp -j ACCEPT',
      '-F FORWARD',
      '-Z',
      '-Z USER',
      '-P FORWARD DROP',
      '-P FORWARD ACCEPT',
      '-t raw -A PREROUTING -p udp -j ACCEPT',
      '-t raw -A PREROUTING -p udp -j CT --notrack',
      '-t raw -A PREROUTING -i e0 -j TRACE',
      '-t raw -A PREROUTING -i e0 -j CT --zone 3',
      '-t mangle -A FORWARD -j MARK --set-mark 7',
      '-t mangle -A POSTROUTING -p udp -m udp --dport 9',
      '-t mangle -A FORWARD -p udp -j CONNMARK --set-mark 7',
      '-t mangle -A PREROUTING -j TTL --ttl-set 9',
      '-t nat -F',
      '-t nat -A POSTROUTING -o br0 -j MASQUERADE',
      '-t nat -A POSTROUTING -o e1 -j SNAT --to-source 10.2.0.77',
      '-t security -A FORWARD -j ACCEPT',
      ...TCP_RULES,
    ),
    ...r('conntrack', '-F', '-D -s 10.1.0.1', '-D -p udp', '-D -p tcp', '-U -p udp -m 7', '-U -p tcp -m 7'),
    ...r('sysctl', ...TCP_SYSCTLS),
    ...TCP_FAULTS.map(fault => `ip netns exec r tc qdisc replace dev e1 root netem ${fault}`),
    ...r(
      'sysctl',
      '-w net.netfilter.nf_conntrack_udp_timeout=1',
      '-w net.netfilter.nf_conntrack_udp_timeout_stream=7',
      '-w net.netfilter.nf_conntrack_checksum=0',
      '-w net.netfilter.nf_conntrack_acct=0',
      '-w net.ipv4.ip_forward=0',
      '-w net.ipv4.ip_forward=1',
    ),
    'ip -n r addr del 10.2.0.254/24 dev e1',
    'ip -n r addr add 10.2.0.254/24 dev e1',
    'ip -n r link set e1 down',
    'ip -n r link set e1 up',
    'ip -n r link set e1 name tun7',
    'ip -n r link set e0 mtu 600',
    'ip -n r route add 10.2.0.2/32 via 10.3.0.2',
    'ip -n r route del 10.2.0.2/32',
    'ip -n r link set v0 nomaster',
    'ip -n r link set v0 master br0',
    'ip -n b addr add 10.2.0.77/24 dev e0',
    'ip netns exec a ethtool -K e0 tx off',
    'ip netns exec b ethtool -K e0 tx off',
    'ip netns exec r ethtool -K e1 tx off',
  ],
}

const onHost = (n: number, tool: string, ...commands: string[]): string[] =>
  commands.map(c => `ip netns exec host${n} ${tool} ${c}`)

/** What flanneld installs on a host with the subnet 10.244.n.0/24 (flannel-io/flannel v0.20.2 network/iptables.go). */
const flannelRules = (n: number): string => {
  const masq = '-m comment --comment "flanneld masq"'
  const forward = '-m comment --comment "flanneld forward"'
  const [network, subnet] = ['10.244.0.0/16', `10.244.${n}.0/24`]
  return onHost(
    n,
    'iptables',
    '-t nat -N FLANNEL-POSTRTG',
    `-t nat -I POSTROUTING ${masq} -j FLANNEL-POSTRTG`,
    `-t nat -A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 ${masq} -j RETURN`,
    `-t nat -A FLANNEL-POSTRTG -s ${network} -d ${network} ${masq} -j RETURN`,
    `-t nat -A FLANNEL-POSTRTG -s ${network} ! -d 224.0.0.0/4 ${masq} -j MASQUERADE --random-fully`,
    `-t nat -A FLANNEL-POSTRTG ! -s ${network} -d ${subnet} ${masq} -j RETURN`,
    `-t nat -A FLANNEL-POSTRTG ! -s ${network} -d ${network} ${masq} -j MASQUERADE --random-fully`,
    '-N FLANNEL-FWD',
    `-I FORWARD ${forward} -j FLANNEL-FWD`,
    `-A FLANNEL-FWD -s ${network} ${forward} -j ACCEPT`,
    `-A FLANNEL-FWD -d ${network} ${forward} -j ACCEPT`,
  ).join('\n')
}

/** A second pod on host 1. */
const POD3 = `${veth('pod3', 'eth0', 'host1', 'veth1')}ip -n pod3 link set eth0 mtu 1450
ip -n host1 link set veth1 mtu 1450 master cni0
ip -n pod3 addr add 10.244.1.3/24 dev eth0
ip -n pod3 route add default via 10.244.1.1
`

const FLANNEL_HOSTS: readonly (readonly string[])[] = [
  ['pod1', '10.244.1.2'],
  ['pod2', '10.244.2.2'],
  ['pod3', '10.244.1.3'],
  ['host2', '192.168.50.2'],
]

/** What happens to the rules and connections of a host of flannel's, and to what else both backends have. */
const FLANNEL_EVENTS: readonly string[] = [
  ...onHost(
    1,
    'iptables',
    '-I FORWARD -p udp --dport 7 -j DROP',
    '-D FORWARD -p udp --dport 7 -j DROP',
    '-D FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT',
    '-P FORWARD DROP',
    '-P FORWARD ACCEPT',
    '-Z',
    '-t nat -F FLANNEL-POSTRTG',
    '-t nat -I POSTROUTING -p udp -j MASQUERADE --random-fully',
    '-t nat -I POSTROUTING -o eth0 -p udp --dport 8472 -j SNAT --to-source 192.168.50.77',
    '-t nat -I PREROUTING -p udp --dport 7 -j DNAT --to-destination 10.244.1.3:9',
    '-t nat -I OUTPUT -p udp --dport 8472 -j DNAT --to-destination 192.168.50.2:8473',
    '-t mangle -A PREROUTING -p udp --dport 7 -j MARK --set-mark 0x4000/0x4000',
    '-t mangle -A OUTPUT -p udp -j MARK --set-mark 3',
    '-t mangle -A OUTPUT -p udp -m udp --dport 8472',
    '-t mangle -A POSTROUTING -p udp -j TOS --set-tos 0x10',
    '-t raw -A PREROUTING -p udp -j CT --notrack',
    '-t raw -A OUTPUT -p udp --dport 8472 -j CT --notrack',
    '-I OUTPUT -p udp --dport 8472 -j DROP',
    '-A OUTPUT -m conntrack --ctstate NEW -j ACCEPT',
    '-A FORWARD -m conntrack --ctstate NEW -m physdev --physdev-in veth0 -j ACCEPT',
    '-A INPUT -p udp -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT',
    '-I FORWARD -m limit --limit 100/second --limit-burst 3 -j ACCEPT',
    '-I FORWARD -p udp -j CONNMARK --set-mark 7',
    '-t security -A OUTPUT -j ACCEPT',
  ),
  ...onHost(
    2,
    'iptables',
    '-I INPUT -p udp --dport 8472 -j DROP',
    '-D INPUT -p udp --dport 8472 -j DROP',
    '-A INPUT -p udp -m multiport --dports 9,8472 -j ACCEPT',
    '-t nat -I INPUT -p udp -j SNAT --to-source 192.168.50.99',
    '-t nat -I PREROUTING -p udp --dport 8472 -j DNAT --to-destination 192.168.50.2:8473',
    '-t raw -A PREROUTING -i eth0 -j CT --notrack',
    '-I FORWARD -o cni0 -j REJECT',
  ),
  ...onHost(1, 'iptables', ...TCP_RULES),
  ...onHost(1, 'sysctl', ...TCP_SYSCTLS),
  ...onHost(2, 'conntrack', '-D -p tcp', '-U -p tcp -m 7'),
  ...TCP_FAULTS.map(fault => `ip netns exec pod2 tc qdisc replace dev eth0 root netem ${fault}`),
  ...onHost(1, 'conntrack', '-F', '-D -p udp --orig-port-dst 7', '-D -s 192.168.50.1', '-U -p udp -m 7'),
  ...onHost(2, 'conntrack', '-F', '-D -p udp --orig-port-dst 8472', '-U -p udp -m 7'),
  ...[1, 2].flatMap(n =>
    onHost(
      n,
      'sysctl',
      '-w net.netfilter.nf_conntrack_udp_timeout=1',
      '-w net.netfilter.nf_conntrack_udp_timeout_stream=7',
      '-w net.netfilter.nf_conntrack_checksum=0',
      '-w net.netfilter.nf_conntrack_acct=1',
      '-w net.netfilter.nf_conntrack_events=1',
      '-w net.bridge.bridge-nf-call-iptables=0',
      '-w net.bridge.bridge-nf-call-iptables=1',
      '-w net.ipv4.ip_forward=0',
    ),
  ),
  'ip -n host1 route del 10.244.2.0/24',
  'ip -n host1 route add 10.244.2.0/24 via 192.168.50.2',
  'ip -n host1 route replace 10.244.2.0/24 via 192.168.50.2 mtu 600',
  'ip -n host1 link set veth0 nomaster',
  'ip -n host1 link set veth0 master cni0',
  'ip -n host1 link set eth0 mtu 1400',
  'ip -n host1 neigh flush dev eth0',
  'ip -n host1 addr add 192.168.50.77/24 dev eth0',
  'ip -n host2 addr add 192.168.50.99/24 dev eth0',
  'ip -n host2 addr del 192.168.50.2/24 dev eth0',
  'ip -n host2 link set eth0 down',
  'ip -n host2 link set eth0 up',
  'bridge -n host1 fdb flush dev cni0',
  'ip netns exec pod1 ethtool -K eth0 tx off',
  'ip netns exec pod1 ethtool -K eth0 tx on',
  'ip netns exec host1 ethtool -K eth0 tx off',
  'ip netns exec host1 ethtool -K eth0 tx on',
  'ip netns exec host2 ethtool -K eth0 tx off',
]

/** Two hosts with flannel's backend vxlan and its rules, three pods. The first one's checksums are left to nobody. */
const FLANNEL_VXLAN = {
  script: `${netnses('host1', 'pod1', 'host2', 'pod2', 'pod3')}${podHost(1)}${podHost(2)}${veth('host1', 'eth0', 'host2', 'eth0')}${POD3}${flannel(1, 2, 'nolearning')}${flannel(2, 1, 'nolearning noudpcsum')}${flannelRules(1)}
${flannelRules(2)}
ip netns exec pod1 ethtool -K eth0 tx off
ip netns exec host1 ethtool -K eth0 tx off
`,
  hosts: FLANNEL_HOSTS,
  devs: ['pod1 eth0', 'host1 veth0', 'host1 cni0', 'host1 flannel.1', 'host1 eth0', 'host2 flannel.1', 'pod2 eth0'],
  events: [
    ...FLANNEL_EVENTS,
    'bridge -n host1 fdb del 02:00:00:00:b2:01 dev flannel.1 dst 192.168.50.2',
    'bridge -n host1 fdb replace 02:00:00:00:b2:01 dev flannel.1 dst 192.168.50.3',
    'ip -n host1 neigh replace 10.244.2.0 lladdr 02:00:00:00:b2:09 dev flannel.1 nud permanent',
    'ip -n host1 link set flannel.1 type vxlan id 1 ttl 9',
    'ip -n host2 link set flannel.1 down',
    'ip -n host2 link set flannel.1 up',
    'ip netns exec host1 ethtool -K flannel.1 tx off',
  ],
}

const hostgw = (n: number): string => `ip -n host${n} addr add 192.168.50.${n}/24 dev eth0
ip -n host${n} route add 10.244.${3 - n}.0/24 via 192.168.50.${3 - n}
`

/** The same with flannel's backend host-gw. */
const FLANNEL_HOSTGW = {
  script: `${netnses('host1', 'pod1', 'host2', 'pod2', 'pod3')}${podHost(1)}${podHost(2)}${veth('host1', 'eth0', 'host2', 'eth0')}${POD3}${hostgw(1)}${hostgw(2)}${flannelRules(1)}
${flannelRules(2)}
`,
  hosts: FLANNEL_HOSTS,
  devs: ['pod1 eth0', 'host1 veth0', 'host1 cni0', 'host1 eth0', 'host2 cni0', 'pod2 eth0'],
  events: FLANNEL_EVENTS,
}

const flannel0 = (world: World, n: number): void => {
  const { kernel } = world.netns(`host${n}`)
  const tun = tunOpen(kernel, { name: 'flannel0', mode: 'tun' })
  world.sh(`ip -n host${n} addr add 10.244.${n}.0/32 dev flannel0
ip -n host${n} link set flannel0 mtu 1472 up
ip -n host${n} route add 10.244.0.0/16 dev flannel0`)
  const sock = udpSocket(kernel)
  sock.bind({ address: parseIpv4(`192.168.50.${n}`), port: 8285 })
  const options = { tunIp: parseIpv4(`10.244.${n}.0`), mtu: 1472 }
  const proxy = new UdpProxy(new Process(kernel, 'flanneld'), tun, sock, options)
  proxy.setRoute(parseIpv4(`10.244.${3 - n}.0`), 24, parseIpv4(`192.168.50.${3 - n}`), 8285)
}

/** The same with flannel's backend udp. */
const FLANNEL_UDP = {
  script: `${netnses('host1', 'pod1', 'host2', 'pod2', 'pod3')}${podHost(1)}${podHost(2)}${veth('host1', 'eth0', 'host2', 'eth0')}${POD3}${[1, 2].map(n => `ip -n host${n} addr add 192.168.50.${n}/24 dev eth0\n`).join('')}${flannelRules(1)}
${flannelRules(2)}
`,
  setup: (world: World): void => {
    flannel0(world, 1)
    flannel0(world, 2)
  },
  hosts: FLANNEL_HOSTS,
  devs: ['pod1 eth0', 'host1 veth0', 'host1 flannel0', 'host1 eth0', 'host2 eth0', 'host2 flannel0', 'pod2 eth0'],
  events: [
    ...FLANNEL_EVENTS.map(e => e.replaceAll('8472', '8285').replaceAll('8473', '8286')),
    'ip -n host1 link set flannel0 txqueuelen 1',
    'ip -n host1 link set flannel0 mtu 600',
    'ip -n host1 link set flannel0 down',
    'ip -n host1 link set flannel0 up',
    'ip -n host1 link del flannel0',
    'ip -n host2 link set flannel0 down',
    'ip -n host2 link set flannel0 up',
    'ip -n host2 link set flannel0 mtu 1200',
    'ip -n host2 link del flannel0',
    'tc -n host1 qdisc add dev flannel0 root netem delay 3ms',
    'tc -n host1 qdisc add dev flannel0 root tbf rate 100kbit burst 1500 limit 3000',
    'tc -n host1 qdisc del dev flannel0 root',
    'tc -n host2 qdisc add dev cni0 root pfifo_fast',
    'ip -n host1 route add 10.244.2.2/32 dev flannel0 mtu 700',
    'ip -n host1 addr del 192.168.50.1/24 dev eth0',
    'ip netns exec host1 sysctl -w net.ipv4.conf.flannel0.rp_filter=1',
    'ip netns exec host2 sysctl -w net.ipv4.conf.flannel0.rp_filter=1',
    'ip netns exec host2 sysctl -w net.ipv4.conf.flannel0.forwarding=0',
    'ip netns exec host1 iptables -A FORWARD -o flannel0 -p udp -m udp --dport 7 -j DROP',
    'ip netns exec host2 iptables -t raw -A PREROUTING -i flannel0 -p udp -m ttl --ttl-gt 61 -j DROP',
    'ip netns exec host2 iptables -t nat -I PREROUTING -i flannel0 -p udp --dport 9 -j REDIRECT --to-ports 7',
    'ip netns exec host1 iptables -t nat -I POSTROUTING -o flannel0 -p udp -j MASQUERADE',
    'ip netns exec host1 iptables -t nat -I POSTROUTING -o eth0 -p udp -j MASQUERADE',
  ],
}

/** The networks by name. */
export const NETS = { BRIDGE, ROUTERS, VXLAN, OVERLAY, NAT, FLANNEL_VXLAN, FLANNEL_HOSTGW, FLANNEL_UDP }
export type NetName = keyof typeof NETS
