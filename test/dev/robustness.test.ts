import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetDevice } from '../../lib/core/netdev.js'
import { NetloomError } from '../../lib/errors.js'
import { IPPROTO_IGMP, putIpv4 } from '../../lib/wire/ipv4.js'
import { linkAdd, linkSet } from '../../lib/rtnl/link.js'
import { addrAdd } from '../../lib/rtnl/addr.js'
import { BROADCAST, Capture, checkBalance, frame, hostMac, Lab, newWorld, portMac, send } from './lab.js'

const test = suite('dev/robustness')

const FRAMES = 100_000

/** A small generator of its own, so that the frames do not change with the World's. */
const random = (seed: number) => {
  let x = seed
  return (below: number): number => {
    x = (Math.imul(x, 1664525) + 1013904223) | 0
    return (x >>> 8) % below
  }
}

const IGMP_TYPES = [0x11, 0x12, 0x16, 0x17, 0x22, 0x30, 0x99]

/** Frames that look like something: IGMP, IPv4, ARP, then some of their octets changed; or noise. */
const mutated = (rnd: (below: number) => number): Uint8Array => {
  const dsts = [
    BROADCAST,
    hostMac(1),
    hostMac(2),
    portMac(1),
    0x02000000f000,
    0x01005e010101,
    0x0180c2000000 + rnd(16),
    0,
  ]
  const len = rnd(10) === 0 ? rnd(1600) : 20 + rnd(60)
  const body = new Uint8Array(len)
  for (let i = 0; i < len; i++) body[i] = rnd(256)
  const kind = rnd(5)
  if (kind <= 1 && len >= 32) {
    if (kind === 0) body[24] = IGMP_TYPES[rnd(IGMP_TYPES.length)]!
    putIpv4(
      body,
      0,
      24,
      0,
      len,
      0,
      0,
      1,
      kind === 0 ? IPPROTO_IGMP : rnd(256),
      0x0a000001 + rnd(4),
      (0xef010101 | 0) + rnd(3),
    )
    if (kind === 0 && rnd(4) > 0) fixCsum(body, 24, len)
  }
  const type = kind <= 1 ? 0x0800 : kind === 2 ? 0x0806 : [0x86dd, 0x8100, 0x88cc, 5, 0x0800][rnd(5)]!
  const out = frame(dsts[rnd(dsts.length)]!, rnd(20) === 0 ? rnd(2 ** 24) : hostMac(1 + rnd(4)), body, type)
  if (rnd(3) === 0) for (let n = rnd(6); n > 0; n--) out[rnd(out.length)] = rnd(256)
  return rnd(50) === 0 ? out.subarray(0, rnd(20)) : out
}

const fixCsum = (b: Uint8Array, at: number, end: number): void => {
  b[at + 2] = 0
  b[at + 3] = 0
  let sum = 0
  for (let i = at; i < end; i += 2) sum += (b[i]! << 8) | (b[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  b[at + 2] = (~sum >> 8) & 0xff
  b[at + 3] = ~sum & 0xff
}

const bombard = (lab: Lab, devs: readonly NetDevice[], seed: number): void => {
  const rnd = random(seed)
  for (let n = 0; n < FRAMES; n++) {
    send(devs[rnd(devs.length)]!, mutated(rnd))
    if (n % 1000 === 999) lab.world.run({ for: 50_000_000 * rnd(20) })
  }
  checkBalance(lab.world)
  lab.world.run({ for: 3600e9 })
  checkBalance(lab.world)
  for (const ns of lab.world.listNetns()) assert.is(ns.accounting().alive, 0, `${ns} holds nothing at rest`)
  assert.is(lab.world.skbs.live, 0)
}

test('100,000 random and mutated frames into lo and veth: no throw, nothing lost, nothing kept', () => {
  const lab = new Lab(2, {})
  linkSet(lab.hosts[0]!.netns.lo, { up: true })
  addrAdd(lab.hosts[0]!, { local: 0x0a000001, prefixLen: 24 }, 'add')
  bombard(lab, [lab.hosts[0]!.netns.lo, lab.hosts[0]!], 1)
})

for (const attrs of [{ mcastSnooping: 0 }, { mcastIgmpVersion: 2, mcastRouter: 2 }, { mcastIgmpVersion: 3 }])
  test(`100,000 random and mutated frames into a bridge, ${JSON.stringify(attrs)}`, () => {
    const lab = new Lab(3, attrs)
    addrAdd(lab.br, { local: 0x0a000009, prefixLen: 24 }, 'add')
    linkSet(lab.ports[2]!, { slaveAttrs: { hairpin: true, mcastToUnicast: true, neighSuppress: true } })
    bombard(lab, [...lab.hosts, lab.br], 2)
  })

test('a frame never leaves by the port that it came in by, whatever the bridge knows (fc)', () => {
  const action = fc.record({
    from: fc.integer({ min: 1, max: 4 }),
    src: fc.integer({ min: 1, max: 6 }),
    dst: fc.constantFrom(BROADCAST, 0x01005e010101, ...[1, 2, 3, 4, 5, 6].map(hostMac)),
    wait: fc.constantFrom(0, 0, 0, 2e9),
  })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30 }), actions => {
      const lab = new Lab(4, { mcastSnooping: 1, ageingTime: 100 })
      const caps = lab.hosts.map(h => new Capture(h))
      for (const [n, a] of actions.entries()) {
        lab.say(a.from, a.dst, `#${n}`, hostMac(a.src))
        if (a.wait > 0) lab.world.run({ for: a.wait })
        for (const [i, c] of caps.entries()) {
          const got = c.texts().filter(t => t === `<#${n}`).length
          assert.ok(got <= (i + 1 === a.from ? 0 : 1), `#${n} at h${i + 1}`)
        }
      }
      checkBalance(lab.world)
    }),
    { seed: 20240601, numRuns: 60 },
  )
})

test('ends a loop of two bridges and two cables with an error that names them (storm guard)', () => {
  const world = newWorld({ stormLimit: 5000 })
  const ns = world.addNetns('sw')
  const [a, b] = ['brA', 'brB'].map(name =>
    linkAdd(ns, { kind: 'bridge', name, up: true, attrs: { mcastSnooping: 0 } }),
  )
  for (const n of [1, 2]) {
    linkAdd(ns, { kind: 'veth', name: `x${n}`, master: a!, up: true, attrs: { peer: { name: `y${n}` } } })
    linkSet(ns.dev(`y${n}`), { master: b!, up: true })
  }
  world.run({ for: 2e9 })
  try {
    send(a!, frame(BROADCAST, a!.addr, 'round and round'))
    world.run({ for: 1e9 })
  } catch (e) {
    assert.instance(e, NetloomError)
    assert.is((e as NetloomError).code, 'ESTORM')
    for (const name of ['sw:x1', 'sw:x2', 'sw:y1', 'sw:y2']) assert.match((e as NetloomError).message, name)
    return
  }
  assert.unreachable('the loop ended by itself')
})

test('survives deletion of everything in any order with frames under way (fc)', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }), order => {
      const lab = new Lab(3, {})
      const steps = [
        () => lab.world.delNetns('h1'),
        () => lab.world.delNetns('h2'),
        () => lab.ports[2]!.registered && linkSet(lab.ports[2]!, { master: null }),
        () => lab.br.registered && linkSet(lab.br, { up: false }),
        () => lab.hosts[2]!.registered && linkSet(lab.hosts[2]!, { up: false }),
        () => lab.world.hasNetns('sw') && lab.world.delNetns('sw'),
        () => lab.hosts[2]!.isUp && lab.say(3, BROADCAST, 'x'),
      ]
      for (const i of order) {
        steps[i]!()
        lab.world.run({ for: 0.3e9 })
      }
      checkBalance(lab.world)
      assert.is(lab.world.skbs.live, 0)
    }),
    { seed: 7, numRuns: 100 },
  )
})

test.run()
