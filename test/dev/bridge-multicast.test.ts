import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetDevice } from '../../lib/core/netdev.js'
import { RTPROT_KERNEL, RTPROT_STATIC } from '../../lib/ip/rtnetlink.js'
import { linkInfo, linkSet } from '../../lib/rtnl/link.js'
import { type MdbInfo, mdbAdd, mdbDel, mdbList } from '../../lib/rtnl/mdb.js'
import { fdbList } from '../../lib/rtnl/fdb.js'
import { putU32 } from '../../lib/wire/bytes.js'
import { ETH_HLEN, ETH_P_IP } from '../../lib/wire/ethernet.js'
import {
  IGMP_ALL_HOSTS,
  IGMP_HOST_LEAVE_MESSAGE,
  IGMP_HOST_MEMBERSHIP_QUERY,
  IGMPV2_HOST_MEMBERSHIP_REPORT,
  IGMPV3_ALL_MCR,
  IGMPV3_CHANGE_TO_EXCLUDE,
  putIgmp,
  putIgmpCsum,
  putIgmpGrec,
  putIgmpv3Report,
} from '../../lib/wire/igmp.js'
import { formatIpv4, ipMulticastMac, parseIpv4 } from '../../lib/wire/ip.js'
import { IPPROTO_IGMP, IPPROTO_PIM, IPPROTO_UDP, putIpv4 } from '../../lib/wire/ipv4.js'
import { IPOPT_RA_WORD } from '../../lib/wire/ipv4-options.js'
import { Capture, checkBalance, frame, hostMac, Lab, send } from './lab.js'

const test = suite('dev/bridge-multicast')

const G1 = parseIpv4('239.1.1.1')
const G2 = parseIpv4('239.1.1.2')
const ip = (i: number): number => parseIpv4(`10.0.0.${i}`)

/** An IPv4 frame to a group; IGMP with the router alert option as Linux sends it. */
const ipFrame = (i: number, dst: number, proto: number, body: Uint8Array, src = ip(i)): Uint8Array => {
  const ihl = proto === IPPROTO_IGMP ? 24 : 20
  const b = new Uint8Array(ihl + body.length)
  if (ihl === 24) putU32(b, 20, IPOPT_RA_WORD)
  putIpv4(b, 0, ihl, 0, b.length, 0, 0x4000, 1, proto, src, dst)
  b.set(body, ihl)
  return frame(ipMulticastMac(dst), hostMac(i), b, ETH_P_IP)
}

const hex = (b: Uint8Array): string => [...b].map(x => x.toString(16).padStart(2, '0')).join('')

const igmp = (type: number, code: number, group: number): Uint8Array => {
  const b = new Uint8Array(8)
  putIgmp(b, 0, type, code, group)
  return b
}

/** A version 3 report of records [type, group, sources]. */
const report3 = (...records: [number, number, number[]][]): Uint8Array => {
  const b = new Uint8Array(8 + records.reduce((n, r) => n + 8 + 4 * r[2].length, 0))
  let at = putIgmpv3Report(b, 0, records.length)
  for (const [type, group, sources] of records) at = putIgmpGrec(b, at, type, group, sources)
  putIgmpCsum(b, 0, b.length)
  return b
}

class McLab extends Lab {
  readonly caps: Capture[]
  constructor(hosts: number, attrs: object = {}) {
    super(hosts, attrs)
    this.world.run({ for: 3e9 })
    this.caps = this.hosts.map(h => new Capture(h))
  }

  join(i: number, group: number): void {
    send(this.hosts[i - 1]!, ipFrame(i, group, IPPROTO_IGMP, igmp(IGMPV2_HOST_MEMBERSHIP_REPORT, 0, group)))
  }

  leave(i: number, group: number): void {
    send(this.hosts[i - 1]!, ipFrame(i, 0xe0000002 | 0, IPPROTO_IGMP, igmp(IGMP_HOST_LEAVE_MESSAGE, 0, group)))
  }

  report3(i: number, ...records: [number, number, number[]][]): void {
    send(this.hosts[i - 1]!, ipFrame(i, IGMPV3_ALL_MCR, IPPROTO_IGMP, report3(...records)))
  }

  query(i: number, group = 0, code = 100): void {
    const dst = group === 0 ? IGMP_ALL_HOSTS : group
    send(this.hosts[i - 1]!, ipFrame(i, dst, IPPROTO_IGMP, igmp(IGMP_HOST_MEMBERSHIP_QUERY, code, group)))
  }

  /** Sends a datagram to a group; returns the numbers of the hosts that get it. */
  reach(i: number, group: number): number[] {
    for (const c of this.caps) c.seen.length = 0
    send(this.hosts[i - 1]!, ipFrame(i, group, IPPROTO_UDP, new Uint8Array(8)))
    return this.caps.flatMap((c, n) => (c.seen.some(f => f.in && f.bytes[ETH_HLEN + 9] === IPPROTO_UDP) ? [n + 1] : []))
  }

  /** Lines as `bridge -d -s mdb show` prints them. */
  mdb(): string[] {
    return mdbList(this.sw).entries.map((m: MdbInfo) => {
      const src = m.source === 0 ? '' : ` src ${formatIpv4(m.source)}`
      const flags = m.flags.length > 0 ? ` ${m.flags.join(' ')}` : ''
      const mode = m.filterMode === null ? '' : ` ${m.filterMode}`
      const sources = m.sources.map(s => ` ${formatIpv4(s.addr)}/${s.timer / 100}`).join('')
      return `${m.port.name} ${formatIpv4(m.group)}${src} ${m.permanent ? 'permanent' : 'temp'}${flags}${mode}${sources} ${m.timer / 100}`
    })
  }

  routers(): string[] {
    return mdbList(this.sw).routers.map(r => `${r.port.name} ${r.type} ${r.timer / 100}`)
  }
}

test('listens to 224.0.0.106 and ff02::6a while it snoops (recorded on 6.18)', () => {
  const lab = new McLab(0)
  const own = (): string[] =>
    fdbList(lab.sw)
      .filter(f => f.master === null)
      .map(f => f.lladdr.toString(16).padStart(12, '0'))
      .sort()
  assert.equal(own(), ['01005e000001', '01005e00006a', '333300000001', '33330000006a'])
  linkSet(lab.br, { attrs: { mcastSnooping: 0 } })
  assert.equal(own(), ['01005e000001', '333300000001'])
})

test('sends two reports for 224.0.0.106 within about a second when snooping is turned on (bridge-snooping-join)', () => {
  const lab = new McLab(1, { mcastSnooping: 0 })
  assert.equal(lab.caps[0]!.seen.length, 0)
  linkSet(lab.br, { attrs: { mcastSnooping: 1 } })
  lab.world.run({ for: 2.5e9 })
  const seen = lab.caps[0]!.seen
  assert.is(seen.length, 2)
  assert.ok(seen.every(f => f.bytes.length === 54 && f.bytes[ETH_HLEN + 24] === 0x22))
})

test('enters reports of all versions, forgets them 260 s later; without a querier all is flooded', () => {
  const lab = new McLab(3)
  lab.join(1, G1)
  lab.report3(2, [IGMPV3_CHANGE_TO_EXCLUDE, G2, []], [IGMPV3_CHANGE_TO_EXCLUDE, G1, []])
  assert.equal(lab.mdb(), ['p2 239.1.1.2 temp 260', 'p2 239.1.1.1 temp 260', 'p1 239.1.1.1 temp 260'])
  assert.is(mdbList(lab.sw).entries[0]!.protocol, RTPROT_KERNEL)
  assert.equal(lab.reach(3, G1), [1, 2])
  assert.equal(lab.reach(1, G2), [2, 3])
  lab.world.run({ for: 270e9 + 30e9 })
  assert.equal(lab.mdb(), [])
  checkBalance(lab.world)
})

test('sends to members only once a querier has been heard and its response time is over', () => {
  const lab = new McLab(4)
  lab.join(1, G1)
  lab.query(3)
  assert.equal(lab.routers(), ['p3 1 255'])
  assert.equal(lab.reach(2, G1), [1, 3, 4], 'delay_timer: still flooded')
  lab.world.run({ for: 11e9 })
  assert.equal(lab.reach(2, G1), [1, 3], 'the member and the router port')
  assert.equal(lab.reach(3, G1), [1])
  assert.equal(lab.reach(2, G2), [3], 'an unknown group goes to routers only')
  assert.equal(lab.reach(2, parseIpv4('224.0.0.5')), [1, 3, 4], 'link-local groups go everywhere')
  checkBalance(lab.world)
})

test('drops version 2 reports at ports without router, passes version 3 reports to all (mrouters_only)', () => {
  const lab = new McLab(3)
  lab.query(3)
  lab.world.run({ for: 11e9 })
  for (const c of lab.caps) c.seen.length = 0
  lab.join(1, G1)
  assert.equal(
    lab.caps.map(c => c.seen.filter(f => f.in).length),
    [0, 0, 1],
  )
  lab.report3(1, [IGMPV3_CHANGE_TO_EXCLUDE, G2, []])
  assert.equal(
    lab.caps.map(c => c.seen.filter(f => f.in).length),
    [0, 1, 2],
  )
})

test('as querier asks twice at first on every port and its own host, then each 125 s (br_multicast_send_query)', () => {
  const lab = new McLab(1)
  const own = new Capture(lab.br)
  linkSet(lab.br, { attrs: { mcastQuerier: 1 } })
  lab.world.run({ for: 200e9 })
  const queries = lab.caps[0]!.seen.filter(f => f.bytes[ETH_HLEN + 24] === 0x11)
  const gaps = queries.slice(1).map((f, i) => (f.time - queries[i]!.time) / 1e9)
  assert.is(gaps.length, 2)
  // As late as the kernel's wheel makes timers of 31.24 and 125 s: up to 512 jiffies.
  assert.ok(gaps[0]! >= 31.24 && gaps[0]! <= 33.3 && gaps[1]! >= 125 && gaps[1]! <= 127.1, String(gaps))
  const recorded = '01005e000001 02000000f000 0800 46c000200000400001020417 00000000 e0000001 94040000 1164ee9b00000000'
  assert.is(hex(queries[0]!.bytes), recorded.replaceAll(' ', ''), 'recorded on 6.18')
  assert.ok(own.seen.some(f => f.in && f.bytes[ETH_HLEN + 24] === 0x11))
})

test('asks for a group that is left and ends it two seconds later (br_multicast_leave_group)', () => {
  const lab = new McLab(2)
  linkSet(lab.br, { attrs: { mcastQuerier: 1 } })
  lab.world.run({ for: 12e9 })
  lab.join(1, G1)
  assert.equal(lab.reach(2, G1), [1])
  lab.caps[0]!.seen.length = 0
  lab.leave(1, G1)
  const [query] = lab.caps[0]!.seen.filter(f => f.in)
  assert.equal([query!.bytes[5], hex(query!.bytes.subarray(ETH_HLEN + 24, ETH_HLEN + 26))], [1, '110a'])
  assert.is(hex(query!.bytes.subarray(ETH_HLEN + 28)), 'ef010101')
  assert.equal(lab.mdb(), ['p1 239.1.1.1 temp 2'])
  lab.world.run({ for: 2.1e9 })
  assert.equal([lab.mdb(), lab.reach(2, G1)], [[], []])
})

test('keeps a group that somebody still wants, and ends it at once with fast leave', () => {
  const lab = new McLab(2)
  linkSet(lab.br, { attrs: { mcastQuerier: 1 } })
  lab.world.run({ for: 12e9 })
  lab.join(1, G1)
  lab.leave(1, G1)
  lab.join(1, G1)
  lab.world.run({ for: 3e9 })
  assert.is(lab.mdb().length, 1)
  linkSet(lab.ports[0]!, { slaveAttrs: { fastleave: true } })
  lab.leave(1, G1)
  lab.world.run({ for: 0.01e9 })
  assert.equal(lab.mdb(), [])
})

test('leaves asking to the querier with the smaller address (br_multicast_select_querier)', () => {
  const lab = new McLab(3)
  lab.query(2)
  lab.query(3)
  assert.equal(lab.routers(), ['p2 1 255'], '10.0.0.3 is not better')
  const query = igmp(IGMP_HOST_MEMBERSHIP_QUERY, 100, 0)
  send(lab.hosts[2]!, ipFrame(3, IGMP_ALL_HOSTS, IPPROTO_IGMP, query, parseIpv4('200.0.0.1')))
  assert.equal(lab.routers(), ['p2 1 255'], 'neither is 200.0.0.1')
  lab.query(1)
  assert.equal(lab.routers(), ['p2 1 255', 'p1 1 255'])
  linkSet(lab.br, { attrs: { mcastQuerier: 1 } })
  lab.caps[2]!.seen.length = 0
  lab.world.run({ for: 100e9 })
  assert.is(lab.caps[2]!.seen.filter(f => f.bytes[ETH_HLEN + 24] === 0x11).length, 0)
  lab.world.run({ for: 200e9 })
  assert.ok(
    lab.caps[2]!.seen.some(f => f.bytes[ETH_HLEN + 24] === 0x11),
    'after 255 s it asks itself',
  )
})

test('finds routers by PIM hellos, and by what it is told (mcast_router)', () => {
  const lab = new McLab(3)
  const hello = new Uint8Array(4)
  hello[0] = 0x20
  send(lab.hosts[0]!, ipFrame(1, parseIpv4('224.0.0.13'), IPPROTO_PIM, hello))
  linkSet(lab.ports[1]!, { slaveAttrs: { mcastRouter: 2 } })
  linkSet(lab.ports[2]!, { slaveAttrs: { mcastRouter: 3 } })
  assert.equal(lab.routers(), ['p3 3 255', 'p2 2 0', 'p1 1 255'])
  linkSet(lab.ports[0]!, { slaveAttrs: { mcastRouter: 0 } })
  assert.equal(lab.routers(), ['p3 3 255', 'p2 2 0'])
  lab.world.run({ for: 300e9 })
  assert.equal(lab.routers(), ['p2 2 0'])
  assert.is((linkInfo(lab.ports[2]!).slaveAttrs as { mcastRouter: number }).mcastRouter, 1)
})

test('ends memberships of a port that goes down, except the permanent ones', () => {
  const lab = new McLab(2)
  lab.join(1, G1)
  mdbAdd(lab.sw, { br: lab.br, port: lab.ports[0]!, group: G2, permanent: true })
  linkSet(lab.ports[0]!, { up: false })
  lab.world.run({ for: 0.01e9 })
  assert.equal(lab.mdb(), ['p1 239.1.1.2 permanent 0'])
})

test('drops IGMP and IPv4 multicast with wrong headers only while it snoops (ip_mc_check_igmp)', () => {
  const lab = new McLab(2)
  lab.sw.sysctl.set('net.bridge.bridge-nf-call-iptables', 0)
  const bad = ipFrame(1, G1, IPPROTO_IGMP, igmp(IGMPV2_HOST_MEMBERSHIP_REPORT, 0, G1))
  bad[bad.length - 1]! ^= 1
  const badIp = ipFrame(1, G1, IPPROTO_UDP, new Uint8Array(8))
  badIp[ETH_HLEN + 8]! ^= 1
  const generalToGroup = ipFrame(1, G1, IPPROTO_IGMP, igmp(IGMP_HOST_MEMBERSHIP_QUERY, 100, 0))
  const sendAll = (): number => {
    lab.caps[1]!.seen.length = 0
    for (const f of [bad, badIp, generalToGroup]) send(lab.hosts[0]!, f)
    return lab.caps[1]!.seen.length
  }
  assert.equal([sendAll(), lab.mdb()], [0, []])
  linkSet(lab.br, { attrs: { mcastSnooping: 0 } })
  lab.world.run({ for: 3e9 })
  assert.is(sendAll(), 3)
  checkBalance(lab.world)
})

test('counts multicast for its host and gives it joined groups (host_joined)', () => {
  const lab = new McLab(2)
  const before = linkInfo(lab.br).stats.rxMulticast
  lab.reach(1, G1)
  assert.is(linkInfo(lab.br).stats.rxMulticast, before + 1)
  linkSet(lab.br, { attrs: { mcastQuerier: 1 } })
  lab.world.run({ for: 12e9 })
  const own = new Capture(lab.br)
  lab.join(2, G1)
  own.seen.length = 0
  lab.reach(1, G1)
  assert.is(own.seen.length, 0)
  mdbAdd(lab.sw, { br: lab.br, port: lab.br, group: G1 })
  lab.reach(1, G1)
  assert.is(own.seen.length, 1)
})

test('sends each member a copy of its own with mcast_to_unicast (maybe_deliver_addr)', () => {
  const lab = new McLab(2, { mcastQuerier: 1 })
  lab.world.run({ for: 12e9 })
  linkSet(lab.ports[1]!, { slaveAttrs: { mcastToUnicast: true } })
  lab.join(2, G1)
  lab.reach(1, G1)
  const got = lab.caps[1]!.seen.filter(f => f.in)
  assert.equal([got.length, [...got[0]!.bytes.subarray(0, 6)]], [1, [2, 0, 0, 0, 2, 1]])
  checkBalance(lab.world)
})

test('answers adds and deletes of users as the kernel does (recorded on 6.18)', () => {
  const lab = new McLab(3)
  const [p1, , p3] = lab.ports
  const add = (port: NetDevice, spec: object) => () => mdbAdd(lab.sw, { br: lab.br, port, ...spec })
  add(p3!, { group: G1 })()
  assert.throws(add(p3!, { group: G1 }), /^bridge: \(\*, G\) group is already joined by port$/)
  add(p3!, { group: G2, permanent: true })()
  assert.throws(add(p3!, { group: parseIpv4('224.0.0.5') }), /^IPv4 entry group address is local multicast$/)
  assert.throws(add(p3!, { group: ip(5) }), /^IPv4 entry group address is not multicast or 0.0.0.0$/)
  add(lab.br, { group: G1 })()
  assert.throws(add(lab.br, { group: G1 }), /^bridge: Group is already joined by host$/)
  assert.throws(add(lab.br, { group: G2, permanent: true }), /^bridge: Flags are not allowed for host groups$/)
  add(p3!, { group: G2, source: ip(9), permanent: true })()
  add(p3!, { mac: 0x010203040506, permanent: true })()
  assert.throws(add(lab.sw.lo, { group: G1 }), /^bridge: Net device is not a bridge port$/)
  const notBridge = () => mdbAdd(lab.sw, { br: p1!, port: p3!, group: G1 })
  assert.throws(notBridge, /^Device does not support MDB operations$/)
  assert.equal(lab.mdb(), [
    'p3 0.0.0.0 permanent 0',
    'p3 239.1.1.2 src 10.0.0.9 permanent 0',
    'p3 239.1.1.2 permanent 0',
    'br0 239.1.1.1 temp 260',
    'p3 239.1.1.1 temp 260',
  ])
  assert.is(mdbList(lab.sw).entries[0]!.protocol, RTPROT_STATIC)
  const del = () => mdbDel(lab.sw, { br: lab.br, port: p3!, group: G1 })
  del()
  assert.throws(del, /^Invalid argument$/)
  linkSet(lab.br, { attrs: { mcastSnooping: 0 } })
  assert.throws(add(p3!, { group: G1 }), /^bridge: Bridge's multicast processing is disabled$/)
  assert.is(lab.mdb().length, 4, 'permanent ones and the host stay')
  linkSet(lab.br, { up: false })
  assert.throws(add(p3!, { group: G1 }), /^bridge: Bridge device is not running$/)
})

test('turns snooping off when there are too many groups (br_multicast_new_group)', () => {
  const lab = new McLab(1, { mcastHashMax: 1 })
  mdbAdd(lab.sw, { br: lab.br, port: lab.ports[0]!, group: G1 })
  assert.throws(() => mdbAdd(lab.sw, { br: lab.br, port: lab.ports[0]!, group: G2 }), /^Argument list too long$/)
  assert.is((linkInfo(lab.br).attrs as { mcastSnooping: number }).mcastSnooping, 0)
})

const IS_IN = 1
const IS_EX = 2
const TO_IN = 3
const TO_EX = 4
const ALLOW = 5
const BLOCK = 6

/** Timers, the numbers with a fraction that are no addresses, rounded up to seconds. */
const roundUp = (line: string): string =>
  line.replace(/(?<=[ /])[0-9]+(\.[0-9]+)?(?= |$)/g, x => String(Math.ceil(Number(x))))

test('version 3: keeps members, sources and their entries as recorded on 6.18 (RFC 3376 section 6.4)', () => {
  const lab = new McLab(2, { mcastIgmpVersion: 3, mcastQuerier: 1 })
  lab.world.run({ for: 12e9 })
  /** One report, and what `bridge mdb` shows after it. */
  const step = (i: number, type: number, group: number, ...sources: number[]): string[] => {
    lab.report3(i, [type, group, sources.map(ip)])
    return lab.mdb().map(roundUp)
  }
  assert.equal(step(1, ALLOW, G1, 3), [
    'p1 239.1.1.1 src 10.0.0.3 temp include 0',
    'p1 239.1.1.1 temp include 10.0.0.3/260 0',
  ])
  assert.equal(step(2, TO_EX, G1), [
    'p2 239.1.1.1 src 10.0.0.3 temp added_by_star_ex include 0',
    'p1 239.1.1.1 src 10.0.0.3 temp include 0',
    'p2 239.1.1.1 temp exclude 260',
    'p1 239.1.1.1 temp include 10.0.0.3/260 0',
  ])
  assert.equal(step(1, BLOCK, G1, 3).at(-1), 'p1 239.1.1.1 temp include 10.0.0.3/2 0')
  lab.world.run({ for: 3e9 })
  assert.equal(lab.mdb().length, 1)
  assert.equal(step(2, TO_IN, G1), ['p2 239.1.1.1 temp exclude 2'])
  lab.world.run({ for: 3e9 })
  assert.equal(step(1, TO_EX, G1, 3), [
    'p1 239.1.1.1 src 10.0.0.3 temp blocked include 0',
    'p1 239.1.1.1 temp exclude 10.0.0.3/0 260',
  ])
  assert.equal(step(1, IS_IN, G2, 2, 3).slice(0, 3), [
    'p1 239.1.1.2 src 10.0.0.3 temp include 0',
    'p1 239.1.1.2 src 10.0.0.2 temp include 0',
    'p1 239.1.1.2 temp include 10.0.0.3/260 10.0.0.2/260 0',
  ])
  assert.equal(step(1, TO_IN, G2, 2)[2], 'p1 239.1.1.2 temp include 10.0.0.3/2 10.0.0.2/260 0')
  lab.world.run({ for: 4e9 })
  assert.equal(step(1, IS_EX, G2, 9).slice(0, 2), [
    'p1 239.1.1.2 src 10.0.0.9 temp blocked include 0',
    'p1 239.1.1.2 temp exclude 10.0.0.9/0 260',
  ])
  assert.equal(step(1, TO_EX, G2, 8, 9).slice(0, 3), [
    'p1 239.1.1.2 src 10.0.0.8 temp include 0',
    'p1 239.1.1.2 src 10.0.0.9 temp blocked include 0',
    'p1 239.1.1.2 temp exclude 10.0.0.8/2 10.0.0.9/0 260',
  ])
  assert.equal(step(1, TO_IN, G2, 8)[2], 'p1 239.1.1.2 temp exclude 10.0.0.8/260 10.0.0.9/0 2')
  lab.world.run({ for: 3e9 })
  assert.match(lab.mdb()[1]!, /^p1 239\.1\.1\.2 temp include 10\.0\.0\.8\/25[67]/)
  checkBalance(lab.world)
})

test('version 3: asks for sources and groups with the queries recorded on 6.18', () => {
  const lab = new McLab(1, { mcastIgmpVersion: 3, mcastQuerier: 1 })
  lab.world.run({ for: 12e9 })
  const queries = (): string[] => {
    const out = lab.caps[0]!.seen.filter(f => f.in).map(f => hex(f.bytes.subarray(ETH_HLEN + 24)))
    lab.caps[0]!.seen.length = 0
    return out
  }
  queries()
  lab.report3(1, [ALLOW, G1, [ip(3)]])
  lab.report3(1, [BLOCK, G1, [ip(3)]])
  lab.world.run({ for: 0.9e9 })
  assert.equal(queries(), [], 'the first one comes with the retransmission timer')
  lab.world.run({ for: 2e9 })
  assert.equal(queries(), ['110af271ef010101027d00010a000003'])
  lab.report3(1, [TO_EX, G2, [ip(9)]])
  lab.report3(1, [TO_EX, G2, [ip(8), ip(9)]])
  lab.world.run({ for: 0.13e9 })
  lab.report3(1, [TO_IN, G2, [ip(8)]])
  const [bySource, byGroup] = queries()
  assert.equal([bySource!.slice(8), byGroup!.slice(8)], ['ef0101020a7d00010a000008', 'ef010102027d0000'])
  lab.world.run({ for: 1.2e9 })
  assert.equal(queries()[0]!.slice(8), 'ef0101020a7d0000', 'again, with the S flag')
})

test('version 3: keeps members of other sources out of an entry', () => {
  const lab = new McLab(4, { mcastIgmpVersion: 3, mcastQuerier: 1 })
  lab.world.run({ for: 12e9 })
  lab.report3(1, [ALLOW, G1, [ip(3)]])
  lab.report3(2, [ALLOW, G1, [ip(4)]])
  assert.equal([lab.reach(3, G1), lab.reach(4, G1)], [[1], [2]])
})

test('version 3: forwards by source', () => {
  const lab = new McLab(3, { mcastIgmpVersion: 3, mcastQuerier: 1 })
  lab.world.run({ for: 12e9 })
  lab.report3(1, [ALLOW, G1, [ip(3)]])
  assert.equal([lab.reach(3, G1), lab.reach(2, G1)], [[1], []])
  lab.report3(2, [TO_EX, G1, []])
  assert.equal([lab.reach(3, G1), lab.reach(1, G1)], [[1, 2], [2]])
  lab.report3(1, [BLOCK, G1, [ip(3)]])
  lab.world.run({ for: 3e9 })
  assert.equal([lab.reach(3, G1), lab.reach(1, G1)], [[2], [2]])
  lab.report3(1, [TO_EX, G1, [ip(3)]])
  assert.equal([lab.reach(3, G1), lab.reach(2, G1)], [[2], [1]])
})

test.run()
