import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { IFF_PROMISC, type NetDevice } from '../../lib/core/netdev.js'
import { MacHash } from '../../lib/dev/mac-hash.js'
import { macvlanEthHash } from '../../lib/dev/macvlan/macvlan-private.js'
import { NetloomError } from '../../lib/errors.js'
import { fdbAdd, fdbDel, fdbList } from '../../lib/rtnl/fdb.js'
import { linkAdd, linkDel, linkInfo, linkSet } from '../../lib/rtnl/link.js'
import { NTF_SELF, NUD_PERMANENT } from '../../lib/ip/rtnetlink.js'
import { macHi, macLo } from '../../lib/wire/mac.js'
import { packetsOf } from '../wire/recordings.js'
import { BROADCAST, Capture, checkBalance, frame, mac, send } from './lab.js'
import { EXT_MAC, LOWER_MAC, StackedLab } from './stacked-lab.js'

const test = suite('dev/macvlan')

const MV: readonly number[] = ['02:00:00:00:01:01', '02:00:00:00:02:01', '02:00:00:00:03:01'].map(mac)

/** Macvlans mv1, mv2, ... of these modes, up. */
const withModes = (...modes: readonly string[]): { lab: StackedLab; mvs: NetDevice[] } => {
  const lab = new StackedLab()
  const mvs = modes.map((mode, i) => lab.add('macvlan', `mv${i + 1}`, { mode }, { address: MV[i]! }))
  lab.settle()
  return { lab, mvs }
}

const refusal = (run: () => unknown): string => {
  try {
    run()
  } catch (e) {
    if (e instanceof NetloomError) return `${e.code}: ${e.message}`
    throw e
  }
  return 'nothing was thrown'
}

test('siblings in bridge mode reach one another by way of the lower device, not of the wire (macvlan-bridge)', () => {
  const { lab, mvs } = withModes('bridge', 'bridge')
  const [a, b] = mvs as [NetDevice, NetDevice]
  assert.equal(lab.say(a, MV[1]!, 'hi', [a, b, lab.lower, lab.ext]), ['>hi', '<hi', '<hi', ''])
  const wire = packetsOf('macvlan-bridge', 'ext-eth0.pcap').map(p => p.data)
  assert.is(wire.filter(f => f[5] === 1 && f[4] === 2 && f[0] === 2).length, 0, 'no unicast to c2 on the recorded wire')
  checkBalance(lab.world)
})

for (const mode of ['private', 'vepa'])
  test(`between siblings in ${mode} mode nothing passes that does not come back from outside`, () => {
    const { lab, mvs } = withModes(mode, mode)
    const [a, b] = mvs as [NetDevice, NetDevice]
    assert.equal(lab.say(a, MV[1]!, 'hi', [a, b, lab.lower, lab.ext]), ['>hi', '', '>hi', '<hi'])
    assert.equal(lab.say(lab.ext, MV[1]!, 'back', [b, lab.lower], MV[0]), ['<back', '<back'])
  })

/** Who hears a broadcast of each mode, by the masks of macvlan_broadcast; the recording is macvlan-three-modes. */
const HEARD: readonly (readonly [from: string, bridge: boolean, vepa: boolean, priv: boolean])[] = [
  ['bridge', true, false, false],
  ['vepa', false, false, false],
  ['private', false, false, false],
]
for (const [from, ...heard] of HEARD)
  test(`a broadcast of a macvlan in ${from} mode is heard by siblings in bridge mode only, and outside`, () => {
    const { lab, mvs } = withModes(from, 'bridge', 'vepa')
    const hidden = lab.add('macvlan', 'mv9', { mode: 'private' }, { address: mac('02:00:00:00:09:01') })
    const [a, b, c] = mvs as [NetDevice, NetDevice, NetDevice]
    const got = lab.say(a, BROADCAST, 'all', [b, c, hidden, lab.lower, lab.ext])
    assert.equal(got, [...heard.map(h => (h ? '<all' : '')), '>all', '<all'])
  })

test('a broadcast that comes back is for those only who have not heard it on its way out (macvlan_multicast_rx)', () => {
  const { lab, mvs } = withModes('bridge', 'bridge', 'vepa')
  const [, b, c] = mvs as [NetDevice, NetDevice, NetDevice]
  assert.equal(lab.say(lab.ext, BROADCAST, 'again', [...mvs, lab.lower], MV[0]), ['', '', '<again', '<again'])
  assert.equal(lab.say(lab.ext, BROADCAST, 'vepa', [...mvs], MV[2]), ['<vepa', '<vepa', ''])
  linkSet(b, { attrs: { mode: 'private' } })
  const { rxPackets, rxBytes, rxMulticast } = linkInfo(b).stats
  assert.equal(lab.say(lab.ext, BROADCAST, 'own', [...mvs, lab.lower], MV[1]), ['', '<own', '', '<own'])
  const after = linkInfo(b).stats
  assert.equal([after.rxPackets, after.rxBytes, after.rxMulticast], [rxPackets + 1, rxBytes, rxMulticast], 'no octets')
  assert.is(linkInfo(c).stats.rxMulticast, 1)
})

test('broadcasts of the outside wait for the work queue: unicast of the same softirq overtakes them', () => {
  const { lab, mvs } = withModes('bridge')
  const seen = new Capture(mvs[0]!)
  const { sim } = lab.world
  sim.bhDisable()
  send(lab.ext, frame(BROADCAST, EXT_MAC, 'first'))
  send(lab.ext, frame(MV[0]!, EXT_MAC, 'second'))
  sim.bhEnable()
  lab.world.run({ for: 0 })
  assert.equal(seen.texts(), ['<second', '<first'])
})

test('drops broadcasts at the lower device when the queue is full; the longest one asked for counts (bcqueuelen)', () => {
  const { lab, mvs } = withModes('bridge', 'private')
  for (const mv of mvs) linkSet(mv, { attrs: { bcqueuelen: 2 } })
  const before = linkInfo(lab.lower).stats.rxDropped
  const burst = (): string[] => {
    const seen = new Capture(mvs[0]!)
    lab.world.sim.bhDisable()
    for (let n = 1; n <= 4; n++) send(lab.ext, frame(BROADCAST, EXT_MAC, `${n}`))
    lab.world.sim.bhEnable()
    lab.world.run({ for: 0 })
    return seen.texts()
  }
  assert.equal(burst(), ['<1', '<2'])
  // Besides, nobody takes the EtherType: __netif_receive_skb_core counts four more.
  assert.is(linkInfo(lab.lower).stats.rxDropped - before, 2 + 4)
  linkSet(mvs[1]!, { attrs: { bcqueuelen: 3 } })
  assert.equal(burst(), ['<1', '<2', '<3'])
  assert.equal((linkInfo(mvs[0]!).attrs as { usedbcqueuelen: number }).usedbcqueuelen, 3)
  checkBalance(lab.world)
})

test('several macvlans hear a broadcast in the order of the kernel’s table of MACs (macvlan_eth_hash)', () => {
  // `ip -d link` of Linux 6.18 lists 09, 08, 07 for `macaddr set 07 08 09`: the order of the same hash.
  const buckets = ['02:00:00:00:00:07', '02:00:00:00:00:08', '02:00:00:00:00:09'].map(m => macvlanEthHash(mac(m)))
  assert.equal(
    [...buckets].sort((a, b) => b - a),
    buckets,
  )
  const { lab, mvs } = withModes('private', 'private', 'private')
  const order: string[] = []
  for (const dev of mvs) dev.taps = [{ tap: (_skb, d) => void order.push(d.name) }]
  send(lab.ext, frame(BROADCAST, EXT_MAC, 'all'))
  lab.world.run({ for: 0 })
  const byBucket = [...mvs].sort((a, b) => macvlanEthHash(a.addr) - macvlanEthHash(b.addr)).map(d => d.name)
  assert.equal(order, byBucket)
})

test('the lower device’s own host and its macvlans do not hear each other', () => {
  const { lab, mvs } = withModes('bridge')
  const [a] = mvs as [NetDevice]
  assert.equal(lab.say(lab.lower, MV[0]!, 'down', [a, lab.ext]), ['', '<down'])
  assert.equal(lab.say(a, LOWER_MAC, 'up', [lab.ext]), ['<up'])
  assert.equal(lab.say(lab.lower, BROADCAST, 'all', [a, lab.ext]), ['', '<all'])
})

test('in source mode gets copies of the frames of listed senders, whoever they are for', () => {
  const { lab, mvs } = withModes('source', 'bridge')
  const [a, b] = mvs as [NetDevice, NetDevice]
  assert.equal(lab.say(lab.ext, MV[0]!, 'unlisted', [a, lab.lower]), ['', '<unlisted'])
  linkSet(a, { attrs: { macaddr: { op: 'add', mac: EXT_MAC } } })
  assert.equal(lab.say(lab.ext, LOWER_MAC, 'host', [a, lab.lower]), ['<host', '<host'])
  assert.equal(lab.say(lab.ext, MV[1]!, 'other', [a, b]), ['<other', '<other'])
  assert.is(lab.say(lab.ext, BROADCAST, 'all', [a])[0], '<all')
  linkSet(a, { attrs: { nodst: true } })
  const host = new Capture(b)
  assert.equal(lab.say(lab.ext, MV[1]!, 'mine', [a, b]), ['<mine', ''])
  assert.equal(host.texts(), [])
  linkSet(a, { attrs: { macaddr: { op: 'flush' } } })
  assert.equal(lab.say(lab.ext, MV[1]!, 'free', [a, b]), ['', '<free'])
  assert.match(
    refusal(() => linkSet(b, { attrs: { macaddr: { op: 'flush' } } })),
    /^EINVAL/,
  )
  checkBalance(lab.world)
})

test('a passthru macvlan has the lower device’s address, and gives it back (macvlan-passthru-address)', () => {
  const lab = new StackedLab()
  const mv = lab.add('macvlan', 'mv', { mode: 'passthru' }, { address: MV[0]! })
  assert.is(mv.addr, LOWER_MAC)
  assert.ok(lab.lower.flags & IFF_PROMISC)
  assert.match(
    refusal(() => linkAdd(lab.host, { kind: 'macvlan', link: lab.lower })),
    /^EINVAL/,
  )
  linkSet(mv, { address: MV[1]! })
  assert.is(lab.lower.addr, MV[1])
  assert.is(lab.say(lab.ext, MV[2]!, 'foreign', [mv])[0], '<foreign')
  linkSet(mv, { attrs: { nopromisc: true } })
  assert.not.ok(lab.lower.flags & IFF_PROMISC)
  linkDel(mv)
  assert.equal([lab.lower.addr, lab.lower.promiscuity, lab.lower.rxHandler], [LOWER_MAC, 0, null])
})

test('refuses what Linux 6.18 refuses, and leaves nothing behind', () => {
  const { lab, mvs } = withModes('bridge')
  const add = (spec: object): string => refusal(() => linkAdd(lab.host, { kind: 'macvlan', name: 'x', ...spec }))
  const link = lab.lower
  const count = lab.host.devices.length
  assert.is(add({}), 'EINVAL: Invalid argument')
  assert.is(add({ link: lab.host.lo }), 'EINVAL: Invalid argument')
  assert.is(add({ link, mtu: 67 }), 'EINVAL: mtu less than device minimum')
  assert.is(add({ link, mtu: 1501 }), 'EINVAL: Invalid argument')
  assert.is(add({ link, mtu: 65536 }), 'EINVAL: mtu greater than device maximum')
  assert.is(add({ link, address: mac('01:00:00:00:00:01') }), 'EADDRNOTAVAIL: Cannot assign requested address')
  assert.is(add({ link, attrs: { mode: 'passthru' } }), 'EINVAL: Invalid argument')
  assert.is(add({ link, attrs: { mode: 'bridge', macaddr: { op: 'flush' } } }), 'EINVAL: Invalid argument')
  assert.is(add({ link, address: MV[0]!, up: true }), 'EADDRINUSE: Address already in use')
  assert.is(add({ link, attrs: { modus: 'bridge' } }), 'EINVAL: Invalid argument')
  const br = linkAdd(lab.host, { kind: 'bridge', name: 'br0' })
  assert.is(
    refusal(() => linkSet(link, { master: br })),
    'EBUSY: Device or resource busy',
  )
  const port = linkAdd(lab.host, { kind: 'veth', name: 'p', master: br })
  assert.is(add({ link: port }), 'EBUSY: Device or resource busy')
  assert.is(
    refusal(() => linkSet(mvs[0]!, { attrs: { mode: 'passthru' } })),
    'EINVAL: Invalid argument',
  )
  assert.is(
    refusal(() => linkSet(mvs[0]!, { address: LOWER_MAC })),
    'EADDRINUSE: Address already in use',
  )
  assert.is(lab.host.devices.length, count + 3)
  assert.equal(lab.lower.upper, [mvs[0]])
  linkDel(mvs[0]!)
  assert.equal([lab.lower.rxHandler, lab.lower.promiscuity, lab.lower.uc.size], [null, 0, 0])
})

test('a macvlan on a macvlan is put on the real lower device', () => {
  const { lab, mvs } = withModes('bridge')
  const second = lab.add('macvlan', 'second', { mode: 'bridge' }, { address: MV[1]!, link: mvs[0]! })
  assert.is(linkInfo(second).iflink, lab.lower.ifindex)
  assert.equal(lab.lower.upper, [mvs[0], second])
})

test('follows MTU and carrier of the lower device, and goes with it (macvlan_device_event)', () => {
  const { lab, mvs } = withModes('bridge', 'private')
  const [a, b] = mvs as [NetDevice, NetDevice]
  linkSet(b, { mtu: 1200 })
  linkSet(lab.lower, { mtu: 1300 })
  linkSet(lab.lower, { mtu: 1400 })
  assert.equal([a.mtu, b.mtu], [1300, 1200])
  linkSet(lab.ext, { up: false })
  lab.settle()
  assert.not.ok(a.carrier || b.carrier)
  assert.is(linkInfo(a).flags & 0x10000, 0)
  linkSet(lab.ext, { up: true })
  lab.settle()
  assert.ok(a.carrier && b.carrier)
  linkDel(lab.lower)
  assert.not.ok(a.registered || b.registered)
  assert.is(lab.world.netns('ns-mv1').devices.length, 1)
})

test('the lower device listens to what the macvlans listen to, as long as they are up (dev_uc_sync, dev_mc_sync)', () => {
  const { lab, mvs } = withModes('bridge', 'bridge')
  const group = mac('01:00:5e:01:02:03')
  const entry = { dev: mvs[0]!, lladdr: group, flags: NTF_SELF, state: NUD_PERMANENT }
  fdbAdd(mvs[0]!.netns, entry)
  const lower = (): number[] => fdbList(lab.host, { dev: lab.lower }).map(f => f.lladdr)
  assert.ok([MV[0], MV[1], group].every(m => lower().includes(m!)))
  fdbDel(mvs[0]!.netns, entry)
  assert.not.ok(lower().includes(group))
  linkSet(mvs[1]!, { up: false })
  assert.equal(
    lower().filter(m => m % 2 === 1 && m < 2 ** 41 + 2 ** 20 && m >= 2 ** 41),
    [MV[0]],
  )
  assert.match(
    refusal(() => fdbAdd(mvs[0]!.netns, { ...entry, lladdr: MV[2]! })),
    /^EOPNOTSUPP/,
  )
})

test('groups reach those that listen; one that was left stays until the next change (macvlan-multicast-filter)', () => {
  const { lab, mvs } = withModes('bridge')
  const [a] = mvs as [NetDevice]
  const group = mac('01:00:5e:01:02:03')
  const entry = { dev: a, lladdr: group, flags: NTF_SELF, state: NUD_PERMANENT }
  assert.is(lab.say(lab.ext, group, 'no', [a])[0], '')
  fdbAdd(a.netns, entry)
  assert.is(lab.say(lab.ext, group, 'yes', [a])[0], '<yes')
  fdbDel(a.netns, entry)
  assert.is(lab.say(lab.ext, group, 'still', [a])[0], '<still')
  linkSet(a, { allmulticast: true })
  linkSet(a, { allmulticast: false })
  assert.is(lab.say(lab.ext, group, 'gone', [a])[0], '')
})

test('what a lower device that filters gets of a group with one listener is not kept waiting (bc_cutoff)', () => {
  const lab = new StackedLab()
  const mid = lab.add('macvlan', 'mid', { mode: 'bridge' }, { address: MV[0]! })
  // No kind of device that a macvlan can be put on filters unicast addresses by itself, but for VLANs.
  lab.lower.unicastFlt = true
  linkSet(mid, { up: false })
  linkSet(mid, { up: true })
  const group = mac('01:00:5e:01:02:03')
  fdbAdd(mid.netns, { dev: mid, lladdr: group, flags: NTF_SELF, state: NUD_PERMANENT })
  const seen = new Capture(mid)
  lab.world.sim.bhDisable()
  send(lab.ext, frame(group, EXT_MAC, 'group'))
  send(lab.ext, frame(BROADCAST, EXT_MAC, 'all'))
  send(lab.ext, frame(MV[0]!, EXT_MAC, 'unicast'))
  lab.world.sim.bhEnable()
  lab.world.run({ for: 0 })
  assert.equal(seen.texts(), ['<unicast', '<group', '<all'])
})

test('promiscuous and all-multicast mode are passed down while it is up (macvlan_change_rx_flags)', () => {
  const { lab, mvs } = withModes('bridge')
  const [a] = mvs as [NetDevice]
  const counts = (): number[] => [lab.lower.promiscuity, lab.lower.allmulti]
  assert.equal(counts(), [1, 0], 'a veth does not filter unicast')
  linkSet(a, { promisc: true, allmulticast: true })
  assert.equal(counts(), [2, 1])
  linkSet(a, { up: false })
  assert.equal(counts(), [0, 0])
  linkSet(a, { promisc: false })
  linkSet(a, { up: true })
  assert.equal(counts(), [1, 1])
})

test('moves between namespaces and stays on its lower device', () => {
  const { lab, mvs } = withModes('bridge')
  const [a] = mvs as [NetDevice]
  linkSet(a, { netns: lab.host })
  assert.equal([a.netns.name, a.isUp, lab.lower.uc.size], ['host', false, 0])
  linkSet(a, { up: true })
  assert.is(lab.say(lab.ext, MV[0]!, 'here', [a])[0], '<here')
  linkSet(lab.lower, { netns: lab.world.addNetns('elsewhere') })
  assert.ok(a.registered)
  assert.is(linkInfo(a).linkNetns?.name, 'elsewhere')
  lab.world.delNetns('elsewhere')
  assert.not.ok(a.registered)
})

test('puts fragments of a group datagram together before macvlans get it (ip_check_defrag, macvlan-fragments)', () => {
  const { lab, mvs } = withModes('bridge')
  const wire = packetsOf('macvlan-fragments', 'host-eth0.pcap').map(p => p.data)
  const [whole] = packetsOf('macvlan-fragments', 'c1-mv1.pcap').map(p => p.data)
  assert.is(whole!.length, 14 + 20 + 3008)
  const seen = new Capture(mvs[0]!)
  for (const fragment of [wire[2]!, wire[0]!, wire[1]!]) send(lab.ext, fragment)
  lab.world.run({ for: 0 })
  const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex')
  assert.equal(
    seen.seen.map(f => hex(f.bytes)),
    [hex(whole!)],
  )
  send(lab.ext, wire[0]!)
  lab.world.run({ for: 60e9 })
  assert.is(seen.seen.length, 1)
  assert.is(lab.world.skbs.live, 0)
  checkBalance(lab.world)
})

test('held down by protodown until it is let go', () => {
  const { lab, mvs } = withModes('bridge')
  const [a] = mvs as [NetDevice]
  linkSet(a, { protodown: true })
  assert.equal([a.carrier, linkInfo(a).protodown], [false, true])
  linkSet(a, { protodown: false })
  assert.ok(a.carrier)
  assert.is(
    refusal(() => linkSet(lab.lower, { protodown: true })),
    'EOPNOTSUPP: Protodown not supported by device',
  )
})

test('what waits for the work queue is dropped with the last macvlan', () => {
  const { lab, mvs } = withModes('bridge')
  lab.world.sim.bhDisable()
  send(lab.ext, frame(BROADCAST, EXT_MAC, 'late'))
  lab.world.sim.bhEnable()
  linkDel(mvs[0]!)
  lab.world.run({ for: 1e9 })
  checkBalance(lab.world)
  assert.is(lab.world.skbs.live, 0)
})

test('the table of MACs does what a Map does (fc)', () => {
  const key = fc.constantFrom(...[0, 1, 2, 3, 255, 256, 2 ** 32, 2 ** 32 + 1, 2 ** 47, 2 ** 48 - 1], ...MV)
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 60 }), steps => {
      const table = new MacHash<{ n: number }>()
      const model = new Map<number, { n: number }>()
      for (const [n, [k, adds]] of steps.entries()) {
        if (adds && !model.has(k)) {
          const item = { n }
          table.set(k, item)
          model.set(k, item)
        } else if (!adds) {
          table.delete(k)
          model.delete(k)
        }
        assert.is(table.size, model.size)
        for (const probe of [0, 1, 2, 3, 255, 256, 2 ** 32, 2 ** 32 + 1, 2 ** 47, 2 ** 48 - 1, ...MV])
          assert.is(table.find(macHi(probe), macLo(probe)), model.get(probe) ?? null)
      }
    }),
    { seed: 11, numRuns: 300 },
  )
})

test.run()
