import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetDevice } from '../../lib/core/netdev.js'
import { addrAdd } from '../../lib/rtnl/addr.js'
import { linkAdd, linkDel, linkSet } from '../../lib/rtnl/link.js'
import { putIpv4, putIpv4Csum } from '../../lib/wire/ipv4.js'
import { BROADCAST, checkBalance, frame, mac, send } from './lab.js'
import { EXT_MAC, LOWER_MAC, StackedLab } from './stacked-lab.js'

const test = suite('dev/stacked-robustness')

const FRAMES = 100_000

const random = (seed: number) => {
  let x = seed
  return (below: number): number => {
    x = (Math.imul(x, 1664525) + 1013904223) | 0
    return (x >>> 8) % below
  }
}

const TYPES: readonly number[] = [0x0800, 0x0800, 0x0800, 0x0806, 0x86dd, 0x8808, 5, 0x88b5]

/** IPv4 with fragments and wrong lengths, ARP, pause frames, noise; some octets changed at random, some cut short. */
const mutated = (rnd: (below: number) => number, macs: readonly number[]): Uint8Array => {
  const len = rnd(10) === 0 ? rnd(1600) : 20 + rnd(60)
  const body = new Uint8Array(len)
  for (let i = 0; i < len; i++) body[i] = rnd(256)
  const type = TYPES[rnd(TYPES.length)]!
  if (type === 0x0800 && len >= 28) {
    const offset = rnd(3) === 0 ? (rnd(2) << 13) | rnd(8) : 0
    const daddr = rnd(4) === 0 ? 0xe0010203 | 0 : 0x0a000001 + rnd(6)
    putIpv4(
      body,
      0,
      20,
      0,
      rnd(20) === 0 ? rnd(2000) : len,
      rnd(4),
      offset,
      1 + rnd(3),
      rnd(20),
      0x0a000001 + rnd(6),
      daddr,
    )
    putIpv4Csum(body, 0)
  }
  const dsts = [...macs, ...macs, BROADCAST, 0x01005e010203, 0x0180c2000001, 0, rnd(2 ** 24)]
  const srcs = [...macs, EXT_MAC, EXT_MAC, LOWER_MAC]
  const out = frame(dsts[rnd(dsts.length)]!, srcs[rnd(srcs.length)]!, body, type)
  if (rnd(4) === 0) for (let n = rnd(5); n > 0; n--) out[rnd(out.length)] = rnd(256)
  return rnd(60) === 0 ? out.subarray(0, rnd(20)) : out
}

/** Sends, lets time pass, changes something now and then; at rest nothing is left. */
const bombard = (lab: StackedLab, devs: readonly NetDevice[], seed: number, change: (n: number) => void): void => {
  const rnd = random(seed)
  const macs = [...devs.map(d => d.addr), LOWER_MAC]
  for (let n = 0; n < FRAMES; n++) {
    const burst = rnd(50) === 0
    if (burst) lab.world.sim.bhDisable()
    for (let k = burst ? 20 : 1; k > 0; k--) send(devs[rnd(devs.length)]!, mutated(rnd, macs))
    if (burst) {
      lab.world.sim.bhEnable()
      n += 19
    }
    if (n % 1000 === 999) lab.world.run({ for: 50_000_000 * rnd(20) })
    if (n % 997 === 0) change(rnd(1000))
  }
  checkBalance(lab.world)
  lab.world.run({ for: 3600e9 })
  checkBalance(lab.world)
  for (const ns of lab.world.listNetns()) assert.is(ns.accounting().alive, 0, `${ns} holds nothing at rest`)
  assert.is(lab.world.skbs.live, 0)
}

const withAddresses = (lab: StackedLab, devs: readonly NetDevice[]): void => {
  for (const [i, dev] of [...devs, lab.ext, lab.lower].entries()) addrAdd(dev, { local: 0x0a000001 + i, prefixLen: 24 })
  lab.settle()
}

test('100,000 frames through macvlans of every mode that change it: no throw, nothing lost, nothing kept', () => {
  const lab = new StackedLab()
  const devs = ['bridge', 'private', 'vepa', 'source'].map((mode, i) =>
    lab.add('macvlan', `mv${i}`, { mode, bcqueuelen: 5 }, { address: mac(`02:00:00:00:0${i}:01`) }),
  )
  withAddresses(lab, devs)
  linkSet(devs[3]!, { attrs: { macaddr: { op: 'set', macs: [EXT_MAC, LOWER_MAC] } } })
  const modes = ['bridge', 'private', 'vepa', 'bridge']
  bombard(lab, [...devs, lab.ext, lab.lower], 1, n => {
    linkSet(devs[n % 3]!, { attrs: { mode: modes[n % 4] } })
    if (n % 5 === 0) linkSet(devs[3]!, { attrs: { nodst: n % 2 === 0 } })
    if (n % 7 === 0) linkSet(devs[n % 3]!, { up: n % 2 === 0 })
    if (n % 11 === 0) linkSet(lab.lower, { up: n % 3 !== 0 })
    if (n % 13 === 0) linkSet(lab.lower, { mtu: 600 + n })
  })
})

test('100,000 frames through a passthru macvlan that comes and goes', () => {
  const lab = new StackedLab()
  const spec = { kind: 'macvlan', name: 'mv', link: lab.lower, attrs: { mode: 'passthru' }, up: true }
  let mv = linkAdd(lab.host, spec)
  withAddresses(lab, [mv])
  bombard(lab, [lab.ext, lab.lower], 2, n => {
    if (n % 3 === 0) linkSet(mv, { address: 0x020000005500 + n })
    if (n % 5 !== 0) return
    linkDel(mv)
    mv = linkAdd(lab.host, spec)
  })
})

for (const mode of ['l2', 'l3', 'l3s'])
  test(`100,000 frames through ipvlans in mode ${mode}`, () => {
    const lab = new StackedLab()
    const devs = [0, 1, 2].map(i => lab.add('ipvlan', `i${i}`, { mode }))
    withAddresses(lab, devs)
    const flags = ['bridge', 'private', 'vepa']
    bombard(lab, [...devs, lab.ext, lab.lower], 3, n => {
      linkSet(devs[0]!, { attrs: { mode, flag: flags[n % 3] } })
      if (n % 7 === 0) linkSet(devs[n % 3]!, { up: n % 2 === 0 })
    })
  })

test.run()
