/**
 * The paths that whole-path benchmarks send over, built with the public API. They are those of the usual comparisons:
 *
 * - `direct`: two hosts on one veth pair
 * - `link`: two hosts on a cable of 1 ms and 10 Gbit/s, a thousand datagrams or more under way
 * - `bridge`: two hosts on a bridge
 * - `routersN`: two hosts with N routers between them
 * - `vxlan`: two pods on two hosts, pod - cni0 - flannel.1 - underlay, as flannel sets its vxlan backend up
 * - `hostgw`: the same with the other host as the gateway, as flannel's host-gw backend does
 * - `udp`: the same through flannel0 and the proxies of flannel's udp backend
 * - `vxlan+norules`, `hostgw+norules`, `udp+norules`: the same without the rules that flanneld installs on both hosts (ip-masq and forward)
 * - `rulesN`: two hosts with a router between them whose chain FORWARD has N rules that do not match, and then one that
 *   accepts what belongs to a connection; the datagrams belong to one that was answered
 * - `natN`: the same with MASQUERADE towards the receiver
 * - `natnew`: the same with 20 rules, each datagram of a connection of its own
 *
 * Checksum offload is off on every device, so that the sender builds checksums and receivers look at them, as far as the
 * flow cache does not know them to be right (core/flow-replay.ts).
 */
import { type Capture, createWorld, ms, type Netns, s, us, type UdpSocket, type World } from 'netloom'
import { Process } from '../dist/app/process.js'
import { UdpProxy } from '../dist/flannel/backend/udp/proxy.js'
import { udpSocket } from '../dist/ip/udp.js'
import { tunOpen } from '../dist/rtnl/tuntap.js'
import { parseIpv4 } from '../dist/wire/ip.js'

/** MTU of flannel0 on an Ethernet. */
const UDP_MTU = 1472
/** Pending timers that every world has, as a real one would. */
const TIMERS = 1000
/** Datagrams that are sent before they are received. */
export const BATCH = 32
/** Connections that are begun in turn, from which port on, and the time after which all of them are forgotten. */
const NEW_FLOWS = 16_384
const FIRST_PORT = 41_000
const FORGOTTEN_NS: number = s(31)

/** A path with a socket at each end. */
export interface Path {
  readonly world: World
  readonly sender: UdpSocket
  /** Sockets that take turns, when each datagram is to begin a connection; else empty. */
  readonly senders: readonly UdpSocket[]
  readonly receiver: UdpSocket
  /** Virtual time between batches, and after the last one. */
  readonly betweenNs: number
  readonly afterNs: number
  /** Device of the receiving host. */
  readonly receiverDev: ReturnType<Netns['dev']>
}

/** Joins two namespaces by a veth pair and brings both ends up. */
const veth = (a: Netns, nameA: string, b: Netns, nameB: string): void => {
  a.link.add({ kind: 'veth', name: nameA, peer: { name: nameB, netns: b } })
  for (const [netns, name] of [
    [a, nameA],
    [b, nameB],
  ] as const) {
    netns.ethtool.set(name, { tx: false })
    netns.link.set(name, { up: true })
  }
}

/** Joins two hosts by a cable with delay and rate. */
const cable = (world: World): Ends => {
  const [from, to] = [world.addNetns('a'), world.addNetns('b')]
  from.link.add({
    kind: 'link',
    name: 'eth0',
    peer: { name: 'eth0', netns: to },
    delay: ms(1),
    rate: 10e9,
    queue: 10_000,
  })
  for (const netns of [from, to]) {
    netns.ethtool.set('eth0', { tx: false })
    netns.link.set('eth0', { up: true })
  }
  from.addr.add('10.0.0.1/24', { dev: 'eth0' })
  to.addr.add('10.0.0.2/24', { dev: 'eth0' })
  return { from, to, address: '10.0.0.2' }
}

/** The hosts at the ends of a path. */
export interface Ends {
  readonly from: Netns
  readonly to: Netns
  /** Address of the receiving end. */
  readonly address: string
}

const direct = (world: World): Ends => {
  const [from, to] = [world.addNetns('a'), world.addNetns('b')]
  veth(from, 'eth0', to, 'eth0')
  from.addr.add('10.0.0.1/24', { dev: 'eth0' })
  to.addr.add('10.0.0.2/24', { dev: 'eth0' })
  return { from, to, address: '10.0.0.2' }
}

const bridge = (world: World): Ends => {
  const [from, sw, to] = [world.addNetns('a'), world.addNetns('sw'), world.addNetns('b')]
  sw.link.add({ kind: 'bridge', name: 'br0', up: true })
  veth(from, 'eth0', sw, 'p1')
  veth(to, 'eth0', sw, 'p2')
  sw.link.set('p1', { master: 'br0' })
  sw.link.set('p2', { master: 'br0' })
  from.addr.add('10.0.0.1/24', { dev: 'eth0' })
  to.addr.add('10.0.0.2/24', { dev: 'eth0' })
  return { from, to, address: '10.0.0.2' }
}

/** Link n is 10.1.n.0/24, with .1 towards the sender and .2 towards the receiver. */
const routers = (world: World, count: number): Ends => {
  const chain = [world.addNetns('a')]
  for (let n = 1; n <= count; n++) chain.push(world.addNetns(`r${n}`))
  chain.push(world.addNetns('b'))
  for (let n = 0; n <= count; n++) {
    const [left, right] = [chain[n]!, chain[n + 1]!]
    veth(left, 'right', right, 'left')
    left.addr.add(`10.1.${n}.1/24`, { dev: 'right' })
    right.addr.add(`10.1.${n}.2/24`, { dev: 'left' })
  }
  for (let n = 0; n <= count + 1; n++) {
    const node = chain[n]!
    if (n > 0 && n <= count) node.sysctl.set('net.ipv4.ip_forward', 1)
    if (n < count) node.route.add(n === 0 ? 'default' : `10.1.${count}.0/24`, { via: `10.1.${n}.2` })
    if (n > 1) node.route.add(n > count ? 'default' : '10.1.0.0/24', { via: `10.1.${n - 1}.1` })
  }
  return { from: chain[0]!, to: chain[count + 1]!, address: `10.1.${count}.2` }
}

/** A host with the bridge cni0 and one pod behind it; host n has 192.168.50.n, its pods 10.244.n.0/24. */
const podHost = (world: World, n: number, mtu: number): { readonly host: Netns; readonly pod: Netns } => {
  const [host, pod] = [world.addNetns(`host${n}`), world.addNetns(`pod${n}`)]
  host.sysctl.set('net.ipv4.ip_forward', 1)
  host.link.add({ kind: 'bridge', name: 'cni0', mtu, mcastSnooping: false, up: true })
  host.addr.add(`10.244.${n}.1/24`, { dev: 'cni0' })
  veth(pod, 'eth0', host, 'veth0')
  pod.link.set('eth0', { mtu })
  host.link.set('veth0', { mtu, master: 'cni0' })
  pod.addr.add(`10.244.${n}.2/24`, { dev: 'eth0' })
  pod.route.add('default', { via: `10.244.${n}.1` })
  return { host, pod }
}

/** Rules that do not match what is sent, in turn: what real rule sets test. */
const otherRule = (n: number): string =>
  [
    `-s 172.16.${(n >> 6) & 255}.${(n & 63) << 2}/30 -j DROP`,
    `-p udp --dport ${10_000 + (n % 20_000)} -j ACCEPT`,
    `-i tun${n % 100} -j ACCEPT`,
    `-p tcp --dport ${1 + (n % 60_000)} -j ACCEPT`,
    `-d 192.168.${(n >> 6) & 255}.${(n & 63) << 2}/30 -j REJECT`,
  ][n % 5]!

/** One router with rules in FORWARD; the tracked connections of the chain's last one are accepted, others pass as well. */
const firewall = (world: World, count: number, hasNat: boolean): Ends => {
  const ends = routers(world, 1)
  const rules = Array.from({ length: count }, (_, n) => `-A FORWARD ${otherRule(n)}\\n`).join('')
  const accept = '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\\n'
  const nat = hasNat ? '*nat\\n-A POSTROUTING -o right -j MASQUERADE\\nCOMMIT\\n' : ''
  world.sh(`printf '*filter\\n${rules}${accept}COMMIT\\n${nat}' | ip netns exec r1 iptables-restore`)
  return ends
}

const vtepMac = (n: number): string => `02:00:00:00:b${n}:01`

/** flannel.1 with the entries for the other host: what its vxlan backend adds for every lease. */
const flannelVxlan = (host: Netns, n: number, other: number): void => {
  const local = `192.168.50.${n}`
  const spec = { id: 1, local, dev: 'eth0', dstport: 8472, learning: false } as const
  host.link.add({ kind: 'vxlan', name: 'flannel.1', address: vtepMac(n), ...spec, up: true })
  host.addr.add(`10.244.${n}.0/32`, { dev: 'flannel.1' })
  host.neigh.add(`10.244.${other}.0`, { lladdr: vtepMac(other), dev: 'flannel.1', nud: 'permanent' })
  host.fdb.add(vtepMac(other), { dev: 'flannel.1', dst: `192.168.50.${other}` })
  host.route.add(`10.244.${other}.0/24`, { via: `10.244.${other}.0`, dev: 'flannel.1', onlink: true })
}

/** flannel0 and the proxy behind it, with the lease of the other host: what flannel's udp backend makes. */
const flannelUdp = (host: Netns, n: number, other: number): void => {
  const { kernel } = host
  const process = new Process(kernel, 'flanneld', () => {})
  const tun = tunOpen(kernel, { name: 'flannel0', mode: 'tun' })
  host.addr.add(`10.244.${n}.0/32`, { dev: 'flannel0' })
  host.link.set('flannel0', { mtu: UDP_MTU, up: true })
  host.route.add('10.244.0.0/16', { dev: 'flannel0' })
  const sock = udpSocket(kernel)
  sock.broadcast = true
  sock.bind({ address: parseIpv4(`192.168.50.${n}`), port: 8285 })
  const proxy = new UdpProxy(process, tun, sock, { tunIp: parseIpv4(`10.244.${n}.0`), mtu: UDP_MTU })
  proxy.setRoute(parseIpv4(`10.244.${other}.0`), 24, parseIpv4(`192.168.50.${other}`), 8285)
}

/**
 * Rules that flanneld of v0.20.2 installs with -ip-masq on a host with the subnet 10.244.n.0/24.
 *
 * @see flannel-io/flannel network/iptables.go
 */
const flannelRules = (world: World, n: number): void => {
  const [network, subnet] = ['10.244.0.0/16', `10.244.${n}.0/24`]
  const masq = '-m comment --comment "flanneld masq"'
  const forward = '-m comment --comment "flanneld forward"'
  const nat = [
    '-N FLANNEL-POSTRTG',
    `-I POSTROUTING ${masq} -j FLANNEL-POSTRTG`,
    `-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${network} -d ${network} ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${network} ! -d 224.0.0.0/4 ${masq} -j MASQUERADE --random-fully`,
    `-A FLANNEL-POSTRTG ! -s ${network} -d ${subnet} ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG ! -s ${network} -d ${network} ${masq} -j MASQUERADE --random-fully`,
  ]
  const filter = [
    '-N FLANNEL-FWD',
    `-I FORWARD ${forward} -j FLANNEL-FWD`,
    `-A FLANNEL-FWD -s ${network} ${forward} -j ACCEPT`,
    `-A FLANNEL-FWD -d ${network} ${forward} -j ACCEPT`,
  ]
  for (const rule of nat) world.sh(`ip netns exec host${n} iptables -t nat ${rule}`)
  for (const rule of filter) world.sh(`ip netns exec host${n} iptables ${rule}`)
}

const flannel = (world: World, backend: 'vxlan' | 'hostgw' | 'udp', hasRules: boolean): Ends => {
  const mtu = backend === 'udp' ? UDP_MTU : 1450
  const [a, b] = [podHost(world, 1, mtu), podHost(world, 2, mtu)]
  veth(a.host, 'eth0', b.host, 'eth0')
  for (const [n, other, { host }] of [
    [1, 2, a],
    [2, 1, b],
  ] as const) {
    host.addr.add(`192.168.50.${n}/24`, { dev: 'eth0' })
    if (backend === 'vxlan') flannelVxlan(host, n, other)
    else if (backend === 'udp') flannelUdp(host, n, other)
    else host.route.add(`10.244.${other}.0/24`, { via: `192.168.50.${other}` })
    if (hasRules) flannelRules(world, n)
  }
  return { from: a.pod, to: b.pod, address: '10.244.2.2' }
}

const buildEnds = (world: World, path: string): Ends => {
  if (path === 'direct') return direct(world)
  if (path === 'link') return cable(world)
  if (path === 'bridge') return bridge(world)
  const backend = /^(vxlan|hostgw|udp)(\+norules)?$/.exec(path)
  if (backend !== null) return flannel(world, backend[1] as 'vxlan' | 'hostgw' | 'udp', backend[2] === undefined)
  if (path === 'natnew') return firewall(world, 20, true)
  const count = Number(/^routers([1-9]\d?)$/.exec(path)?.[1])
  if (count > 0) return routers(world, count)
  const rules = /^(rules|nat)(\d{1,5})$/.exec(path)
  if (rules !== null) return firewall(world, Number(rules[2]), rules[1] === 'nat')
  throw new Error(
    `no path ${path}; there are direct, link, bridge, routersN with N from 1 to 99, vxlan[+norules], hostgw[+norules], udp[+norules], rulesN and natN with N from 0 to 99999, and natnew`,
  )
}

/** A World with the hosts of a path, as it was built. */
export const buildHosts = (path: string): Ends & { readonly world: World } => {
  const world = createWorld({ seed: 1 })
  const ends = buildEnds(world, path)
  world.run({ for: s(3) })
  for (let i = 0; i < TIMERS; i++) world.after(s(3600) + i, () => {})
  return { world, ...ends }
}

const into = new Uint8Array(65_536)

/** Has the receiver answer once, so that the flow becomes a connection of both sides. */
const answerOnce = (world: World, sender: UdpSocket, receiver: UdpSocket): void => {
  receiver.onDatagram((_, answer) => answer(new Uint8Array(1)))
  sender.send(new Uint8Array(1))
  world.run({ for: ms(1) })
  receiver.onDatagram(null)
  sender.recvInto(into)
}

/** Builds a path by its name and lets its links come up. */
export const buildPath = (path: string): Path => {
  const { world, from, to, address } = buildHosts(path)
  const receiver = to.udp.bind({ port: 9 })
  const sender = from.udp.connect(address, 9, undefined, { port: 40_000 })
  const [betweenNs, afterNs] = path === 'link' ? [us(40), ms(3)] : [0, 0]
  if (/^(rules|nat)\d/.test(path)) answerOnce(world, sender, receiver)
  const senders: UdpSocket[] = []
  for (let i = 0; path === 'natnew' && i < NEW_FLOWS; i++)
    senders.push(from.udp.connect(address, 9, undefined, { port: FIRST_PORT + i }))
  return {
    world,
    sender,
    senders,
    receiver,
    betweenNs,
    afterNs,
    receiverDev: to.dev(/^(routers|rules|nat)/.test(path) ? 'left' : 'eth0'),
  }
}

/** Sends `count` datagrams in batches and receives each batch; returns how many arrived with the payload's length. */
export const transfer = (path: Path, payload: Uint8Array, count: number): number => {
  const { world, sender, senders, receiver, betweenNs, afterNs } = path
  const turns = senders.length
  let delivered = 0
  const receive = (): void => {
    for (let length = receiver.recvInto(into); length >= 0; length = receiver.recvInto(into))
      if (length === payload.length) delivered++
  }
  for (let sent = 0; sent < count; ) {
    const end = Math.min(count, sent + BATCH)
    if (turns > 0 && sent % turns === 0) world.run({ for: FORGOTTEN_NS })
    for (; sent < end; sent++) (turns === 0 ? sender : senders[sent % turns]!).send(payload)
    world.run({ for: betweenNs })
    receive()
  }
  if (afterNs > 0) {
    // What is still under way fits no socket at once, so it is received piece by piece.
    for (let passed = 0; passed < afterNs; passed += betweenNs) {
      world.run({ for: betweenNs })
      receive()
    }
  }
  return delivered
}

/** Captures the first frames at the receiver, whatever they are. */
export const captureFirst = (path: Path, frames: number): Capture =>
  path.world.capture({ dev: path.receiverDev, limit: frames, promisc: false })

/** A payload of `size` octets. */
export const makePayload = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 31 + 7) & 255)
