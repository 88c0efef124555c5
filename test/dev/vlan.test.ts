/**
 * 802.1Q devices. The reference kernel is built without them: expectations are rules of IEEE 802.1Q and of the kernel's
 * source (net/8021q), named in each test.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { capture } from '../../lib/capture/tap.js'
import { devMcAdd, devSetPromiscuity, reportedFlags } from '../../lib/core/dev.js'
import { IFF_UP, type NetDevice } from '../../lib/core/netdev.js'
import type { Netns } from '../../lib/core/netns.js'
import type { World } from '../../lib/core/world.js'
import type { VlanInfoAttrs } from '../../lib/dev/vlan/vlan-netlink.js'
import { ethtoolSetFeature } from '../../lib/rtnl/ethtool.js'
import { linkAdd, linkDel, linkInfo, linkSet } from '../../lib/rtnl/link.js'
import { BROADCAST, checkBalance, frame, hostMac, newWorld, send } from './lab.js'

const test = suite('dev/vlan')

const C_TAG = 0x8100
const S_TAG = 0x88a8

interface Pair {
  readonly world: World
  readonly h1: Netns
  readonly h2: Netns
  readonly a: NetDevice
  readonly b: NetDevice
}

/** h1 eth0 - eth0 h2, both up. */
const pair = (): Pair => {
  const world = newWorld()
  const h1 = world.addNetns('h1')
  const h2 = world.addNetns('h2')
  const peer = { name: 'eth0', netns: h2, address: hostMac(2) }
  const a = linkAdd(h1, { kind: 'veth', name: 'eth0', address: hostMac(1), attrs: { peer } })
  const b = h2.dev('eth0')
  linkSet(a, { up: true })
  linkSet(b, { up: true })
  world.run({ for: 1.2e9 })
  return { world, h1, h2, a, b }
}

const vlan = (link: NetDevice, id: number, more: object = {}, attrs: object = {}): NetDevice => {
  const dev = linkAdd(link.netns, { kind: 'vlan', name: `${link.name}.${id}`, link, attrs: { id, ...attrs }, ...more })
  return dev
}

const vlanUp = (link: NetDevice, id: number, attrs: object = {}): NetDevice => {
  const dev = vlan(link, id, {}, attrs)
  linkSet(dev, { up: true })
  return dev
}

/** A frame with tags [EtherType, TCI] between its MACs and the rest. */
const tagged = (octets: Uint8Array, ...tags: readonly (readonly [type: number, tci: number])[]): Uint8Array => {
  const words = tags.flatMap(([type, tci]) => [type >> 8, type & 255, tci >> 8, tci & 255])
  return new Uint8Array([...octets.subarray(0, 12), ...words, ...octets.subarray(12)])
}

/** What a capture shows, as `<` or `>` and the tags and the payload. */
const watch = (dev: NetDevice): { take: () => string[] } => {
  let seen: string[] = []
  const onFrame = (f: { data: Uint8Array; pktType: number }): void => {
    const b = f.data
    let at = 12
    let text = f.pktType === 4 ? '>' : '<'
    for (; ((b[at]! << 8) | b[at + 1]!) === C_TAG || ((b[at]! << 8) | b[at + 1]!) === S_TAG; at += 4)
      text += `${b[at] === 0x81 ? 'C' : 'S'}${((b[at + 2]! & 15) << 8) | b[at + 3]!}p${b[at + 2]! >> 5} `
    seen.push(text + new TextDecoder().decode(b.subarray(at + 2)))
  }
  capture(dev, { onFrame, promisc: false })
  return {
    take: () => {
      const taken = seen
      seen = []
      return taken
    },
  }
}

const plain = (text: string, dst = hostMac(2)): Uint8Array => frame(dst, hostMac(1), text)

test('sends tagged, receives untagged; the real device shows the tag (vlan_dev_hard_start_xmit, vlan_do_receive)', () => {
  const { world, a, b } = pair()
  const a5 = vlanUp(a, 5)
  const b5 = vlanUp(b, 5)
  const [wa, wb, wb5] = [watch(a), watch(b), watch(b5)]
  send(a5, plain('hello'))
  assert.equal([wa.take(), wb.take(), wb5.take()], [['>C5p0 hello'], ['<C5p0 hello'], ['<hello']])
  checkBalance(world)
})

test('gives a frame of another VLAN to nobody, and counts no drop at a host that is not asked (check_vlan_id)', () => {
  const { world, a, b } = pair()
  const b5 = vlanUp(b, 5)
  const w = watch(b5)
  send(a, tagged(plain('xx', BROADCAST), [C_TAG, 6]))
  send(a, tagged(plain('yy', BROADCAST), [S_TAG, 5]))
  assert.equal(w.take(), [])
  assert.is(linkInfo(b5).stats.rxPackets, 0)
  checkBalance(world)
})

test('takes a frame that has a priority only for one without a tag, IEEE 802.1Q 9.6, and looks at a tag behind it', () => {
  const { a, b } = pair()
  const b5 = vlanUp(b, 5)
  const b0 = vlanUp(b, 0)
  const w = watch(b5)
  const w0 = watch(b0)
  send(a, tagged(plain('one'), [C_TAG, 0x6000]))
  assert.equal(w0.take(), ['<one'])
  linkDel(b0)
  send(a, tagged(plain('two'), [C_TAG, 0x6000], [C_TAG, 5]))
  assert.equal(w.take(), ['<two'])
})

test('maps priorities: 0 unless mapped, by the tag on the way in, by skb->priority on the way out', () => {
  const { a, b } = pair()
  const a5 = vlanUp(a, 5, { egressQosMap: [{ from: 0, to: 3 }] })
  const w = watch(b)
  send(a5, plain('xx'))
  assert.equal(w.take(), ['<C5p3 xx'])
  linkSet(a5, { kind: 'vlan', attrs: { egressQosMap: [{ from: 0, to: 0 }], ingressQosMap: [{ from: 9, to: 7 }] } })
  send(a5, plain('yy'))
  assert.equal(w.take(), ['<C5p0 yy'])
  const info = linkInfo(a5).attrs as VlanInfoAttrs
  assert.equal([info.egressQosMap, info.ingressQosMap], [[], [{ from: 1, to: 7 }]])
})

test('lists priorities on the way out by bucket of 16, the newest first (vlan_fill_info)', () => {
  const { a } = pair()
  const egressQosMap = [
    { from: 1, to: 1 },
    { from: 17, to: 2 },
    { from: 0, to: 9 },
    { from: 33, to: 3 },
  ]
  const dev = vlan(a, 5, {}, { egressQosMap })
  assert.equal((linkInfo(dev).attrs as VlanInfoAttrs).egressQosMap, [
    { from: 0, to: 1 },
    { from: 33, to: 3 },
    { from: 17, to: 2 },
    { from: 1, to: 1 },
  ])
})

test('stacks: a VLAN in a VLAN has two tags, the inner one next to the payload (802.1ad, vlan_insert_tag)', () => {
  const { world, a, b } = pair()
  const inner = vlanUp(vlanUp(a, 100, { protocol: S_TAG }), 7)
  const inner2 = vlanUp(vlanUp(b, 100, { protocol: S_TAG }), 7)
  const [w, w2] = [watch(b), watch(inner2)]
  send(inner, plain('deep'))
  assert.equal([w.take(), w2.take()], [['<S100p0 C7p0 deep'], ['<deep']])
  // A device that inserts no tags counts them: the lower VLAN the inner tag, the veth neither.
  const octets = plain('deep').length
  assert.is(linkInfo(inner).stats.txBytes, octets)
  assert.is(linkInfo(inner.lower[0]!).stats.txBytes, octets + 4)
  assert.is(linkInfo(a).stats.txBytes, octets + 4)
  checkBalance(world)
})

test('counts what it receives without the Ethernet header, what it sends with it, multicast apart', () => {
  const { a, b } = pair()
  const a5 = vlanUp(a, 5)
  const b5 = vlanUp(b, 5)
  send(a5, plain('12345', BROADCAST))
  send(a5, plain('123456', 0x01005e000101))
  const [s, r] = [linkInfo(a5).stats, linkInfo(b5).stats]
  assert.equal([s.txPackets, s.txBytes], [2, 2 * 14 + 11])
  assert.equal([r.rxPackets, r.rxBytes, r.rxMulticast], [2, 11, 1])
})

test('without tx-vlan-hw-insert the tag is in the bytes that the real device counts (validate_xmit_vlan)', () => {
  const { a, b } = pair()
  const a5 = vlanUp(a, 5)
  const w = watch(b)
  send(a5, plain('xx'))
  const before = linkInfo(a).stats.txBytes
  ethtoolSetFeature(a, 'tx-vlan-hw-insert', false)
  send(a5, plain('xx'))
  assert.equal(w.take(), ['<C5p0 xx', '<C5p0 xx'])
  assert.is(linkInfo(a).stats.txBytes, 2 * before + 4)
})

test('without reorder_hdr it shows the tag of what it receives, and sends a frame that has its tag as it is', () => {
  const { a, b } = pair()
  const b5 = vlanUp(b, 5, { reorderHdr: false })
  const [w, wa] = [watch(b5), watch(a)]
  send(a, tagged(plain('xx'), [C_TAG, 0x2005]))
  assert.equal(w.take(), ['<C5p1 xx'])
  wa.take()
  send(b5, tagged(frame(hostMac(1), hostMac(2), 'yy'), [C_TAG, 0x2009]))
  send(b5, frame(hostMac(1), hostMac(2), 'zz'))
  assert.equal(wa.take(), ['<C9p1 yy', '<C5p0 zz'])
})

test('has the address, MTU, broadcast address and TSO limit of its real device (vlan_dev_init)', () => {
  const { a } = pair()
  linkSet(a, { mtu: 1400 })
  const dev = vlan(a, 5)
  const info = linkInfo(dev)
  assert.equal(
    [info.address, info.mtu, info.broadcast, info.tsoMaxSize, info.minMtu, info.maxMtu, info.iflink, info.numTxQueues],
    [a.addr, 1400, BROADCAST, 524280, 0, 65535, a.ifindex, 1],
  )
})

test('follows the address of its real device until it is given one; another one is listened to below (vlan_sync_address)', () => {
  const { a, b } = pair()
  const dev = vlanUp(b, 5)
  linkSet(b, { address: hostMac(7) })
  assert.is(dev.addr, hostMac(7))
  assert.equal([...b.uc.keys()], [])
  linkSet(dev, { address: hostMac(9) })
  assert.equal([[...b.uc.keys()], b.ucPromisc], [[hostMac(9)], true])
  linkSet(b, { address: hostMac(8) })
  assert.is(dev.addr, hostMac(9))
  const w = watch(dev)
  send(a, tagged(plain('own', hostMac(9)), [C_TAG, 5]))
  assert.equal(w.take(), ['<own'])
  linkSet(b, { address: hostMac(9) })
  assert.equal([...b.uc.keys()], [])
  linkSet(b, { address: hostMac(8) })
  assert.equal([...b.uc.keys()], [hostMac(9)])
  linkSet(dev, { up: false })
  assert.equal([[...b.uc.keys()], b.ucPromisc], [[], false])
})

test('passes promiscuity and groups on to its real device while it is up (vlan_dev_set_rx_mode)', () => {
  const { a } = pair()
  const dev = vlan(a, 5)
  const groups = a.mc.size
  devSetPromiscuity(dev, 1)
  devMcAdd(dev, 0x01005e000505)
  assert.equal([a.promiscuity, a.mc.size], [0, groups])
  linkSet(dev, { up: true })
  assert.equal([a.promiscuity, a.mc.has(0x01005e000505)], [1, true])
  devSetPromiscuity(dev, -1)
  assert.is(a.promiscuity, 0)
  linkSet(dev, { up: false })
  assert.equal([a.promiscuity, a.mc.has(0x01005e000505), a.mc.size], [0, false, groups])
})

test('goes down and comes up with its real device (vlan_device_event)', () => {
  const { world, a } = pair()
  const dev = vlan(a, 5)
  assert.is(reportedFlags(dev) & IFF_UP, 0)
  linkSet(a, { up: false })
  assert.throws(() => linkSet(dev, { up: true }), /^Network is down$/)
  linkSet(a, { up: true })
  assert.ok(dev.isUp, 'also when it was down before')
  world.run({ for: 1.2e9 })
  assert.is(reportedFlags(dev) & 0x10041, 0x10041)
  linkSet(a, { up: false })
  assert.not.ok(dev.isUp)
})

test('stays up with loose_binding, without a carrier (VLAN_FLAG_LOOSE_BINDING)', () => {
  const { world, a } = pair()
  const dev = vlanUp(a, 5, { looseBinding: true })
  linkSet(a, { up: false })
  world.run({ for: 2.2e9 })
  assert.ok(dev.isUp)
  linkSet(a, { up: true })
  const other = vlan(a, 6, {}, { looseBinding: true })
  linkSet(a, { up: false })
  linkSet(other, { up: true })
  linkSet(a, { up: true })
  assert.ok(other.isUp)
})

test('has the carrier of its real device (netif_stacked_transfer_operstate)', () => {
  const { world, a, b } = pair()
  const dev = vlanUp(a, 5)
  linkSet(b, { up: false })
  world.run({ for: 1.2e9 })
  assert.equal([dev.carrier, reportedFlags(dev) & 0x10000], [false, 0])
  linkSet(b, { up: true })
  world.run({ for: 1.2e9 })
  assert.equal([dev.carrier, linkInfo(dev).operstate], [true, 6])
})

test('takes no MTU above that of its real device, and follows it down (vlan_dev_change_mtu, NETDEV_CHANGEMTU)', () => {
  const { a } = pair()
  const dev = vlan(a, 5)
  assert.throws(() => linkSet(dev, { mtu: 1501 }), /^Numerical result out of range$/)
  assert.throws(() => vlan(a, 6, { mtu: 1501 }), /^Invalid argument$/)
  linkSet(a, { mtu: 1300 })
  assert.is(dev.mtu, 1300)
  linkSet(a, { mtu: 1500 })
  assert.is(dev.mtu, 1300)
})

test('carries full-sized packets: a tag is on top of the MTU (is_skb_forwardable)', () => {
  const { a, b } = pair()
  const a5 = vlanUp(a, 5)
  const w = watch(vlanUp(b, 5))
  assert.is(send(a5, plain('x'.repeat(1500))), 0)
  assert.is(w.take().length, 1)
})

test('goes with its real device, also from another namespace, and with devices on it', () => {
  const { world, h1, h2, a } = pair()
  const dev = vlan(a, 5)
  vlan(dev, 6)
  const far = vlan(a, 7)
  linkSet(far, { netns: h2 })
  assert.is(far.netns, h2)
  assert.is(linkInfo(far).linkNetns, h1)
  linkDel(a)
  assert.equal(
    world.listNetns().flatMap(n => n.devices.map(d => d.name)),
    ['lo', 'lo'],
  )
})

test('works from another namespace than that of its real device', () => {
  const { world, a, b } = pair()
  const h3 = world.addNetns('h3')
  const far = vlan(a, 5)
  linkSet(far, { netns: h3 })
  linkSet(far, { up: true })
  const b5 = vlanUp(b, 5)
  const w = watch(far)
  send(b5, frame(BROADCAST, hostMac(2), 'in'))
  send(far, plain('out'))
  assert.equal(w.take(), ['<in', '>out'])
  checkBalance(world)
})

test('refuses what the kernel refuses, in its words (vlan_validate, vlan_newlink, vlan_check_real_dev)', () => {
  const { h1, a } = pair()
  const add =
    (attrs: object, more: object = { link: a }) =>
    () =>
      linkAdd(h1, { kind: 'vlan', name: 'v', attrs, ...more })
  vlan(a, 5)
  assert.throws(add({}), /^8021q: VLAN properties not specified$/)
  assert.throws(add({ id: 4095 }), /^8021q: Invalid VLAN id$/)
  assert.throws(add({ id: 6, protocol: 0x0800 }), /^8021q: Invalid VLAN protocol$/)
  assert.throws(add({ looseBinding: true }), /^8021q: VLAN id not specified$/)
  assert.throws(add({ id: 6 }, {}), /^8021q: link not specified$/)
  assert.throws(add({ id: 5 }), /^8021q: VLAN device already exists$/)
  assert.throws(add({ id: 6 }, { link: h1.lo }), /^8021q: VLANs not supported on device$/)
  assert.throws(add({ id: 6 }, { link: a, address: 0x010000000000 }), /^8021q: Invalid link address$/)
  assert.throws(add({ id: 6, gvrp: true }), /gvrp on is not supported; supported is off/)
  assert.throws(add({ id: 6, colour: 1 }), /unknown attribute "colour"/)
  assert.is(h1.devByName('v'), null)
  add({ id: 5, protocol: S_TAG })()
})

test('cannot be stacked deeper than eight, nor be a port of the bridge that it stands on', () => {
  const { h1, a } = pair()
  let dev = a
  for (let i = 0; i < 7; i++) dev = linkAdd(h1, { kind: 'vlan', name: `v${i}`, link: dev, attrs: { id: 1 } })
  assert.throws(() => linkAdd(h1, { kind: 'vlan', name: 'v8', link: dev, attrs: { id: 1 } }), /^Too many links$/)
  assert.is(h1.devByName('v8'), null)
  const br = linkAdd(h1, { kind: 'bridge', name: 'br0' })
  const v = linkAdd(h1, { kind: 'vlan', name: 'brv', link: br, attrs: { id: 3 }, address: hostMac(3) })
  assert.throws(() => linkSet(v, { master: br }), /^Device or resource busy$/)
  assert.is(v.master, null)
})

test('can be a port of a bridge and can stand on one', () => {
  const { world, h1, a, b } = pair()
  const br = linkAdd(h1, { kind: 'bridge', name: 'br0', attrs: { mcastSnooping: 0 } })
  const a5 = vlanUp(a, 5)
  linkSet(a5, { master: br })
  linkSet(br, { up: true })
  const v9 = linkAdd(h1, { kind: 'vlan', name: 'br0.9', link: br, attrs: { id: 9 } })
  linkSet(v9, { up: true })
  world.run({ for: 1.2e9 })
  const [wb, w9] = [watch(b), watch(v9)]
  send(v9, frame(BROADCAST, br.addr, 'down'))
  assert.equal(wb.take(), ['<C5p0 C9p0 down'])
  send(b, tagged(frame(BROADCAST, hostMac(2), 'up'), [C_TAG, 5], [C_TAG, 9]))
  assert.equal(w9.take(), ['>down', '<up'])
  checkBalance(world)
})

test('ends a frame for a VLAN device that is down', () => {
  const { world, a, b } = pair()
  vlan(b, 5)
  send(a, tagged(plain('xx', BROADCAST), [C_TAG, 5]))
  assert.equal(
    world.drops().map(d => [d.reason, d.netns]),
    [['DEV_READY', 'h2']],
  )
})

test('identifier and protocol do not change, without a word (vlan_changelink)', () => {
  const { a } = pair()
  const dev = vlan(a, 5)
  linkSet(dev, { kind: 'vlan', attrs: { id: 6, protocol: S_TAG, looseBinding: true } })
  const info = linkInfo(dev).attrs as VlanInfoAttrs
  assert.equal([info.id, info.protocol, info.flags], [5, C_TAG, 0x5])
  assert.throws(() => linkSet(dev, { kind: 'vlan', attrs: { id: 5000 } }), /^8021q: Invalid VLAN id$/)
})

test('frames too short for their tag end without reaching anybody (skb_vlan_untag)', () => {
  const { world, a, b } = pair()
  const w = watch(b)
  for (const n of [14, 15, 16, 17, 18, 19]) send(a, tagged(plain('xx'), [C_TAG, 5]).subarray(0, n))
  assert.equal(w.take(), [])
  checkBalance(world)
})

test.run()
