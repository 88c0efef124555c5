/**
 * The network of the live comparison: a router `r` with a client's link, a server's link and a bridge of two ports, and a
 * namespace `t` that holds the other ends. `t` has no addresses: what goes in there is written frame by frame.
 *
 *     c0 - eth0 10.0.1.1     s0 - eth1 10.0.2.1     b0 - p0 \ br0 10.0.3.1
 *                                                   b1 - p1 /
 */

/** Ends of the links in `t`, where frames go in and come out. */
export const PORTS = ['c0', 's0', 'b0', 'b1'] as const
/** One end of a link. */
export type Port = (typeof PORTS)[number]

/**
 * Devices of the router that are watched besides. Not the bridge: a capture there makes the kernel copy what it would
 * otherwise change in place or pass on as the fragments that came, and frames differ by it.
 */
export const ROUTER_TAPS = ['lo'] as const

/** Port of the router's UDP echo. */
export const ECHO_PORTS = [7000, 53] as const

/** Ports on which the router listens for TCP; nobody reads what comes. */
export const LISTEN_PORTS = [80] as const

/** Address of the device of the router that a port leads to. */
export const ROUTER_ADDRESS: Readonly<Record<Port, string>> = {
  c0: '10.0.1.1',
  s0: '10.0.2.1',
  b0: '10.0.3.1',
  b1: '10.0.3.1',
}

/** Hardware address of the router at a port. */
export const ROUTER_MAC: Readonly<Record<Port, string>> = {
  c0: '02:00:00:00:01:01',
  s0: '02:00:00:00:02:01',
  b0: '02:00:00:00:03:01',
  b1: '02:00:00:00:03:01',
}

/** Addresses of the machines behind each port. */
export const HOSTS: Readonly<Record<Port, readonly string[]>> = {
  c0: ['10.0.1.2', '10.0.1.3'],
  s0: ['10.0.2.2', '10.0.2.3'],
  b0: ['10.0.3.2'],
  b1: ['10.0.3.3'],
}

/** Hardware address of a machine: its IPv4 address in the last four octets. */
export const hostMac = (address: string): string => {
  const hex = address.split('.').map(part => Number(part).toString(16).padStart(2, '0'))
  return `02:00:${hex.join(':')}`
}

/** Built-in chains by table. */
export const CHAINS: Readonly<Record<string, readonly string[]>> = {
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
}

/** What empties all tables. */
export const RESET_RULES: string = Object.entries(CHAINS)
  .map(([table, chains]) => `*${table}\n${chains.map(chain => `:${chain} ACCEPT [0:0]\n`).join('')}COMMIT\n`)
  .join('')

const veth = (dev: string, mac: string, peer: string): string =>
  `ip -n r link add ${dev} address ${mac} type veth peer name ${peer} netns t`

const hostNumbers = Array.from({ length: 14 }, (_, i) => i + 2)

const neighbours = (dev: string, net: number): string[] =>
  hostNumbers
    .map(n => `10.0.${net}.${n}`)
    .map(address => `ip -n r neigh add ${address} lladdr ${hostMac(address)} nud permanent dev ${dev}`)

const sysctl = (netns: string, ...settings: readonly string[]): string[] =>
  settings.map(setting => `ip netns exec ${netns} sysctl -q -w ${setting}`)

const LINKS: readonly string[] = [
  'ip -n r link set lo up',
  veth('eth0', '02:00:00:00:01:01', 'c0'),
  veth('eth1', '02:00:00:00:02:01', 's0'),
  veth('p0', '02:00:00:00:03:0a', 'b0'),
  veth('p1', '02:00:00:00:03:0b', 'b1'),
  'ip -n r link add br0 address 02:00:00:00:03:01 type bridge forward_delay 0 mcast_snooping 0',
  'ip -n r link set p0 master br0',
  'ip -n r link set p1 master br0',
  ...PORTS.map(port => `ip -n t link set ${port} up`),
  ...['eth0', 'eth1', 'p0', 'p1', 'br0'].map(dev => `ip -n r link set ${dev} up`),
]

const ADDRESSES: readonly string[] = [
  'ip -n r addr add 10.0.1.1/24 dev eth0',
  'ip -n r addr add 10.0.2.1/24 dev eth1',
  'ip -n r addr add 10.0.3.1/24 dev br0',
  'ip -n r route add default via 10.0.2.2',
  ...neighbours('eth0', 1),
  ...neighbours('eth1', 2),
  ...neighbours('br0', 3),
  ...hostNumbers.map(n => `bridge -n r fdb add ${hostMac(`10.0.3.${n}`)} dev p${n % 2} master static`),
  // What a case teaches the bridge must not be there in the next one.
  'bridge -n r link set dev p0 learning off',
  'bridge -n r link set dev p1 learning off',
]

const FEATURES = 'tx off sg off tso off gso off gro off'

/** Commands that a side runs; `before` come before there are links, `after` at the end. */
const script = (before: readonly string[], after: readonly string[]): string =>
  [
    'ip netns add r',
    'ip netns add t',
    ...before,
    ...LINKS,
    ...sysctl(
      'r',
      'net.ipv4.ip_forward=1',
      'net.ipv4.icmp_ratemask=0',
      'net.netfilter.nf_conntrack_acct=1',
      'net.ipv4.tcp_synack_retries=0',
      'net.ipv4.conf.all.send_redirects=0',
    ),
    ...['eth0', 'eth1', 'br0'].flatMap(dev => sysctl('r', `net.ipv4.conf.${dev}.send_redirects=0`)),
    ...ADDRESSES,
    ...after,
    '',
  ].join('\n')

/** No offloads that leave checksums undone. */
const OFFLOADS: readonly string[] = [
  ...['eth0', 'eth1', 'p0', 'p1', 'br0'].map(dev => `ip netns exec r ethtool -K ${dev} ${FEATURES}`),
  ...PORTS.map(dev => `ip netns exec t ethtool -K ${dev} ${FEATURES}`),
]

/** What netloom runs. */
export const NETLOOM_SCRIPT: string = script([], OFFLOADS)

/** What the kernel runs: the same without IPv6, and it waits until the bridge forwards. */
export const KERNEL_SCRIPT: string = script(
  ['r', 't'].flatMap(netns =>
    sysctl(netns, 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1'),
  ),
  [
    ...OFFLOADS,
    ...['p0', 'p1'].map(dev => `until bridge -n r link show dev ${dev} | grep -q forwarding; do sleep 0.1; done`),
    'until ip -n r link show br0 | grep -q "state UP"; do sleep 0.1; done',
  ],
)
