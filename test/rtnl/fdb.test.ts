import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetDevice } from '../../lib/core/netdev.js'
import { formatMac } from '../../lib/wire/mac.js'
import {
  NTF_EXT_LEARNED,
  NTF_MASTER,
  NTF_SELF,
  NTF_STICKY,
  NTF_USE,
  NUD_NOARP,
  NUD_PERMANENT,
  NUD_REACHABLE,
} from '../../lib/ip/rtnetlink.js'
import { fdbAdd, fdbAppend, fdbDel, fdbFlush, fdbGet, type FdbFilter, fdbList, fdbReplace } from '../../lib/rtnl/fdb.js'
import { linkAdd, linkInfo, linkSet } from '../../lib/rtnl/link.js'
import { BROADCAST, hostMac, Lab, mac, portMac } from '../dev/lab.js'

const test = suite('rtnl/fdb')

const STATES: Record<number, string> = {
  [NUD_PERMANENT]: ' permanent',
  [NUD_NOARP]: ' static',
  [NUD_REACHABLE]: '',
  4: ' stale',
}

/** Lines as `bridge fdb show` prints them, without trailing blanks. */
const show = (lab: Lab, filter: FdbFilter = {}): string[] =>
  fdbList(lab.sw, filter).map(f => {
    const self = f.flags & NTF_SELF ? ' self' : ''
    const flags = (f.flags & NTF_EXT_LEARNED ? ' extern_learn' : '') + (f.flags & NTF_STICKY ? ' sticky' : '')
    const master = f.master === null ? '' : ` master ${f.master.name}`
    return `${formatMac(f.lladdr)} dev ${f.dev.name}${self}${flags}${master}${STATES[f.state]}`
  })

const e = (n: number): number => mac('02:00:00:00:99:00') + n

/** The same as on the kernel: `bridge fdb add MAC dev DEV master STATE`. */
const add = (lab: Lab, dev: NetDevice, n: number, state: number, flags: number = NTF_MASTER) =>
  fdbAdd(lab.sw, { dev, lladdr: e(n), state, flags })

test('lists devices by ifindex, the newest entry first, own addresses of a port after its entries (recorded on 6.18)', () => {
  const lab = new Lab(2)
  lab.say(1, BROADCAST, 'x')
  const [p1, p2] = lab.ports
  add(lab, p2!, 1, NUD_NOARP)
  add(lab, p2!, 2, NUD_REACHABLE)
  add(lab, p2!, 3, NUD_PERMANENT)
  add(lab, p2!, 4, NUD_NOARP, NTF_MASTER | NTF_STICKY)
  add(lab, p2!, 5, NUD_PERMANENT, NTF_SELF)
  add(lab, lab.br, 6, NUD_PERMANENT, NTF_SELF)
  assert.equal(show(lab), [
    '33:33:00:00:00:01 dev br0 self permanent',
    '01:00:5e:00:00:01 dev br0 self permanent',
    '02:00:00:00:99:06 dev br0 master br0 permanent',
    '02:00:00:00:f0:00 dev br0 master br0 permanent',
    '02:00:00:00:01:01 dev p1 master br0',
    '02:00:00:00:f0:01 dev p1 master br0 permanent',
    '33:33:00:00:00:01 dev p1 self permanent',
    '01:00:5e:00:00:01 dev p1 self permanent',
    '02:00:00:00:99:04 dev p2 sticky master br0 static',
    '02:00:00:00:99:03 dev p2 master br0 permanent',
    '02:00:00:00:99:02 dev p2 master br0',
    '02:00:00:00:99:01 dev p2 master br0 static',
    '02:00:00:00:f0:02 dev p2 master br0 permanent',
    '02:00:00:00:99:05 dev p2 self permanent',
    '33:33:00:00:00:01 dev p2 self permanent',
    '01:00:5e:00:00:01 dev p2 self permanent',
  ])
  assert.is(show(lab, { brport: p1! }).length, 4)
  assert.is(linkInfo(p2!).promiscuity, 2, 'a further address makes a device promiscuous once more')
})

test('answers adds and deletes as the kernel does (recorded on 6.18)', () => {
  const lab = new Lab(3)
  for (const p of lab.ports) linkSet(p, { up: false })
  const [p1, p2] = lab.ports
  assert.throws(() => add(lab, p1!, 1, NUD_REACHABLE), /^Operation not permitted$/, 'the port does not learn')
  add(lab, p1!, 1, NUD_NOARP)
  assert.throws(() => add(lab, p1!, 1, NUD_NOARP), /^File exists$/)
  fdbReplace(lab.sw, { dev: p2!, lladdr: e(1), state: NUD_NOARP, flags: NTF_MASTER })
  assert.is(fdbGet(lab.br, e(1)).dev, p2)
  assert.throws(() => add(lab, lab.br, 2, NUD_NOARP, NTF_SELF), /^Invalid argument$/)
  assert.throws(() => add(lab, p1!, 3, NUD_NOARP, NTF_SELF), /^Invalid argument$/)
  add(lab, p1!, 3, NUD_PERMANENT, NTF_SELF)
  assert.throws(() => add(lab, p1!, 3, NUD_PERMANENT, NTF_SELF), /^File exists$/)
  fdbAppend(lab.sw, { dev: p1!, lladdr: e(3), state: NUD_PERMANENT, flags: NTF_SELF })
  assert.throws(
    () => fdbAdd(lab.sw, { dev: p1!, lladdr: 0, state: NUD_PERMANENT, flags: NTF_MASTER }),
    /^Invalid argument$/,
  )
  assert.throws(() => add(lab, p1!, 4, NUD_PERMANENT, NTF_MASTER | NTF_STICKY), /^Invalid argument$/)
  assert.throws(() => add(lab, lab.sw.lo, 4, NUD_PERMANENT), /^FDB add only supported for Ethernet devices$/)
  assert.throws(() => add(lab, lab.hosts[0]!, 4, NUD_PERMANENT), /^No such device$/, 'in another namespace')
  add(lab, p1!, 6, NUD_REACHABLE, NTF_MASTER | NTF_USE)
  assert.throws(() => fdbGet(lab.br, e(6)), /^Fdb entry not found$/, 'use on a port that does not learn does nothing')
  assert.throws(() => add(lab, p1!, 8, NUD_NOARP, NTF_SELF | NTF_MASTER), /^Invalid argument$/)
  assert.is(fdbGet(lab.br, e(8)).state, NUD_NOARP, 'the master had taken it')
  const del = (dev: NetDevice, n: number, flags: number) => () =>
    fdbDel(lab.sw, { dev, lladdr: e(n), state: NUD_PERMANENT, flags })
  assert.throws(del(p1!, 1, NTF_MASTER), /^No such file or directory$/)
  del(p2!, 1, NTF_MASTER)()
  assert.throws(del(p2!, 1, NTF_SELF), /^No such file or directory$/)
  assert.throws(del(lab.sw.lo, 1, NTF_SELF), /^FDB delete only supported for Ethernet devices$/)
  fdbDel(lab.sw, { dev: p1!, lladdr: portMac(1), state: NUD_PERMANENT, flags: NTF_MASTER })
  fdbAdd(lab.sw, { dev: p2!, lladdr: portMac(1), state: NUD_NOARP, flags: NTF_MASTER })
  assert.throws(
    () => fdbAdd(lab.sw, { dev: p1!, lladdr: e(9), state: NUD_NOARP, flags: NTF_MASTER, vlan: 5 }),
    /^Invalid argument$/,
  )
})

test('keeps static, permanent and foreign entries when a port goes down (br_fdb_delete_by_port)', () => {
  const lab = new Lab(1)
  const [p1] = lab.ports
  lab.say(1, BROADCAST, 'x')
  add(lab, p1!, 1, NUD_NOARP)
  add(lab, p1!, 2, NUD_REACHABLE)
  add(lab, p1!, 3, NUD_PERMANENT)
  add(lab, p1!, 4, NUD_REACHABLE, NTF_MASTER | NTF_EXT_LEARNED)
  add(lab, p1!, 5, NUD_REACHABLE, NTF_MASTER | NTF_USE)
  linkSet(p1!, { up: false })
  assert.equal(
    fdbList(lab.sw, { brport: p1! })
      .filter(f => f.master !== null)
      .map(f => f.lladdr - e(0)),
    [4, 3, 1, portMac(1) - e(0)],
  )
})

test('moves a MAC with its frames, static ones too, sticky ones never (br_fdb_update)', () => {
  const lab = new Lab(2)
  const [p1, p2] = lab.ports
  add(lab, p1!, 1, NUD_NOARP)
  add(lab, p1!, 2, NUD_NOARP, NTF_MASTER | NTF_STICKY)
  add(lab, p1!, 3, NUD_PERMANENT)
  for (const n of [1, 2, 3]) lab.say(2, hostMac(9), 'x', e(n))
  lab.say(2, hostMac(9), 'x', portMac(1))
  assert.equal(
    [1, 2, 3].map(n => fdbGet(lab.br, e(n)).dev),
    [p2, p1, p1],
  )
  assert.equal([fdbGet(lab.br, e(1)).state, fdbGet(lab.br, portMac(1)).dev], [NUD_NOARP, p1])
})

test('forgets a silent MAC when its time is over, to the tick of the clean-up (br_fdb_cleanup)', () => {
  const lab = new Lab(1, { mcastSnooping: 0, ageingTime: 100 })
  lab.say(1, BROADCAST, 'x')
  const learned = lab.world.now
  const known = (): boolean => fdbList(lab.sw).some(f => f.lladdr === hostMac(1))
  lab.world.run({ for: 0.99e9 })
  assert.ok(known())
  assert.equal([fdbGet(lab.br, hostMac(1)).updatedNs, lab.world.now - learned], [0.99e9, 0.99e9])
  lab.world.run({ for: 0.06e9 })
  assert.not.ok(known())
  assert.ok(lab.world.sim.quiet, 'the clean-up keeps no timer')
})

test('catches up with years of clean-ups at once', () => {
  const lab = new Lab(1, { mcastSnooping: 0, ageingTime: 1 })
  lab.say(1, BROADCAST, 'x')
  lab.world.run({ for: 90 * 86400e9 })
  assert.not.ok(fdbList(lab.sw).some(f => f.lladdr === hostMac(1)))
  lab.say(1, BROADCAST, 'x')
  assert.is(fdbGet(lab.br, hostMac(1)).updatedNs, 0)
})

test('refreshes what it hears, notes what it uses, in nanoseconds', () => {
  const lab = new Lab(2)
  lab.say(1, BROADCAST, 'x')
  lab.world.run({ for: 5e9 })
  lab.say(2, hostMac(1), 'x')
  lab.world.run({ for: 2e9 })
  const f = fdbGet(lab.br, hostMac(1))
  assert.equal([f.usedNs, f.updatedNs], [2e9, 7e9])
})

test('learns no more than fdb_max_learned, not counting what users add (fdb_create)', () => {
  const lab = new Lab(2, { mcastSnooping: 0, fdbMaxLearned: 2 })
  const learned = (): unknown => (linkInfo(lab.br).attrs as { fdbNLearned: number }).fdbNLearned
  for (const n of [1, 2, 3]) lab.say(1, BROADCAST, 'x', e(n))
  assert.is(learned(), 2)
  assert.throws(() => fdbGet(lab.br, e(3)))
  add(lab, lab.ports[1]!, 4, NUD_REACHABLE)
  fdbReplace(lab.sw, { dev: lab.ports[1]!, lladdr: e(1), state: NUD_NOARP, flags: NTF_MASTER })
  assert.is(learned(), 1)
  lab.say(1, BROADCAST, 'x', e(3))
  assert.is(learned(), 2)
})

test('follows the addresses of ports and bridge, whoever has them first (fdb_add_local, fdb_delete_local)', () => {
  const lab = new Lab(2)
  const shared = portMac(0x11)
  linkSet(lab.ports[0]!, { address: shared })
  linkSet(lab.br, { address: shared })
  assert.throws(() => fdbGet(lab.br, portMac(1)))
  assert.is(fdbGet(lab.br, shared).dev, lab.ports[0])
  linkSet(lab.ports[0]!, { master: null })
  assert.is(fdbGet(lab.br, shared).dev, lab.br)
})

test('flushes the learned entries by attribute, everything that matches by request (recorded on 6.18)', () => {
  const lab = new Lab(2)
  lab.say(1, BROADCAST, 'x')
  lab.say(2, BROADCAST, 'x')
  add(lab, lab.ports[0]!, 1, NUD_NOARP)
  linkSet(lab.ports[0]!, { slaveAttrs: { fdbFlush: true } })
  assert.throws(() => fdbGet(lab.br, hostMac(1)))
  fdbGet(lab.br, hostMac(2))
  linkSet(lab.br, { attrs: { fdbFlush: true } })
  assert.throws(() => fdbGet(lab.br, hostMac(2)))
  fdbGet(lab.br, e(1))
  fdbFlush(lab.sw, { dev: lab.br, target: NTF_SELF })
  assert.ok(fdbList(lab.sw).every(f => f.master === null))
})

test('has 33:33:00:00:00:01 on every Ethernet device with an MTU for IPv6 (recorded on 6.18)', () => {
  const lab = new Lab(0)
  const p = linkAdd(lab.sw, { kind: 'veth', name: 'p', mtu: 1000 })
  assert.equal(fdbList(lab.sw, { dev: p }), [])
  linkSet(p, { mtu: 1280 })
  assert.equal(show(lab, { dev: p }), ['33:33:00:00:00:01 dev p self permanent'])
  linkSet(p, { mtu: 1279 })
  assert.equal(show(lab, { dev: p }), [])
})

test('finds every entry among many, and none that was deleted', () => {
  const lab = new Lab(1)
  const macs = Array.from({ length: 5000 }, (_, i) => 0x020000000000 + ((i * 2654435761) % 2 ** 32) + (i % 3) * 2 ** 33)
  for (const m of macs) lab.say(1, hostMac(9), 'x', m)
  for (let i = 0; i < macs.length; i += 2)
    fdbDel(lab.sw, { dev: lab.ports[0]!, lladdr: macs[i]!, state: NUD_PERMANENT, flags: NTF_MASTER })
  const left = new Set(fdbList(lab.sw, { brport: lab.ports[0]! }).map(f => f.lladdr))
  for (let i = 0; i < macs.length; i++) {
    assert.is(left.has(macs[i]!), i % 2 === 1)
  }
})

test.run()
