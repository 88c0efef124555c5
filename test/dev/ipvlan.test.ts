/** The reference kernel has no ipvlan: what is asserted here stands in drivers/net/ipvlan of its source. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { IFF_NOARP, type NetDevice } from '../../lib/core/netdev.js'
import { NetloomError } from '../../lib/errors.js'
import { addrAdd, addrDel } from '../../lib/rtnl/addr.js'
import { linkAdd, linkDel, linkInfo, linkSet } from '../../lib/rtnl/link.js'
import { emitArp } from '../../lib/wire/arp.js'
import { parseIpv4 } from '../../lib/wire/ip.js'
import { emitIpv4, IPPROTO_ICMP, IPPROTO_UDP } from '../../lib/wire/ipv4.js'
import { BROADCAST, Capture, checkBalance, frame, mac, send } from './lab.js'
import { EXT_MAC, LOWER_MAC, StackedLab } from './stacked-lab.js'

const test = suite('dev/ipvlan')

const refusal = (run: () => unknown): string => {
  try {
    run()
  } catch (e) {
    if (e instanceof NetloomError) return `${e.code}: ${e.message}`
    throw e
  }
  return 'nothing was thrown'
}

/** Ipvlans i1, i2 with 10.0.0.1 and 10.0.0.2, the outside with 10.0.0.254, the master with 10.0.0.100; nobody forwards. */
const lan = (attrs: object): { lab: StackedLab; i1: NetDevice; i2: NetDevice } => {
  const lab = new StackedLab()
  const [i1, i2] = [1, 2].map(n => {
    const dev = lab.add('ipvlan', `i${n}`, attrs)
    addrAdd(dev, { local: parseIpv4(`10.0.0.${n}`), prefixLen: 24 })
    return dev
  }) as [NetDevice, NetDevice]
  addrAdd(lab.ext, { local: parseIpv4('10.0.0.254'), prefixLen: 24 })
  addrAdd(lab.lower, { local: parseIpv4('10.0.0.100'), prefixLen: 24 })
  lab.settle()
  return { lab, i1, i2 }
}

/** An IPv4 packet of an unknown protocol, in a frame. */
const ipFrame = (dst: number, src: number, saddr: string, daddr: string, proto = 253): Uint8Array =>
  frame(dst, src, emitIpv4({ saddr, daddr, proto }, new Uint8Array(8)), 0x0800)

const arpFrame = (dst: number, src: number, spa: string, tpa: string): Uint8Array =>
  frame(dst, src, emitArp({ op: 1, sha: '02:00:00:00:e0:01', spa, tha: '00:00:00:00:00:00', tpa }), 0x0806)

/** Which of the devices have seen a frame of these octets received, and which sent. */
const trace = (lab: StackedLab, from: NetDevice, octets: Uint8Array, devs: readonly NetDevice[]): string[] => {
  const captures = devs.map(dev => new Capture(dev))
  send(from, octets)
  lab.world.run({ for: 0 })
  const same = (b: Uint8Array): boolean => b.length === octets.length && b.every((o, i) => o === octets[i])
  return captures.map(c =>
    c.seen
      .filter(f => same(f.bytes))
      .map(f => (f.in ? '<' : '>'))
      .join(''),
  )
}

test('has the master’s MAC, whatever was asked for, and its MTU, and follows both', () => {
  const { lab, i1 } = lan({ mode: 'l2' })
  const other = lab.add('ipvlan', 'i9', { mode: 'l2' }, { address: mac('02:00:00:00:09:09'), mtu: 1000 })
  assert.equal([i1.addr, other.addr, i1.mtu, other.mtu], [LOWER_MAC, LOWER_MAC, 1500, 1000])
  linkSet(lab.lower, { mtu: 1400, address: mac('02:00:00:00:a0:02') })
  assert.equal([i1.mtu, other.mtu, i1.addr], [1400, 1400, mac('02:00:00:00:a0:02')])
  assert.is(
    refusal(() => linkSet(i1, { address: mac('02:00:00:00:09:09') })),
    'EOPNOTSUPP: Operation not supported',
  )
})

test('is found by its IPv4 addresses, by unicast and by ARP (ipvlan_handle_mode_l3)', () => {
  const { lab, i1, i2 } = lan({ mode: 'l2' })
  const devs = [i1, i2, lab.lower]
  assert.equal(trace(lab, lab.ext, ipFrame(LOWER_MAC, EXT_MAC, '10.0.0.254', '10.0.0.2'), devs), ['', '<', '<'])
  assert.equal(trace(lab, lab.ext, arpFrame(LOWER_MAC, EXT_MAC, '10.0.0.254', '10.0.0.1'), devs), ['<', '', '<'])
  assert.equal(trace(lab, lab.ext, frame(LOWER_MAC, EXT_MAC, 'no IP'), devs), ['', '', '<'])
  addrDel(i2, { local: parseIpv4('10.0.0.2'), prefixLen: 24 })
  assert.equal(trace(lab, lab.ext, ipFrame(LOWER_MAC, EXT_MAC, '10.0.0.254', '10.0.0.2'), devs), ['', '', '<'])
  linkSet(i1, { up: false })
  assert.equal(trace(lab, lab.ext, ipFrame(LOWER_MAC, EXT_MAC, '10.0.0.254', '10.0.0.1'), devs), ['', '', '<'])
  checkBalance(lab.world)
})

test('no two ipvlans of a master have the same address (ipvlan_addr4_validator_event)', () => {
  const { lab, i1, i2 } = lan({ mode: 'l2' })
  const same = { local: parseIpv4('10.0.0.1'), prefixLen: 24 }
  const text = 'EADDRINUSE: Address already assigned to an ipvlan device'
  assert.is(
    refusal(() => addrAdd(i2, same)),
    text,
  )
  assert.is(
    refusal(() => addrAdd(i1, { ...same, prefixLen: 16 })),
    text,
  )
  addrAdd(lab.lower, same)
  addrDel(i1, same)
  addrAdd(i2, same)
})

test('mode l2: group frames reach every ipvlan later, and the master at once (ipvlan_process_multicast)', () => {
  const { lab, i1, i2 } = lan({ mode: 'l2' })
  const seen = new Capture(i1)
  const { sim } = lab.world
  sim.bhDisable()
  send(lab.ext, frame(BROADCAST, EXT_MAC, 'first'))
  // An echo reply that nobody waits for: nothing answers it.
  send(lab.ext, ipFrame(LOWER_MAC, EXT_MAC, '10.0.0.254', '10.0.0.1', IPPROTO_ICMP))
  sim.bhEnable()
  lab.world.run({ for: 0 })
  assert.equal(
    seen.seen.map(f => f.bytes[0]),
    [0x02, 0xff],
  )
  assert.equal(lab.say(i1, BROADCAST, 'mine', [i1, i2, lab.lower, lab.ext]), ['>mine', '<mine', '>mine', '<mine'])
  assert.equal(lab.say(lab.ext, mac('01:00:5e:01:02:03'), 'group', [i1, lab.lower]), ['', '<group'])
  const { stats } = linkInfo(i2)
  assert.equal([stats.rxPackets, stats.rxMulticast], [2, 2])
  checkBalance(lab.world)
})

test('mode l2: a group frame that an ipvlan sent and that comes back is not given out again (ipvlan_external_frame)', () => {
  const { lab, i1, i2 } = lan({ mode: 'l2' })
  const own = ipFrame(BROADCAST, LOWER_MAC, '10.0.0.1', '10.0.0.255')
  assert.equal(trace(lab, lab.ext, own, [i1, i2, lab.lower]), ['', '', '<'])
  const foreign = ipFrame(BROADCAST, LOWER_MAC, '10.0.0.9', '10.0.0.255')
  assert.equal(trace(lab, lab.ext, foreign, [i1, i2, lab.lower]), ['<', '<', '<'])
})

test('mode l2: frames to the shared MAC go to the sibling that has the address, or to the master’s host', () => {
  const { lab, i1, i2 } = lan({ mode: 'l2' })
  const devs = [i1, i2, lab.lower, lab.ext]
  const to = (daddr: string): string[] => trace(lab, i1, ipFrame(LOWER_MAC, LOWER_MAC, '10.0.0.1', daddr), devs)
  assert.equal(to('10.0.0.2'), ['>', '<', '', ''])
  assert.equal(to('10.0.0.100'), ['>', '', '<', ''])
  linkSet(i1, { attrs: { flag: 'private' } })
  assert.equal(to('10.0.0.2'), ['>', '', '', ''])
  assert.is(linkInfo(i1).stats.txDropped, 1)
  linkSet(i2, { attrs: { flag: 'vepa' } })
  assert.equal(to('10.0.0.2'), ['>', '', '>', '<'])
})

test('mode l3: no ARP, no groups; siblings directly, all else by the routes of the master’s namespace', () => {
  const { lab, i1, i2 } = lan({ mode: 'l3' })
  assert.ok(i1.flags & i2.flags & IFF_NOARP)
  const devs = [i1, i2, lab.lower, lab.ext]
  const to = (daddr: string, dst = LOWER_MAC): string[] =>
    trace(lab, i1, ipFrame(dst, LOWER_MAC, '10.0.0.1', daddr), devs)
  assert.equal(to('10.0.0.2'), ['>', '<', '', ''])
  assert.equal(to('10.0.0.255', BROADCAST), ['>', '', '', ''])
  const out = new Capture(lab.ext)
  send(i1, ipFrame(LOWER_MAC, LOWER_MAC, '10.0.0.1', '10.0.0.254'))
  lab.world.run({ for: 0 })
  assert.equal(
    out.seen.map(f => [f.in, (f.bytes[12]! << 8) | f.bytes[13]!]),
    [
      [true, 0x0806],
      [false, 0x0806],
      [true, 0x0800],
      [false, 0x0806],
    ],
    'the master asks for the next hop, then sends; nobody answers for 10.0.0.1',
  )
  send(i1, ipFrame(LOWER_MAC, LOWER_MAC, '10.0.0.1', '10.0.0.255'))
  assert.is(lab.lower.stats.txErrors, 1, 'not a unicast route: ipvlan_process_v4_outbound')
  assert.is(linkInfo(i1).stats.txDropped, 2)
  lab.world.run({ for: 10e9 })
  checkBalance(lab.world)
  assert.is(lab.world.skbs.live, 0)
})

test('mode l3: takes what comes in for its addresses, from the master’s device', () => {
  const { lab, i1, i2 } = lan({ mode: 'l3' })
  const devs = [i1, i2, lab.lower]
  assert.equal(trace(lab, lab.ext, ipFrame(LOWER_MAC, EXT_MAC, '10.0.0.254', '10.0.0.1'), devs), ['<', '', '<'])
  assert.equal(lab.say(lab.ext, BROADCAST, 'all', devs), ['', '', '<all'])
})

test('mode l3s: packets pass through the master’s IPv4, which the capture of the ipvlan does not see', () => {
  const { lab, i1, i2 } = lan({ mode: 'l3s' })
  const octets = ipFrame(LOWER_MAC, EXT_MAC, '10.0.0.254', '10.0.0.1', IPPROTO_UDP)
  assert.equal(trace(lab, lab.ext, octets, [i1, i2, lab.lower]), ['', '', '<'])
  const { rxPackets, rxBytes } = linkInfo(i1).stats
  assert.equal([rxPackets, rxBytes], [1, octets.length])
  lab.world.run({ for: 20e9 })
  checkBalance(lab.world)
})

test('mode l3s: the route is that of the ipvlan, not of a device with the master’s ifindex in its namespace', () => {
  const { lab } = lan({ mode: 'l3s' })
  const i9 = lab.add('ipvlan', 'i9', { mode: 'l3s' }, { ifindex: 9 })
  const { netns } = i9
  addrAdd(i9, { local: parseIpv4('10.0.0.9'), prefixLen: 24 })
  const { ifindex } = lab.lower
  const attrs = { peer: { name: 'y', ifindex: 50 } }
  const x = linkAdd(netns, { kind: 'veth', name: 'x', ifindex, address: mac('02:00:00:00:0f:01'), attrs })
  linkSet(x, { up: true })
  linkSet(netns.dev('y'), { up: true })
  netns.sysctl.set('net.ipv4.conf.all.rp_filter', '1')
  lab.settle()
  send(lab.ext, ipFrame(LOWER_MAC, EXT_MAC, '10.0.0.254', '10.0.0.9', IPPROTO_ICMP))
  assert.is(linkInfo(i9).stats.rxPackets, 1)
  send(netns.dev('y'), ipFrame(x.addr, EXT_MAC, '10.0.0.254', '10.0.0.9', IPPROTO_ICMP))
  assert.is(netns.accounting().dropped['IP_RPFILTER'], 1)
})

test('mode and flag are those of all ipvlans of a master; the last one counts (ipvlan_set_port_mode)', () => {
  const { lab, i1, i2 } = lan({ mode: 'l2' })
  const later = linkAdd(lab.host, { kind: 'ipvlan', name: 'later', link: i1 })
  assert.equal(linkInfo(i2).attrs, { mode: 'l3', flag: 'bridge' }, 'l3 unless another mode is given')
  assert.ok(i1.flags & IFF_NOARP)
  assert.not.ok(later.flags & IFF_NOARP, 'not before it comes up')
  linkSet(i2, { attrs: { mode: 'l2', flag: 'vepa' } })
  assert.equal(linkInfo(later).attrs, { mode: 'l2', flag: 'vepa' })
  assert.not.ok(i1.flags & IFF_NOARP)
  assert.is(linkInfo(later).iflink, lab.lower.ifindex)
})

test('shares a device with no macvlan and no bridge, and nothing is stacked on it by an rx handler', () => {
  const { lab, i1 } = lan({ mode: 'l2' })
  const add = (kind: string, link: NetDevice): string => refusal(() => linkAdd(link.netns, { kind, name: 'x', link }))
  assert.is(add('macvlan', lab.lower), 'EBUSY: Device or resource busy')
  assert.is(add('macvlan', i1), 'EINVAL: Invalid argument')
  assert.is(add('ipvlan', lab.host.lo), 'EINVAL: Invalid argument')
  const br = linkAdd(i1.netns, { kind: 'bridge', name: 'br0' })
  assert.is(
    refusal(() => linkSet(i1, { master: br })),
    'EINVAL: Invalid argument',
  )
  const veth = linkAdd(lab.host, { kind: 'veth', name: 'v' })
  linkAdd(lab.host, { kind: 'macvlan', name: 'mv', link: veth })
  assert.is(add('ipvlan', veth), 'EBUSY: Device or resource busy')
  assert.is(
    refusal(() => linkSet(i1, { attrs: { mode: 'l4' } })),
    'EINVAL: Invalid argument',
  )
})

test('goes with its master, and the last one leaves no trace', () => {
  const { lab, i1, i2 } = lan({ mode: 'l3s' })
  linkDel(i1)
  assert.ok(lab.lower.rxHandler !== null && lab.lower.l3mdevOps !== null)
  linkDel(i2)
  assert.equal([lab.lower.rxHandler, lab.lower.l3mdevOps, lab.lower.upper.length], [null, null, 0])
  const again = lab.add('ipvlan', 'i3', { mode: 'l2' })
  send(again, frame(BROADCAST, LOWER_MAC, 'under way'))
  linkDel(lab.lower)
  assert.not.ok(again.registered)
  lab.world.run({ for: 20e9 })
  checkBalance(lab.world)
  assert.is(lab.world.skbs.live, 0)
})

test.run()
