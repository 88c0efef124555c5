import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetDevice } from '../../lib/core/netdev.js'
import type { Netns } from '../../lib/core/netns.js'
import type { World } from '../../lib/core/world.js'
import { linkAdd, type LinkChanges, linkDel, linkInfo, linkList, linkSet, type LinkSpec } from '../../lib/rtnl/link.js'
import { hostMac, newWorld } from '../dev/lab.js'

const test = suite('rtnl/link')

const IFF_NOARP = 0x80
const IFF_PROMISC = 0x100
const IFF_ALLMULTI = 0x200
const IFF_MULTICAST = 0x1000

const setup = (): { world: World; a: Netns; b: Netns } => {
  const world = newWorld()
  return { world, a: world.addNetns('a'), b: world.addNetns('b') }
}

const message = (f: () => void): string => {
  try {
    f()
  } catch (e) {
    return (e as Error).message
  }
  return 'not refused'
}

/** What the kernel answers to `ip link add`, in iproute2's words without the prefix (recorded on 6.18). */
const REFUSED: readonly { readonly spec: (a: Netns, b: Netns) => object; readonly says: string }[] = [
  { spec: () => ({ kind: 'frob', name: 'v1' }), says: 'Unknown device type' },
  { spec: () => ({ kind: 'veth', name: 'lo' }), says: 'File exists' },
  { spec: () => ({ kind: 'veth', name: 'veth0', attrs: { peer: { name: 'veth0' } } }), says: 'File exists' },
  { spec: () => ({ kind: 'bridge', name: 'br8', ifindex: 1 }), says: 'File exists' },
  { spec: () => ({ kind: 'veth', mtu: 50 }), says: 'Invalid argument' },
  { spec: () => ({ kind: 'veth', mtu: 70000 }), says: 'Invalid argument' },
  { spec: () => ({ kind: 'veth', attrs: { peer: { mtu: 50 } } }), says: 'Invalid argument' },
  { spec: () => ({ kind: 'veth', address: 0x010000000001 }), says: 'Cannot assign requested address' },
  { spec: () => ({ kind: 'veth', attrs: { peer: { address: 0 } } }), says: 'Cannot assign requested address' },
  { spec: (_a, b) => ({ kind: 'veth', attrs: { peer: { name: 'lo', netns: b } } }), says: 'File exists' },
  { spec: () => ({ kind: 'veth', attrs: { peer: { up: true } } }), says: 'Transport endpoint is not connected' },
  { spec: a => ({ kind: 'veth', master: a.lo }), says: 'Operation not supported' },
  { spec: () => ({ kind: 'bridge', address: 0 }), says: 'Cannot assign requested address' },
  { spec: () => ({ kind: 'bridge', mtu: 50 }), says: 'mtu less than device minimum' },
  { spec: () => ({ kind: 'bridge', attrs: { vlanProtocol: 0x0806 } }), says: 'Protocol not supported' },
  { spec: () => ({ kind: 'bridge', name: 'abcdefghijklmnop' }), says: 'Numerical result out of range' },
]

for (const { spec, says } of REFUSED) {
  const { a, b } = setup()
  const given = spec(a, b)
  const shown = JSON.stringify(given, (key, v) =>
    key === 'netns' || key === 'master' ? (v as { name: string }).name : (v as unknown),
  )
  test(`refuses to make ${shown.slice(0, 90)}: ${says}`, () => {
    assert.is(
      message(() => linkAdd(a, given as LinkSpec)),
      says,
    )
    assert.equal([a.devices.length, b.devices.length], [1, 1], 'nothing stays behind')
  })
}

test('names devices by kind and first free number, and by a pattern (ip link add type veth)', () => {
  const { a } = setup()
  linkAdd(a, { kind: 'veth' })
  linkAdd(a, { kind: 'bridge' })
  linkAdd(a, { kind: 'bridge', name: 'x%d' })
  assert.equal(
    a.devices.map(d => `${d.ifindex} ${d.name}`),
    ['1 lo', '2 veth0', '3 veth1', '4 bridge0', '5 x0'],
  )
})

test('counts indexes on after a device that could not be made, and reuses none (dev_index_reserve)', () => {
  const { a } = setup()
  message(() => linkAdd(a, { kind: 'veth', name: 'veth0', attrs: { peer: { name: 'veth0' } } }))
  const v = linkAdd(a, { kind: 'veth', name: 'v0' })
  assert.equal([v.ifindex, a.dev('veth0').ifindex], [4, 3])
  linkDel(v)
  assert.is(linkAdd(a, { kind: 'bridge' }).ifindex, 5)
  assert.is(linkAdd(a, { kind: 'bridge', ifindex: 77 }).ifindex, 77)
  assert.is(linkAdd(a, { kind: 'bridge' }).ifindex, 6)
})

test('makes a device with group, broadcast address, master and up at once', () => {
  const { a } = setup()
  const br = linkAdd(a, { kind: 'bridge', name: 'br0' })
  const v = linkAdd(a, { kind: 'veth', name: 'v', master: br, group: 7, broadcast: 0xfffffffffffe, up: true })
  assert.equal([v.master, v.group, v.broadcast, v.isUp], [br, 7, 0xfffffffffffe, true])
})

/** What the kernel answers to `ip link set` for a veth end. */
const SET_REFUSED: readonly { readonly changes: LinkChanges; readonly says: string }[] = [
  { changes: { mtu: 67 }, says: 'mtu less than device minimum' },
  { changes: { mtu: 65536 }, says: 'mtu greater than device maximum' },
  { changes: { address: 0x010000000001 }, says: 'Cannot assign requested address' },
  { changes: { address: 0 }, says: 'Cannot assign requested address' },
  { changes: { name: 'lo' }, says: 'File exists' },
  { changes: { name: 'a/b' }, says: 'Invalid argument' },
  { changes: { carrier: false }, says: 'Operation not supported' },
  { changes: { kind: 'bridge', attrs: { ageingTime: 100 } }, says: 'Operation not supported' },
  { changes: { slaveAttrs: { flood: false } }, says: 'Operation not supported' },
  { changes: { alias: 'x'.repeat(256) }, says: 'Invalid argument' },
]

for (const { changes, says } of SET_REFUSED)
  test(`refuses ${JSON.stringify(changes).slice(0, 60)} for a veth: ${says} (recorded on 6.18)`, () => {
    const { a } = setup()
    const v = linkAdd(a, { kind: 'veth', name: 'v' })
    assert.is(
      message(() => linkSet(v, changes)),
      says,
    )
  })

test('keeps what stands before a refused change, in the order of do_setlink', () => {
  const { a } = setup()
  const v = linkAdd(a, { kind: 'veth', name: 'v' })
  message(() => linkSet(v, { name: 'zz', up: true, address: hostMac(1), mtu: 50 }))
  assert.equal([v.addr, v.mtu, v.name, v.isUp], [hostMac(1), 1500, 'v', false])
  message(() => linkSet(v, { up: true, master: a.lo, txQueueLen: 5 }))
  assert.equal([v.isUp, v.txQueueLen], [true, 1000])
})

test('refuses a change that it does not know by name', () => {
  const { a } = setup()
  const v = linkAdd(a, { kind: 'veth', name: 'v' })
  assert.match(
    message(() => linkSet(v, { frob: 1 } as LinkChanges)),
    /^linkSet: unknown property "frob"; known are up, name,/,
  )
  assert.match(
    message(() => linkAdd(a, { kind: 'veth', frob: 1 } as LinkSpec)),
    /^linkAdd: unknown property "frob"/,
  )
})

test('counts promiscuity and shows the flag only when the administrator set it (recorded on 6.18)', () => {
  const { a } = setup()
  const v = linkAdd(a, { kind: 'veth', name: 'v' })
  linkSet(v, { promisc: true, allmulticast: true, arp: false, multicast: false })
  assert.is(linkInfo(v).flags, 0x2 | IFF_NOARP | IFF_PROMISC | IFF_ALLMULTI)
  linkSet(v, { promisc: true })
  assert.equal([linkInfo(v).promiscuity, linkInfo(v).allmulti], [1, 1])
  linkSet(v, { promisc: false, allmulticast: false, arp: true, multicast: true })
  assert.equal([linkInfo(v).flags, v.promiscuity, v.allmulti], [0x2 | IFF_MULTICAST, 0, 0])
})

test('tells of a change of address also when it stays the same, and of the broadcast address', () => {
  const { world, a } = setup()
  const v = linkAdd(a, { kind: 'veth', name: 'v', address: hostMac(1) })
  const events: number[] = []
  world.notifiers.register((event, dev) => dev === v && events.push(event))
  linkSet(v, { address: hostMac(1) })
  linkSet(v, { broadcast: 0xfffffffffffe })
  assert.equal(events, [8, 8])
})

test('moves to a namespace where the name is taken only under another one (recorded on 6.18)', () => {
  const { a, b } = setup()
  const x = linkAdd(a, { kind: 'veth', name: 'x' })
  linkAdd(b, { kind: 'veth', name: 'x' })
  assert.is(
    message(() => linkSet(x, { netns: b })),
    'An interface with the same name exists in the target netns',
  )
  linkSet(x, { netns: b, name: 'q' })
  assert.equal([x.name, x.netns, b.dev('q')], ['q', b, x])
})

test('shows qdisc noop until a device was up for the first time, and DOWN for one that is not running', () => {
  const { a } = setup()
  const v = linkAdd(a, { kind: 'veth', name: 'v' })
  const seen = (): unknown[] => [linkInfo(v).qdisc, linkInfo(v).operstate]
  assert.equal(seen(), ['noop', 2])
  linkSet(v, { up: true })
  linkSet(v, { up: false })
  assert.equal(seen(), ['noqueue', 2])
})

test('settles a pending carrier when one device is asked for, not in a dump (rtnl_getlink)', () => {
  const { world, a, b } = setup()
  const v = linkAdd(a, { kind: 'veth', name: 'v', attrs: { peer: { name: 'w', netns: b } } })
  linkSet(v, { up: true })
  const states = (): number[] => linkList(a).map((i: { operstate: number }) => i.operstate)
  world.run({ for: 2e9 })
  linkSet(b.dev('w'), { up: true })
  assert.equal(states(), [2, 2])
  assert.is(linkInfo(v).operstate, 6)
  assert.equal(states(), [2, 6])
})

test('renames a device that is up', () => {
  const { a } = setup()
  const v: NetDevice = linkAdd(a, { kind: 'veth', name: 'v', up: true })
  linkSet(v, { name: 'w', alias: 'my alias', txQueueLen: 5, group: 9 })
  assert.equal([a.dev('w'), linkInfo(v).alias, linkInfo(v).txQueueLen, linkInfo(v).group], [v, 'my alias', 5, 9])
})

test('deletes a bridge that is up, and devices by whatever reference is left afterwards not twice', () => {
  const { a } = setup()
  const br = linkAdd(a, { kind: 'bridge', name: 'br0', up: true })
  linkDel(br)
  linkDel(br)
  assert.is(a.devices.length, 1)
})

test.run()
