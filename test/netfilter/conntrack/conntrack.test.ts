/**
 * The life of connections: what makes one, what ends it, and what is said of it.
 *
 * Where no other source is named, the expectation is what nf_conntrack does on Linux 6.18.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  NF_ACCEPT,
  NF_DROP,
  NF_INET_FORWARD,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI_RAW,
  NFPROTO_IPV4,
  type NfHookFn,
  type NfHookOps,
  nfRegisterNetHook,
  nfUnregisterNetHook,
} from '../../../lib/core/netfilter.js'
import { createWorld, LINUX_6_18, s, type World } from '../../../lib/index.js'
import { nfCtExt, nfCtGet, nfCtSet, nfCtSetUntracked } from '../../../lib/netfilter/conntrack/nf-conn.js'
import { nfCtTmplAlloc } from '../../../lib/netfilter/conntrack/nf-conntrack-entry.js'
import { emitIpv4 } from '../../../lib/wire/ipv4.js'
import { Router } from './replay.js'
import { nfConntrack } from '../../../lib/netfilter/conntrack/nf-conntrack-net.js'

const test = suite('netfilter/conntrack')

const SCRIPT = `
  ip netns add c
  ip netns add r
  ip netns add d
  ip -n c link add eth0 type veth peer name left netns r
  ip -n d link add eth0 type veth peer name right netns r
  ip -n c addr add 10.0.1.2/24 dev eth0
  ip -n r addr add 10.0.1.1/24 dev left
  ip -n r addr add 10.0.2.1/24 dev right
  ip -n d addr add 10.0.2.2/24 dev eth0
  ip -n c link set eth0 up
  ip -n r link set left up
  ip -n r link set right up
  ip -n r link set lo up
  ip -n d link set eth0 up
  ip -n c route add default via 10.0.1.1
  ip -n d route add default via 10.0.2.1
  ip netns exec r sysctl -qw net.ipv4.ip_forward=1
`

interface Lab {
  readonly world: World
  readonly r: ReturnType<World['netns']>
  /** Sends a datagram from the client to the server, or back. */
  readonly send: (sport: number, dport: number, isReply?: boolean, size?: number) => void
}

const makeLab = (options: Parameters<typeof createWorld>[0] = {}): Lab => {
  const world = createWorld(options)
  world.sh(SCRIPT)
  const sockets = new Map<string, ReturnType<ReturnType<World['netns']>['udp']['bind']>>()
  const socket = (netns: string, port: number) => {
    const key = `${netns} ${port}`
    const found = sockets.get(key) ?? world.netns(netns).udp.bind({ port })
    sockets.set(key, found)
    return found
  }
  return {
    world,
    r: world.netns('r'),
    send: (sport, dport, isReply = false, size = 5) => {
      socket('d', dport)
      socket('c', sport)
      const payload = new Uint8Array(size)
      if (isReply) socket('d', dport).sendTo(payload, { address: '10.0.1.2', port: sport })
      else socket('c', sport).sendTo(payload, { address: '10.0.2.2', port: dport })
      world.run({ for: 0 })
    },
  }
}

const hook = (hooknum: number, priority: number, fn: NfHookFn): NfHookOps => ({
  hook: fn,
  priv: null,
  pf: NFPROTO_IPV4,
  hooknum,
  priority,
})

/** Lines of conntrack -L without the timeout. */
const lines = (lab: Lab): string[] => lab.r.conntrack.list().map(c => c.text.replace(/^(\S+ +\d+ )\d+ /, '$1'))

test('tracks nothing until something needs it, and no more when that is gone (nf_ct_netns_get, nf_ct_netns_put)', () => {
  const lab = makeLab()
  lab.send(4000, 53)
  assert.is(lab.r.conntrack.count(), 0)
  const first = lab.r.conntrack.enable()
  const second = lab.r.conntrack.enable()
  lab.send(4000, 53)
  assert.is(lab.r.conntrack.count(), 1)
  first()
  first()
  lab.send(4001, 53)
  assert.is(lab.r.conntrack.count(), 2)
  second()
  lab.send(4002, 53)
  assert.is(lab.r.conntrack.count(), 2, 'what is there stays until it expires')
  assert.is(lab.r.kernel.nf.preRouting, null)
  lab.world.run({ for: s(31) })
  assert.is(lab.r.conntrack.count(), 0)
})

test('a datagram: 30 s, 120 s and assured when it goes on after two seconds (nf_conntrack_udp_packet; nf-ct-udp-life)', () => {
  const lab = makeLab()
  lab.r.conntrack.enable()
  lab.send(4000, 53)
  const entry = () => lab.r.conntrack.list()[0]!
  assert.equal([entry().timeoutSec, entry().isReplied, entry().isAssured], [30, false, false])
  assert.is(
    entry().text,
    'udp      17 30 src=10.0.1.2 dst=10.0.2.2 sport=4000 dport=53 [UNREPLIED] src=10.0.2.2 dst=10.0.1.2 sport=53 dport=4000 mark=0 use=1',
  )
  lab.world.run({ for: s(1) })
  lab.send(4000, 53, true)
  assert.equal([entry().timeoutSec, entry().isReplied, entry().isAssured], [30, true, false])
  lab.world.run({ for: s(1.1) })
  lab.send(4000, 53)
  assert.equal([entry().timeoutSec, entry().isReplied, entry().isAssured], [120, true, true])
  lab.world.run({ for: s(119.9) })
  assert.is(lab.r.conntrack.count(), 1)
  lab.world.run({ for: s(0.2) })
  assert.is(lab.r.conntrack.count(), 0)
})

test('a packet that is dropped before it leaves leaves no entry (nf-ct-drop-and-confirm)', () => {
  const lab = makeLab()
  lab.r.conntrack.enable()
  const drop = hook(NF_INET_FORWARD, 0, () => NF_DROP)
  nfRegisterNetHook(lab.r.kernel, drop)
  lab.send(4000, 53)
  assert.is(lab.r.conntrack.count(), 0)
  nfUnregisterNetHook(lab.r.kernel, drop)
  lab.send(4000, 53)
  assert.is(lab.r.conntrack.count(), 1)
  nfRegisterNetHook(lab.r.kernel, drop)
  lab.send(4000, 53, true)
  assert.ok(lab.r.conntrack.list()[0]!.isReplied, 'an answer that is dropped in FORWARD was seen in PRE_ROUTING')
  assert.is(lab.r.kernel.accounting().dropped['NETFILTER_DROP'], 2)
})

test('over lo a packet keeps its entry, made in OUTPUT (nf-hook-order-loopback)', () => {
  const lab = makeLab()
  lab.r.conntrack.enable()
  lab.world.sh('ip netns exec r ping -c 1 10.0.1.1')
  assert.is(lab.r.conntrack.count(), 1)
  const [entry] = lab.r.conntrack.list()
  assert.equal([entry!.protocol, entry!.isReplied, entry!.orig.type, entry!.reply.type], ['icmp', true, 8, 0])
})

test('an exempted packet has no entry, and its answer begins one of its own (nf-notrack)', () => {
  const lab = makeLab()
  lab.r.conntrack.enable()
  nfRegisterNetHook(
    lab.r.kernel,
    hook(NF_INET_PRE_ROUTING, NF_IP_PRI_RAW, (skb, state) => {
      if (state.inDev!.name === 'left') nfCtSetUntracked(skb)
      return NF_ACCEPT
    }),
  )
  lab.send(4000, 53)
  assert.is(lab.r.conntrack.count(), 0)
  lab.send(4000, 53, true)
  assert.equal(lines(lab), [
    'udp      17 src=10.0.2.2 dst=10.0.1.2 sport=53 dport=4000 [UNREPLIED] src=10.0.1.2 dst=10.0.2.2 sport=4000 dport=53 mark=0 use=1',
  ])
})

test('the errors that the router itself sends belong to the connection they are about (nf_conntrack_attach)', () => {
  const lab = makeLab()
  lab.r.conntrack.enable()
  const seen: number[] = []
  nfRegisterNetHook(
    lab.r.kernel,
    hook(3, 0, skb => {
      seen.push(nfCtGet(skb) === null ? -1 : skb.nfctinfo)
      return NF_ACCEPT
    }),
  )
  lab.world.sh('ip netns exec c ping -c 1 -t 1 -W 1 10.0.2.2', { mayFail: true })
  assert.equal(seen, [4], 'IP_CT_RELATED_REPLY')
  assert.is(lab.r.conntrack.count(), 0)
})

test('zones keep equal tuples apart, in both directions or in one (nf_ct_zone_equal)', () => {
  const lab = makeLab()
  lab.r.conntrack.enable()
  const cnet = nfConntrack(lab.r.kernel)
  let zones: [number, number] = [0, 0]
  nfRegisterNetHook(
    lab.r.kernel,
    hook(NF_INET_PRE_ROUTING, NF_IP_PRI_RAW, skb => {
      if (zones[0] !== 0 || zones[1] !== 0) nfCtSet(skb, nfCtTmplAlloc(cnet, zones[0], zones[1]), 2)
      return NF_ACCEPT
    }),
  )
  lab.send(4000, 53)
  zones = [7, 7]
  lab.send(4000, 53)
  assert.equal(
    lab.r.conntrack
      .list()
      .map(c => [c.orig.zone, c.reply.zone])
      .sort(),
    [
      [0, 0],
      [7, 7],
    ],
  )
  lab.send(4000, 53, true)
  assert.equal(
    lab.r.conntrack.list({ zone: 7 }).map(c => c.isReplied),
    [true],
  )
  assert.equal(
    lab.r.conntrack.list({ zone: 0 }).map(c => c.isReplied),
    [false],
  )
  lab.r.conntrack.flush()
  zones = [8, 0]
  lab.send(4000, 53)
  assert.match(lab.r.conntrack.list()[0]!.text, 'dport=53 zone-orig=8 [UNREPLIED]')
  zones = [0, 0]
  lab.send(4000, 53, true)
  assert.equal(
    lab.r.conntrack.list().map(c => c.isReplied),
    [true],
    'answers are in no zone',
  )
})

test('the zone of a template may be the mark of the packet (nf_ct_zone_tmpl)', () => {
  const lab = makeLab()
  lab.r.conntrack.enable()
  const tmpl = nfCtTmplAlloc(nfConntrack(lab.r.kernel), 1, 1)
  nfCtExt(tmpl).zoneIsMark = true
  nfRegisterNetHook(
    lab.r.kernel,
    hook(NF_INET_PRE_ROUTING, NF_IP_PRI_RAW, skb => {
      skb.mark = 42
      nfCtSet(skb, tmpl, 2)
      return NF_ACCEPT
    }),
  )
  lab.send(4000, 53)
  assert.is(lab.r.conntrack.list()[0]!.orig.zone, 42)
})

test('a full table drops what would begin a connection, and counts it (__nf_conntrack_alloc)', () => {
  const lab = makeLab({ profile: { ...LINUX_6_18, nfConntrackMax: 3 } })
  lab.r.conntrack.enable()
  for (let port = 4000; port < 4003; port++) {
    lab.send(port, 53)
    lab.send(port, 53, true)
  }
  lab.world.run({ for: s(3) })
  for (let port = 4000; port < 4003; port++) lab.send(port, 53)
  assert.ok(lab.r.conntrack.list().every(c => c.isAssured))
  lab.send(5000, 53)
  assert.is(lab.r.conntrack.count(), 3)
  assert.is(lab.r.conntrack.stats().drop, 1)
  assert.is(lab.r.kernel.accounting().dropped['NETFILTER_DROP'], 1)
  lab.send(4000, 53)
  assert.is(lab.r.conntrack.stats().drop, 1, 'known connections go on')
  lab.world.run({ for: s(121) })
  lab.send(5000, 53)
  assert.is(lab.r.conntrack.count(), 1, 'what has expired makes room')
})

test('a table that stays full gives up what is not assured, after a second (gc_worker)', () => {
  const lab = makeLab({ profile: { ...LINUX_6_18, nfConntrackMax: 100 } })
  lab.r.conntrack.enable()
  for (let port = 4000; port < 4100; port++) lab.send(port, 53)
  lab.send(5000, 53)
  lab.send(5001, 53)
  assert.equal([lab.r.conntrack.count(), lab.r.conntrack.stats().drop], [100, 2])
  lab.world.run({ for: s(1.1) })
  lab.send(5002, 53)
  assert.equal([lab.r.conntrack.count(), lab.r.conntrack.stats().drop], [95, 2])
})

test('in a table of one bucket an entry that is not assured makes room (early_drop)', () => {
  const lab = makeLab({ profile: { ...LINUX_6_18, nfConntrackMax: 3, nfConntrackBuckets: 1 } })
  lab.r.conntrack.enable()
  for (let port = 4000; port < 4006; port++) lab.send(port, 53)
  assert.is(lab.r.conntrack.stats().drop, 0)
  assert.is(lab.r.conntrack.stats().earlyDrop, 3)
})

test('a fragmented datagram passes the hooks as one and leaves as it came (nf_defrag_ipv4; nf-fragments-conntrack)', () => {
  const lab = makeLab()
  lab.world.netns('c').link.set('eth0', { mtu: 1000 })
  const seen: number[] = []
  const count = hook(NF_INET_FORWARD, 0, skb => {
    seen.push(skb.tail - skb.data)
    return NF_ACCEPT
  })
  nfRegisterNetHook(lab.r.kernel, count)
  const capture = lab.world.capture({ netns: 'd', dev: 'eth0', filter: 'udp or ip[6:2] & 0x1fff != 0' })
  lab.send(4000, 53, false, 2500)
  assert.equal(seen, [996, 996, 576])
  const off = lab.r.conntrack.enable()
  lab.send(4000, 53, false, 2500)
  assert.equal(seen.slice(3), [2528])
  const sizes = capture.frames.map(f => f.data.length - 14)
  assert.equal(sizes.slice(3), sizes.slice(0, 3))
  off()
  assert.is(lab.r.kernel.nf.preRouting, null)
  assert.is(lab.r.kernel.accounting().alive, 0)
})

test('fragments that wait for others end with the namespace', () => {
  const lab = makeLab()
  lab.r.conntrack.enable()
  lab.world.netns('c').link.set('eth0', { mtu: 1000 })
  let n = 0
  nfRegisterNetHook(
    lab.r.kernel,
    hook(NF_INET_PRE_ROUTING, -500, () => (++n === 2 ? NF_DROP : NF_ACCEPT)),
  )
  lab.send(4000, 53, false, 2500)
  assert.is(lab.r.kernel.accounting().alive, 2)
  const { kernel } = lab.r
  lab.world.delNetns('r')
  assert.is(kernel.accounting().alive, 0)
  assert.is(lab.world.kernel.skbs.live, 0)
})

test('tells of new connections, of changes and of ends, expiry included (nf_conntrack_ecache)', () => {
  const lab = makeLab()
  lab.r.conntrack.enable()
  const seen: string[] = []
  const start = lab.world.now
  const off = lab.r.conntrack.onEvent(e =>
    seen.push(
      `${Math.round((lab.world.now - start) / 1e8) / 10} ${e.type} ${e.entry.isReplied ? 'replied' : 'unreplied'} ${e.entry.timeoutSec}`,
    ),
  )
  lab.send(4000, 53)
  lab.send(4000, 53)
  lab.send(4000, 53, true)
  lab.world.run()
  assert.equal(seen, ['0 new unreplied 30', '0 update replied 30', '30 destroy replied 0'])
  off()
  lab.send(4001, 53)
  assert.is(seen.length, 3)
  assert.is(nfConntrack(lab.r.kernel).gcEvent, null, 'nobody waits for an end that nobody hears of')
})

test('a connection that began before anybody listened is not told of (nf_conntrack_events 2)', () => {
  const lab = makeLab()
  lab.r.conntrack.enable()
  lab.send(4000, 53)
  const seen: string[] = []
  lab.r.conntrack.onEvent(e => seen.push(e.type))
  lab.send(4000, 53, true)
  lab.r.conntrack.flush()
  assert.equal(seen, [])
  lab.r.sysctl.set('net.netfilter.nf_conntrack_events', 0)
  lab.send(4001, 53)
  assert.equal(seen, [])
})

test('counts packets and octets where that is asked for, and when a connection began (nf_conntrack_acct, _timestamp)', () => {
  const lab = makeLab()
  lab.r.conntrack.enable()
  lab.r.sysctl.set('net.netfilter.nf_conntrack_acct', 1)
  lab.r.sysctl.set('net.netfilter.nf_conntrack_timestamp', 1)
  lab.world.run({ for: s(5) - lab.world.now })
  lab.send(4000, 53)
  lab.send(4000, 53)
  lab.send(4000, 53, true, 100)
  lab.world.run({ for: s(3) })
  const { stdout } = lab.world.sh('ip netns exec r conntrack -L -o ktimestamp', { tailNs: 0 })
  assert.is(
    stdout.trim(),
    'udp      17 26 src=10.0.1.2 dst=10.0.2.2 sport=4000 dport=53 packets=2 bytes=66 src=10.0.2.2 dst=10.0.1.2 sport=53 dport=4000 packets=1 bytes=128 mark=0 delta-time=3 [start=Thu Jan  1 00:00:05 1970] use=1',
  )
  lab.world.sh('ip netns exec r conntrack -L -z')
  assert.is(lab.r.conntrack.list()[0]!.orig.packets, 0)
})

test('the program conntrack -E prints while the world runs', () => {
  const lab = makeLab()
  lab.r.conntrack.enable()
  const result = lab.world.sh(
    `ip netns exec r conntrack -E > r-events.txt &
    sleep 0.1
    ip netns exec c ping -c 1 10.0.2.2
    ip netns exec r conntrack -U -f ipv4 -p icmp -m 5
    ip netns exec r conntrack -D -p icmp
    sleep 0.1`,
    { mayFail: true },
  )
  const file = result.files.get('r-events.txt')
  const text = file === undefined ? '' : new TextDecoder().decode(file)
  const masked = text
    .replace(/ id=\d+/g, ' id=N')
    .trimEnd()
    .split('\n')
  assert.equal(masked, [
    '    [NEW] icmp     1 30 src=10.0.1.2 dst=10.0.2.2 type=8 code=0 id=N [UNREPLIED] src=10.0.2.2 dst=10.0.1.2 type=0 code=0 id=N',
    ' [UPDATE] icmp     1 30 src=10.0.1.2 dst=10.0.2.2 type=8 code=0 id=N src=10.0.2.2 dst=10.0.1.2 type=0 code=0 id=N',
    ' [UPDATE] icmp     1 29 src=10.0.1.2 dst=10.0.2.2 type=8 code=0 id=N src=10.0.2.2 dst=10.0.1.2 type=0 code=0 id=N mark=5 [USERSPACE] portid=1 progname=conntrack',
    '[DESTROY] icmp     1 29 src=10.0.1.2 dst=10.0.2.2 type=8 code=0 id=N src=10.0.2.2 dst=10.0.1.2 type=0 code=0 id=N mark=5 [USERSPACE] portid=1 progname=conntrack',
  ])
})

test('GRE goes by its call identifier where it carries PPP; others by their addresses (recorded on Linux 6.18)', () => {
  const router = new Router()
  const send = (dir: number, proto: number, hex: string): void => {
    const [saddr, daddr] = dir === 0 ? ['10.0.1.2', '10.0.2.2'] : ['10.0.2.2', '10.0.1.2']
    const packet = emitIpv4({ saddr: saddr!, daddr: daddr!, proto }, Buffer.from(hex, 'hex'))
    router.send(dir, Buffer.from(packet).toString('hex'))
  }
  for (const [proto, hex] of [
    [47, '0000080061626364'],
    [47, '2001880b00040007'],
    [99, '7a7a'],
    [33, '00010002000000000000000000000000'],
  ] as const) {
    send(0, proto, hex)
    send(1, proto, hex)
  }
  const { stdout } = router.world.sh('ip netns exec r conntrack -L', { tailNs: 0 })
  assert.equal(
    stdout
      .trim()
      .replace(/^(\w+ +\d+) \d+/gm, '$1')
      .split('\n')
      .sort(),
    [
      'dccp     33 src=10.0.1.2 dst=10.0.2.2 sport=0 dport=0 src=10.0.2.2 dst=10.0.1.2 sport=0 dport=0 mark=0 use=1',
      'gre      47 src=10.0.1.2 dst=10.0.2.2 srckey=0x0 dstkey=0x0 src=10.0.2.2 dst=10.0.1.2 srckey=0x0 dstkey=0x0 mark=0 use=1',
      'gre      47 src=10.0.1.2 dst=10.0.2.2 srckey=0x0 dstkey=0x7 [UNREPLIED] src=10.0.2.2 dst=10.0.1.2 srckey=0x7 dstkey=0x0 mark=0 use=1',
      'gre      47 src=10.0.2.2 dst=10.0.1.2 srckey=0x0 dstkey=0x7 [UNREPLIED] src=10.0.1.2 dst=10.0.2.2 srckey=0x7 dstkey=0x0 mark=0 use=1',
      'unknown  99 src=10.0.1.2 dst=10.0.2.2 src=10.0.2.2 dst=10.0.1.2 mark=0 use=1',
    ],
  )
})

test('is listed, changed and removed by calls as by the tool', () => {
  const lab = makeLab()
  lab.r.conntrack.enable()
  for (const port of [4000, 4001, 4002]) lab.send(port, 53)
  const { conntrack } = lab.r
  assert.is(conntrack.list({ sport: 4001 }).length, 1)
  assert.is(conntrack.list({ protocol: 'udp', src: '10.0.1.2', replyDst: '10.0.1.2', dport: 53 }).length, 3)
  assert.is(conntrack.list({ protocol: 'tcp' }).length, 0)
  assert.is(conntrack.update({ sport: 4001 }, { mark: 0xffffffff, timeoutSec: 1000, assured: true }), 1)
  const [entry] = conntrack.list({ mark: 0xffffffff })
  assert.equal([entry!.timeoutSec, entry!.isAssured, entry!.orig.sport], [1000, true, 4001])
  assert.is(conntrack.delete({ sport: 4000 }), 1)
  assert.is(conntrack.count(), 2)
  assert.throws(() => conntrack.list({ src: 'x' }), /src/)
  assert.throws(() => conntrack.list({ protocol: 'xyz' }), /protocol: "xyz"/)
  assert.throws(() => conntrack.update({}, { mark: -1 }), /mark: -1/)
})

test('keeps thousands of entries apart and lets them go one by one', () => {
  const world = createWorld()
  world.sh('ip netns add r')
  const r = world.netns('r')
  const script = Array.from(
    { length: 2000 },
    (_, i) =>
      `ip netns exec r conntrack -I -p udp -s 10.0.${i >> 8}.${i & 255} -d 10.9.9.9 --sport ${i + 1} --dport 53 -t ${100 + i}`,
  ).join('\n')
  world.sh(script, { tailNs: 0 })
  assert.is(r.conntrack.count(), 2000)
  assert.is(new Set(r.conntrack.list().map(c => c.id)).size, 2000)
  world.run({ for: s(1100) - world.now })
  const left = r.conntrack.count()
  assert.ok(left > 980 && left < 1010, `${left} are left`)
  assert.is(r.conntrack.delete({ protocol: 17 }), left)
  assert.is(r.conntrack.count(), 0)
})

test.run()
