/**
 * The flow cache changes nothing that anybody can see: networks live the same life with and without it, whatever happens
 * to them in the middle of a flow.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../lib/index.js'
import { flowBlock, flowUnblock } from '../../lib/core/flow-genid.js'
import { nfConntrack } from '../../lib/netfilter/conntrack/nf-conntrack-net.js'
import { Life, NETS, type NetName, sameText, type Step } from './flow-lab.js'

const test = suite('core/flow-cache')

/** `FLOW_RUNS=1000 FLOW_SEED=2` tries more, `FLOW_NET=NAT` one network only. */
const RUNS = Number(process.env['FLOW_RUNS'] ?? 20)
const SEED = Number(process.env['FLOW_SEED'] ?? 1)
const NAMES = (Object.keys(NETS) as NetName[]).filter(n => n === (process.env['FLOW_NET'] ?? n))

/** With more events than this, each is tried only with or without a trace. */
const MANY = 70

/** Lives both lives and compares after each step but waits; the number of packets that took the short way. */
const compare = (name: NetName, steps: readonly Step[], isTraced: boolean): number => {
  const long = new Life(name, false, isTraced)
  const short = new Life(name, true, isTraced)
  sameText(short.state(), long.state(), 'after the start')
  for (const [i, step] of steps.entries()) {
    long.do(step)
    short.do(step)
    // Whoever looks at a table has its old entries removed: what time does to them must show in the next packets.
    if (step.kind !== 'wait')
      sameText(short.state(), long.state(), `${name}: after step ${i} of ${JSON.stringify(steps.slice(0, i + 1))}`)
  }
  return short.hits
}

const burst = (from: number, to: number): Step => ({ kind: 'burst', from, to, count: 4 })
const oneway = (from: number, to: number): Step => ({ kind: 'oneway', from, to, count: 4 })
const tcp = (from: number, to: number, size: number): Step => ({ kind: 'tcp', from, to, size })
const send = (size: number, tos = 0, ttl = 0): Step => ({ kind: 'send', from: 0, to: 1, size, count: 2, tos, ttl })

/** Flows both ways; long packets, other types of service and times to live in the middle of one; old neighbours and entries. */
const TRAFFIC: readonly Step[] = [
  burst(0, 1),
  burst(1, 0),
  { kind: 'ping', from: 0, to: 1 },
  { kind: 'wait', ms: 6000 },
  burst(0, 1),
  { kind: 'wait', ms: 1 },
  burst(0, 1),
  { kind: 'wait', ms: 4000 },
  burst(0, 1),
  ...[560, 880, 1396, 1430, 3000].map(size => send(size)),
  send(40, 0x10),
  send(40, 3),
  send(40, 0, 2),
  burst(0, 1),
  { kind: 'wait', ms: 301_000 },
  burst(0, 1),
  ...[100, 4000, 9000, 1].map(size => tcp(0, 1, size)),
  tcp(2, 1, 4000),
  { kind: 'wait', ms: 100 },
  ...[4000, 9000, 1].map(size => tcp(2, 1, size)),
  { kind: 'tcp', from: 0, to: 1, size: 2000, end: 'fin' },
  { kind: 'tcp', from: 2, to: 1, size: 2000, end: 'rst' },
]

/** After it, flows both ways are recorded. */
const WARM: readonly Step[] = [
  burst(0, 1),
  { kind: 'wait', ms: 6000 },
  burst(0, 1),
  { kind: 'wait', ms: 1 },
  burst(1, 0),
  { kind: 'wait', ms: 1 },
  burst(0, 1),
]

/** Flows that have been answered, and become streams; others that nobody answers. */
const FLOWS: readonly Step[] = [0, 0, 6000, 0, 0].flatMap(ms => [
  burst(0, 1),
  burst(1, 3),
  burst(2, 1),
  oneway(0, 1),
  oneway(1, 2),
  tcp(0, 1, 5000),
  tcp(1, 2, 300),
  { kind: 'wait', ms: ms + 1 } as const,
])

const host = fc.nat({ max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      from: host,
      to: host,
      size: fc.constantFrom(0, 1, 40, 41, 560, 1400, 1430, 1472, 3000),
      count: fc.constant(4),
      tos: fc.constantFrom(0, 0, 0, 0x10, 2, 3),
      ttl: fc.constantFrom(0, 0, 0, 1, 2, 3, 64),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('burst' as const), from: host, to: host, count: fc.nat({ max: 12 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('oneway' as const), from: host, to: host, count: fc.nat({ max: 8 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('tcp' as const),
      from: host,
      to: host,
      size: fc.constantFrom(1, 40, 1400, 1448, 3000, 20_000),
      end: fc.constantFrom(undefined, undefined, undefined, 'fin' as const, 'rst' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ping' as const), from: host, to: host }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 100, 3000, 31_000, 301_000) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('event' as const), n: fc.nat({ max: 1000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('capture' as const), n: fc.nat({ max: 1000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rebind' as const), n: fc.nat({ max: 1000 }) }) },
)

for (const name of NAMES) {
  test(`${name}: each event amid a flow leaves the same with and without the cache`, () => {
    let hits = 0
    const { length } = NETS[name].events
    for (let n = 0; n < length; n++)
      for (const isTraced of length > MANY ? [n % 2 === 0] : [true, false])
        hits += compare(name, [...TRAFFIC, ...FLOWS, { kind: 'event', n }, ...FLOWS, ...TRAFFIC], isTraced)
    assert.ok(hits > 10 * length, `${hits} packets took the short way`)
  })

  test(`${name}: a socket that closes amid a flow gets no more of it`, () => {
    for (const n of [1, 5]) compare(name, [...WARM, { kind: 'rebind', n }, burst(0, 1), burst(0, 1)], n === 1)
  })

  test(`${name}: a capture on any device sees every packet of a flow, and none that is not its`, () => {
    for (let n = 0; n < NETS[name].devs.length; n++) {
      const capture: Step = { kind: 'capture', n }
      compare(
        name,
        [burst(0, 1), { kind: 'wait', ms: 6000 }, burst(0, 1), capture, burst(0, 1), capture, burst(0, 1)],
        false,
      )
      compare(
        name,
        [burst(0, 1), capture, { kind: 'wait', ms: 6000 }, burst(0, 1), burst(0, 1), capture, burst(0, 1)],
        false,
      )
    }
  })

  test(`${name}: any sequence of events leaves the same with and without the cache`, () => {
    let hits = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), fc.boolean(), (steps, isTraced) => {
        hits += compare(name, steps, isTraced)
      }),
      { seed: SEED, numRuns: RUNS },
    )
    assert.ok(hits > 5 * RUNS, `${hits} packets took the short way`)
  })
}

test('a namespace in which something decides that tells no recorder has no flows', () => {
  const life = new Life('ROUTERS', true, false)
  life.do(burst(0, 1))
  life.do({ kind: 'wait', ms: 6000 })
  const hitsOf = (): number => {
    const before = life.hits
    life.do({ kind: 'burst', from: 0, to: 1, count: 12 })
    return life.hits - before
  }
  const all = hitsOf()
  const r1 = life.world.kernel.netns('r1')
  flowBlock(r1)
  const without = hitsOf()
  assert.ok(without > 0 && without < all, `${without} of ${all}`)
  flowUnblock(r1)
  hitsOf()
  assert.is(hitsOf(), hitsOf())
  assert.ok(hitsOf() > without)
})

test('rules, connections and translations go the short way, and are counted', () => {
  const life = new Life('NAT', true, false)
  const r = life.world.kernel.netns('r')
  const exchange = (count: number, ms: number): void => {
    life.do({ kind: 'burst', from: 0, to: 1, count })
    life.do({ kind: 'wait', ms })
  }
  for (const ms of [1, 6000, 1, 1]) exchange(4, ms)
  const before = life.hits
  exchange(100, 1)
  // Each datagram and each answer: the sending host, the router and the receiving host.
  assert.is(life.hits - before, 600)
  const acct = nfConntrack(r)
    .table.list()
    .find(ct => ct.protonum === 17)!.ext!.acct!
  assert.equal([...acct], [116, 116 * (28 + 41.5), 116, 116 * (28 + 20.5)])
})

// Pod to pod: the sending pod and its host; with vxlan the other host twice, else once; the receiving pod.
for (const [name, stages] of [
  ['FLANNEL_VXLAN', 5],
  ['FLANNEL_HOSTGW', 4],
] as const)
  test(`${name}: datagrams that nobody answers go the short way all along, with the rules of flannel on both hosts`, () => {
    const life = new Life(name, true, false)
    const hitsOf = (step: Step): number => {
      const before = life.hits
      life.do(step)
      return life.hits - before
    }
    for (let i = 0; i < 4; i++) {
      life.do(oneway(0, 1))
      life.do({ kind: 'wait', ms: i === 1 ? 6000 : 1 })
    }
    assert.is(hitsOf({ kind: 'oneway', from: 0, to: 1, count: 100 }), 100 * stages)
    const { world } = life
    for (const ct of nfConntrack(world.kernel.netns('host1')).table.list())
      if (ct.protonum === 17) assert.is(ct.timeout - Math.floor(world.now / 4e6), 30 * 250)
    // 4 x 4 + 100 packets, of which the first of each connection is asked about at NAT.
    const forward = world.sh('ip netns exec host1 iptables -nvxL FLANNEL-FWD').stdout
    assert.match(forward, /^ +116 +8062 ACCEPT +(all|0) +-- +\* +\* +10\.244\.0\.0\/16 +0\.0\.0\.0\/0/m)
    const nat = world.sh('ip netns exec host1 iptables -t nat -nvxL FLANNEL-POSTRTG').stdout
    assert.match(nat, /^ +1 +68 RETURN +(all|0) +-- +\* +\* +10\.244\.0\.0\/16 +10\.244\.0\.0\/16/m)
  })

// What is sent: two segments of a write of 2,896 octets, each by the router, or by the host, its vxlan device, the other
// host and its vxlan device. Acknowledgements come on top.
for (const [name, stages] of [
  ['NAT', 1],
  ['FLANNEL_VXLAN', 3],
] as const)
  test(`${name}: segments of an established connection go the short way through its rules`, () => {
    const life = new Life(name, true, false)
    for (const ms of [6000, 1, 1]) {
      for (let i = 0; i < 3; i++) life.do(tcp(0, 1, 2896))
      life.do({ kind: 'wait', ms })
    }
    const before = life.hits
    life.do(tcp(0, 1, 100 * 1448))
    life.do({ kind: 'wait', ms: 10 })
    assert.ok(life.hits - before >= 100 * stages, `${life.hits - before} went the short way`)
  })

test('a flow whose first answer comes late becomes a stream with the next packet', () => {
  const unanswered: Step = { kind: 'send', from: 3, to: 0, size: 0, count: 4, tos: 0, ttl: 1 }
  const two: Step = { kind: 'burst', from: 3, to: 0, count: 2 }
  compare('FLANNEL_VXLAN', [unanswered, { kind: 'wait', ms: 3000 }, two, { kind: 'wait', ms: 1 }, two], false)
})

test('what a hook writes into a segment is found by TCP, though its checksum was found right before', () => {
  const life = new Life('NAT', true, false)
  for (const ms of [6000, 1, 1]) {
    life.do(tcp(1, 2, 2896))
    life.do({ kind: 'wait', ms })
  }
  const c = life.world.netns('c')
  let written = 0
  c.nf.register({ hook: 'input', priority: 'filter' }, packet => {
    if (packet.data.length < 1000) return 'accept'
    packet.write(packet.data.length - 1, Uint8Array.of(packet.data.at(-1)! ^ 0xee))
    written++
    return 'accept'
  })
  life.do(tcp(1, 2, 2896))
  life.do({ kind: 'wait', ms: 10 })
  assert.ok(written > 0)
  const drops = c.kernel.drops().filter(({ reason }) => reason === 'TCP_CSUM')
  assert.is(drops[0]?.count, written)
})

test('a connection that expires amid a flow begins anew', () => {
  const n = NETS.NAT.events.indexOf('ip netns exec r sysctl -w net.netfilter.nf_conntrack_udp_timeout_stream=7')
  assert.ok(n >= 0)
  for (const afterMs of [6900, 7000, 7100, 7500])
    compare('NAT', [...FLOWS, { kind: 'event', n }, ...FLOWS, { ...burst(0, 1), afterMs } as Step], false)
})

test('createWorld({ flowCache: false }) does without', () => {
  assert.is(createWorld({ flowCache: false }).kernel.flows, null)
  assert.ok(createWorld().kernel.flows !== null)
})

test.run()
