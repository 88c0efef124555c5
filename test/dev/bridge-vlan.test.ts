/**
 * Bridges with VLAN filtering. The reference kernel is built without it: expectations are rules of IEEE 802.1Q and of the
 * kernel's source (net/bridge/br_vlan.c), named in each test, and a model of them.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { capture } from '../../lib/capture/tap.js'
import type { NetDevice } from '../../lib/core/netdev.js'
import type { BridgeInfo } from '../../lib/dev/bridge/br-netlink.js'
import { NTF_MASTER, NUD_NOARP, NUD_PERMANENT } from '../../lib/ip/rtnetlink.js'
import { bridgeVlanAdd, bridgeVlanDel, bridgeVlanList, bridgeVlanSet } from '../../lib/rtnl/bridge-vlan.js'
import { fdbAdd, fdbDel, fdbFlush, fdbList } from '../../lib/rtnl/fdb.js'
import { linkAdd, linkInfo, linkSet } from '../../lib/rtnl/link.js'
import { mdbAdd, mdbDel, mdbList } from '../../lib/rtnl/mdb.js'
import { BROADCAST, checkBalance, frame, hostMac, Lab, portMac, send } from './lab.js'

const test = suite('dev/bridge-vlan')

const C_TAG = 0x8100
const S_TAG = 0x88a8

const filtering = (hosts: number, attrs: object = {}): Lab =>
  new Lab(hosts, { mcastSnooping: 0, vlanFiltering: 1, ...attrs })

type Tag = readonly [type: number, tci: number]

const tagged = (octets: Uint8Array, ...tags: readonly Tag[]): Uint8Array => {
  const words = tags.flatMap(([type, tci]) => [type >> 8, type & 255, tci >> 8, tci & 255])
  return new Uint8Array([...octets.subarray(0, 12), ...words, ...octets.subarray(12)])
}

/** Tags and payload of a frame: `C10p0 text`. */
const describe = (b: Uint8Array): string => {
  let at = 12
  let text = ''
  for (; ((b[at]! << 8) | b[at + 1]!) === C_TAG || ((b[at]! << 8) | b[at + 1]!) === S_TAG; at += 4)
    text += `${b[at] === 0x81 ? 'C' : 'S'}${((b[at + 2]! & 15) << 8) | b[at + 3]!}p${b[at + 2]! >> 5} `
  return text + new TextDecoder().decode(b.subarray(at + 2))
}

/** What devices receive from now on; `take` forgets it. Reads the frames with their tags, as libpcap shows them. */
const ears = (devices: readonly NetDevice[]): { take: () => string[][] } => {
  let seen = devices.map((): string[] => [])
  for (const [i, dev] of devices.entries())
    capture(dev, { promisc: false, direction: 'in', onFrame: f => void seen[i]!.push(describe(f.data)) })
  return {
    take: () => {
      const taken = seen
      seen = devices.map(() => [])
      return taken
    },
  }
}

const access = (lab: Lab, i: number, vid: number): void => {
  bridgeVlanDel(lab.sw, { dev: lab.ports[i - 1]!, vid: 1 })
  bridgeVlanAdd(lab.sw, { dev: lab.ports[i - 1]!, vid, pvid: true, untagged: true })
}

const trunk = (lab: Lab, i: number, vid: number, vidEnd?: number): void =>
  bridgeVlanAdd(lab.sw, { dev: lab.ports[i - 1]!, vid, ...(vidEnd === undefined ? {} : { vidEnd }) })

const say = (lab: Lab, i: number, dst: number, text: string, ...tags: readonly Tag[]): void => {
  send(lab.hosts[i - 1]!, tagged(frame(dst, hostMac(i), text), ...tags))
}

const vlansOf = (lab: Lab, dev: NetDevice): string[] =>
  bridgeVlanList(lab.sw, dev).map(v => `${v.vid}${v.pvid ? ' pvid' : ''}${v.untagged ? ' untagged' : ''}`)

const entries = (lab: Lab): string[] =>
  fdbList(lab.sw, { br: lab.br })
    .filter(f => f.master !== null)
    .map(f => `${f.dev.name} ${f.lladdr.toString(16).padStart(12, '0')}${f.vlan === 0 ? '' : ` vlan ${f.vlan}`}`)

test('a bridge has no VLANs until they are asked for, then those that it would have had (DIFFERS in br-vlan.ts)', () => {
  const lab = new Lab(2)
  assert.equal([bridgeVlanList(lab.sw), entries(lab).some(e => e.includes('vlan'))], [[], false])
  assert.is('vlanProtocol' in linkInfo(lab.br).attrs, false)
  linkSet(lab.br, { kind: 'bridge', attrs: { vlanFiltering: 0 } })
  assert.equal(bridgeVlanList(lab.sw), [])
  linkSet(lab.br, { kind: 'bridge', attrs: { vlanFiltering: 1 } })
  assert.equal(
    [lab.br, ...lab.ports].map(dev => vlansOf(lab, dev)),
    [['1 pvid untagged'], ['1 pvid untagged'], ['1 pvid untagged']],
  )
  const info = linkInfo(lab.br).attrs as BridgeInfo
  assert.equal([info.vlanFiltering, info.vlanProtocol, info.vlanDefaultPvid], [1, C_TAG, 1])
  // fdb_add_local for every VLAN of a device, the newest entry first.
  assert.equal(entries(lab), [
    'br0 02000000f000 vlan 1',
    'br0 02000000f000',
    'p1 02000000f001 vlan 1',
    'p1 02000000f001',
    'p2 02000000f002 vlan 1',
    'p2 02000000f002',
  ])
  const extra = linkAdd(lab.sw, { kind: 'veth', name: 'q' })
  linkSet(extra, { master: lab.br })
  assert.equal(vlansOf(lab, extra), ['1 pvid untagged'])
  linkSet(extra, { master: null })
  assert.equal(vlansOf(lab, extra), [])
})

test('access ports of two VLANs do not hear one another; a trunk hears both, tagged (br_allowed_ingress, br_handle_vlan)', () => {
  const lab = filtering(5)
  for (const [i, vid] of [10, 10, 20, 20].entries()) access(lab, i + 1, vid)
  trunk(lab, 5, 10, 20)
  const e = ears(lab.hosts)
  say(lab, 1, BROADCAST, 'ten')
  assert.equal(e.take(), [[], ['ten'], [], [], ['C10p0 ten']])
  say(lab, 3, BROADCAST, 'twenty')
  assert.equal(e.take(), [[], [], [], ['twenty'], ['C20p0 twenty']])
  say(lab, 5, BROADCAST, 'from trunk', [C_TAG, 20])
  assert.equal(e.take(), [[], [], ['from trunk'], ['from trunk'], []])
  say(lab, 5, BROADCAST, 'native')
  assert.equal(e.take(), [[], [], [], [], []])
  say(lab, 5, BROADCAST, 'unknown', [C_TAG, 21])
  assert.equal(e.take(), [[], [], [], [], []])
  // The last one, and the bridge's own host is no member of 10 and 20.
  const filtered = lab.world.drops().filter(d => d.reason === 'VLAN_FILTERED')
  assert.is(
    filtered.reduce((sum, d) => sum + d.count, 0),
    4,
  )
  checkBalance(lab.world)
})

test('a frame with a priority only takes the VLAN of the port and keeps its priority, IEEE 802.1Q 6.9.1', () => {
  const lab = filtering(3)
  access(lab, 1, 10)
  trunk(lab, 2, 10)
  bridgeVlanDel(lab.sw, { dev: lab.ports[2]!, vid: 1 })
  bridgeVlanAdd(lab.sw, { dev: lab.ports[2]!, vid: 10, untagged: true })
  const e = ears(lab.hosts)
  say(lab, 1, BROADCAST, 'p5', [C_TAG, 0xa000])
  assert.equal(e.take(), [[], ['C10p5 p5'], ['p5']])
})

test('without a pvid a port lets only tagged frames in; without untagged it sends tagged', () => {
  const lab = filtering(2)
  bridgeVlanAdd(lab.sw, { dev: lab.ports[0]!, vid: 1 })
  const e = ears(lab.hosts)
  assert.equal(vlansOf(lab, lab.ports[0]!), ['1'])
  say(lab, 1, BROADCAST, 'none')
  say(lab, 1, BROADCAST, 'one', [C_TAG, 1])
  say(lab, 2, BROADCAST, 'back')
  assert.equal(e.take(), [['C1p0 back'], ['one']])
})

test('a tag of the other protocol is payload: the frame belongs to the VLAN of the port (vlan_insert_tag_set_proto)', () => {
  const lab = filtering(3)
  access(lab, 1, 10)
  trunk(lab, 2, 10)
  access(lab, 3, 10)
  const e = ears(lab.hosts)
  say(lab, 1, BROADCAST, 'other', [S_TAG, 0x2005])
  assert.equal(e.take(), [[], ['C10p0 S5p1 other'], ['S5p1 other']])
})

test('with vlan_protocol 802.1ad it goes by service tags, and customer tags pass inside (br_vlan_set_proto)', () => {
  const lab = filtering(3, { vlanProtocol: S_TAG })
  access(lab, 1, 100)
  trunk(lab, 2, 100)
  const e = ears(lab.hosts)
  say(lab, 1, BROADCAST, 'customer', [C_TAG, 7])
  assert.equal(e.take(), [[], ['S100p0 C7p0 customer'], []])
  say(lab, 2, BROADCAST, 'back', [S_TAG, 100], [C_TAG, 7])
  assert.equal(e.take(), [['C7p0 back'], [], []])
  // Provider bridges hand on what is for customers' bridges, and have a group address of their own.
  assert.is((linkInfo(lab.br).attrs as BridgeInfo).groupAddress, 0x0180c2000008)
  say(lab, 1, 0x0180c200000d, 'mvrp')
  say(lab, 1, 0x0180c200000e, 'lldp')
  assert.equal(e.take(), [[], ['S100p0 mvrp'], []])
  linkSet(lab.br, { kind: 'bridge', attrs: { vlanProtocol: C_TAG } })
  assert.is((linkInfo(lab.br).attrs as BridgeInfo).groupAddress, 0x0180c2000000)
})

test('learns in each VLAN by itself: the same address in two VLANs is two stations (IEEE 802.1Q 8.8, br_fdb_update)', () => {
  const lab = filtering(4)
  access(lab, 1, 10)
  access(lab, 2, 20)
  trunk(lab, 3, 10)
  trunk(lab, 3, 20)
  trunk(lab, 4, 10, 20)
  const same = 0x020000000099
  send(lab.hosts[0]!, frame(BROADCAST, same, 'a'))
  send(lab.hosts[1]!, frame(BROADCAST, same, 'b'))
  assert.equal(
    entries(lab).filter(x => x.includes('99')),
    ['p1 020000000099 vlan 10', 'p2 020000000099 vlan 20'],
  )
  const e = ears(lab.hosts)
  say(lab, 3, same, 'to ten', [C_TAG, 10])
  say(lab, 3, same, 'to twenty', [C_TAG, 20])
  assert.equal(e.take(), [['to ten'], ['to twenty'], [], []])
})

test("the bridge's own host hears the VLANs that it is a member of, and sends by its pvid (br_pass_frame_up, br_dev_xmit)", () => {
  const lab = filtering(2)
  access(lab, 1, 10)
  const e = ears([lab.br])
  say(lab, 1, BROADCAST, 'ten')
  say(lab, 2, BROADCAST, 'one')
  assert.equal(e.take(), [['one']])
  bridgeVlanAdd(lab.sw, { dev: lab.br, vid: 10, self: true })
  say(lab, 1, BROADCAST, 'ten')
  assert.equal(e.take(), [['C10p0 ten']])
  bridgeVlanAdd(lab.sw, { dev: lab.br, vid: 10, self: true, untagged: true, pvid: true })
  say(lab, 1, BROADCAST, 'ten')
  assert.equal(e.take(), [['ten']])
  const h = ears(lab.hosts)
  send(lab.br, frame(BROADCAST, lab.br.addr, 'down'))
  assert.equal(h.take(), [['down'], []])
  bridgeVlanDel(lab.sw, { dev: lab.br, vid: 10, self: true })
  send(lab.br, frame(BROADCAST, lab.br.addr, 'nowhere'))
  assert.equal(h.take(), [[], []])
  checkBalance(lab.world)
})

test('a VLAN device on the bridge is the host of one VLAN (router on a stick)', () => {
  const lab = filtering(2)
  access(lab, 1, 10)
  access(lab, 2, 20)
  bridgeVlanAdd(lab.sw, { dev: lab.br, vid: 10, vidEnd: 20, self: true })
  const [v10, v20] = [10, 20].map(id => linkAdd(lab.sw, { kind: 'vlan', name: `v${id}`, link: lab.br, attrs: { id } }))
  for (const dev of [v10!, v20!]) linkSet(dev, { up: true })
  const e = ears([v10!, v20!, ...lab.hosts])
  say(lab, 1, lab.br.addr, 'for ten')
  say(lab, 2, BROADCAST, 'for twenty')
  send(v20!, frame(hostMac(2), lab.br.addr, 'answer'))
  assert.equal(e.take(), [['for ten'], ['for twenty'], [], ['answer']])
  checkBalance(lab.world)
})

test('the state of a port within a VLAN decides there, while it forwards (br_vlan_state_allowed)', () => {
  const lab = filtering(3)
  trunk(lab, 1, 10)
  trunk(lab, 2, 10)
  const e = ears(lab.hosts)
  const set = (state: number): void => bridgeVlanSet(lab.sw, { dev: lab.ports[0]!, vid: 10, state })
  set(4)
  say(lab, 1, BROADCAST, 'blocked', [C_TAG, 10])
  say(lab, 2, BROADCAST, 'not out', [C_TAG, 10])
  say(lab, 1, BROADCAST, 'one')
  assert.equal(e.take(), [[], ['one'], ['one']])
  set(2)
  say(lab, 1, BROADCAST, 'learned', [C_TAG, 10])
  assert.equal(e.take(), [[], [], []])
  assert.ok(entries(lab).includes(`p1 ${hostMac(1).toString(16).padStart(12, '0')} vlan 10`))
  set(3)
  say(lab, 1, BROADCAST, 'on', [C_TAG, 10])
  assert.equal(e.take(), [[], ['C10p0 on'], []])
})

test('memberships: flags change by adding again, one pvid at most, deleting what is none is no error (nbp_vlan_add)', () => {
  const lab = filtering(1)
  const [p1] = lab.ports
  bridgeVlanAdd(lab.sw, { dev: p1!, vid: 5, pvid: true })
  assert.equal(vlansOf(lab, p1!), ['1 untagged', '5 pvid'])
  bridgeVlanAdd(lab.sw, { dev: p1!, vid: 5, untagged: true })
  assert.equal(vlansOf(lab, p1!), ['1 untagged', '5 untagged'])
  bridgeVlanAdd(lab.sw, { dev: p1!, vid: 7, vidEnd: 9 })
  bridgeVlanDel(lab.sw, { dev: p1!, vid: 1, vidEnd: 8 })
  assert.equal(vlansOf(lab, p1!), ['9'])
  bridgeVlanDel(lab.sw, { dev: p1!, vid: 4094 })
  assert.equal(vlansOf(lab, lab.br), ['1 pvid untagged'])
})

test('refuses what the kernel refuses, in its words, and stays without VLANs then (br_vlan_valid_id, br_vlan_valid_range)', () => {
  const lab = new Lab(1)
  const { sw, br } = lab
  const [p1] = lab.ports
  const other = linkAdd(sw, { kind: 'veth', name: 'q' })
  assert.throws(() => bridgeVlanAdd(sw, { dev: p1!, vid: 0 }), /^bridge: Vlan id is invalid$/)
  assert.throws(() => bridgeVlanAdd(sw, { dev: p1!, vid: 4095 }), /^bridge: Vlan id is invalid$/)
  assert.throws(() => bridgeVlanAdd(sw, { dev: p1!, vid: 5, vidEnd: 4 }), /less than or equal to start vlan id$/)
  assert.throws(() => bridgeVlanAdd(sw, { dev: p1!, vid: 5, vidEnd: 6, pvid: true }), /^bridge: Pvid isn't allowed/)
  assert.throws(() => bridgeVlanDel(sw, { dev: p1!, vid: 4095 }), /^Invalid argument$/)
  assert.throws(() => bridgeVlanAdd(sw, { dev: other, vid: 5 }), /^Operation not supported$/)
  assert.throws(() => bridgeVlanAdd(sw, { dev: br, vid: 5 }), /^Operation not supported$/)
  assert.throws(() => bridgeVlanAdd(sw, { dev: p1!, vid: 5, self: true }), /^Operation not supported$/)
  assert.throws(() => bridgeVlanSet(sw, { dev: other, vid: 5, state: 3 }), /not a valid bridge or bridge port$/)
  assert.equal(bridgeVlanList(sw), [])
  assert.throws(() => bridgeVlanSet(sw, { dev: p1!, vid: 5, state: 3 }), /Vlan range start doesn't exist/)
  bridgeVlanAdd(sw, { dev: p1!, vid: 5 })
  assert.throws(() => bridgeVlanSet(sw, { dev: p1!, vid: 5, vidEnd: 6, state: 3 }), /Vlan range end doesn't exist/)
  assert.throws(() => bridgeVlanSet(sw, { dev: p1!, vid: 5, state: 5 }), /^bridge: Invalid vlan state$/)
})

test('vlan_default_pvid moves what users have not changed, 0 takes it away (__br_vlan_set_default_pvid)', () => {
  const lab = filtering(3)
  const [p1, p2, p3] = lab.ports
  access(lab, 1, 7)
  bridgeVlanAdd(lab.sw, { dev: p2!, vid: 9 })
  const set = (vlanDefaultPvid: number): void => linkSet(lab.br, { kind: 'bridge', attrs: { vlanDefaultPvid } })
  set(9)
  assert.equal(
    [lab.br, p1!, p2!, p3!].map(dev => vlansOf(lab, dev)),
    [['9 pvid untagged'], ['7 pvid untagged'], ['1 pvid untagged', '9'], ['9 pvid untagged']],
  )
  set(0)
  assert.equal(
    [lab.br, p1!, p2!, p3!].map(dev => vlansOf(lab, dev)),
    [[], ['7 pvid untagged'], ['1 pvid untagged', '9'], []],
  )
  const e = ears(lab.hosts)
  say(lab, 3, BROADCAST, 'nowhere')
  assert.equal(e.take(), [[], [], []])
})

test('vlan_default_pvid and vlan_protocol of a bridge without VLANs are kept for when it has some', () => {
  const lab = new Lab(1)
  linkSet(lab.br, { kind: 'bridge', attrs: { vlanDefaultPvid: 33, vlanProtocol: S_TAG } })
  assert.equal(bridgeVlanList(lab.sw), [])
  linkSet(lab.br, { kind: 'bridge', attrs: { vlanFiltering: 1 } })
  assert.equal(vlansOf(lab, lab.ports[0]!), ['33 pvid untagged'])
  assert.is((linkInfo(lab.br).attrs as BridgeInfo).vlanProtocol, S_TAG)
})

test('without VLAN filtering memberships mean nothing, and turning it off lets everything through again', () => {
  const lab = filtering(3)
  access(lab, 1, 10)
  access(lab, 2, 20)
  linkSet(lab.br, { kind: 'bridge', attrs: { vlanFiltering: 0 } })
  const e = ears(lab.hosts)
  say(lab, 1, BROADCAST, 'all')
  say(lab, 1, BROADCAST, 'tag', [C_TAG, 77])
  assert.equal(e.take(), [[], ['all', 'C77p0 tag'], ['all', 'C77p0 tag']])
  linkSet(lab.br, { kind: 'bridge', attrs: { vlanFiltering: 1 } })
  say(lab, 1, BROADCAST, 'ten')
  assert.equal(e.take(), [[], [], []])
})

test('counts each VLAN when asked to, for all ports together or for each (br_vlan_set_stats)', () => {
  const lab = filtering(2, { vlanStatsEnabled: 1 })
  const [p1, p2] = lab.ports
  say(lab, 1, BROADCAST, '12345')
  const shared = bridgeVlanList(lab.sw, p1!)[0]!
  // In by p1, out by p2 and up to the host: octets without the Ethernet header.
  assert.equal([shared.rxPackets, shared.rxBytes, shared.txPackets, shared.txBytes], [1, 5, 2, 10])
  assert.equal(bridgeVlanList(lab.sw, p2!)[0]!.txPackets, 2)
  const set = (attrs: object) => () => linkSet(lab.br, { kind: 'bridge', attrs })
  assert.throws(set({ vlanStatsPerPort: 1 }), /^Device or resource busy$/)
  assert.throws(set({ vlanStatsEnabled: 2 }), /^Invalid argument$/)
  const own = new Lab(2, { mcastSnooping: 0, vlanStatsEnabled: 1, vlanStatsPerPort: 1, vlanFiltering: 1 })
  say(own, 1, BROADCAST, '12345')
  const [a, b] = own.ports.map(p => bridgeVlanList(own.sw, p)[0]!)
  assert.equal([a!.rxPackets, a!.txPackets, b!.rxPackets, b!.txPackets], [1, 0, 0, 1])
})

test('entries of users are for one VLAN, or for none and all of the port (br_fdb_add, br_fdb_delete)', () => {
  const lab = filtering(2)
  const [p1] = lab.ports
  bridgeVlanAdd(lab.sw, { dev: p1!, vid: 10 })
  const request = { dev: p1!, lladdr: 0x0200000000aa, state: NUD_NOARP, flags: NTF_MASTER }
  const found = (): string[] => entries(lab).filter(x => x.includes('0000aa'))
  fdbAdd(lab.sw, { ...request, vlan: 10 })
  assert.equal(found(), ['p1 0200000000aa vlan 10'])
  assert.throws(() => fdbAdd(lab.sw, { ...request, vlan: 11 }), /^Invalid argument$/)
  fdbDel(lab.sw, { ...request, vlan: 10 })
  fdbAdd(lab.sw, request)
  assert.equal(found(), ['p1 0200000000aa vlan 10', 'p1 0200000000aa vlan 1', 'p1 0200000000aa'])
  fdbFlush(lab.sw, { dev: p1!, target: NTF_MASTER, vlan: 10 })
  assert.equal(found(), ['p1 0200000000aa vlan 1', 'p1 0200000000aa'])
  fdbDel(lab.sw, request)
  assert.equal(found(), [])
  assert.throws(() => fdbDel(lab.sw, { ...request, state: NUD_PERMANENT }), /^No such file or directory$/)
})

test('leaving a VLAN forgets what was learned there, and the local address (nbp_vlan_delete)', () => {
  const lab = filtering(2)
  trunk(lab, 1, 10)
  say(lab, 1, BROADCAST, 'x1', [C_TAG, 10])
  say(lab, 1, BROADCAST, 'x2')
  const of1 = (): string[] => entries(lab).filter(x => x.startsWith('p1'))
  const own = portMac(1).toString(16).padStart(12, '0')
  const host = hostMac(1).toString(16).padStart(12, '0')
  assert.equal(of1(), [`p1 ${host} vlan 1`, `p1 ${host} vlan 10`, `p1 ${own} vlan 10`, `p1 ${own} vlan 1`, `p1 ${own}`])
  bridgeVlanDel(lab.sw, { dev: lab.ports[0]!, vid: 10 })
  assert.equal(of1(), [`p1 ${host} vlan 1`, `p1 ${own} vlan 1`, `p1 ${own}`])
})

test('a new address of a port or of the bridge is entered in all its VLANs (br_fdb_changeaddr, br_fdb_change_mac_address)', () => {
  const lab = filtering(1)
  const [p1] = lab.ports
  bridgeVlanAdd(lab.sw, { dev: p1!, vid: 10 })
  bridgeVlanAdd(lab.sw, { dev: lab.br, vid: 20, self: true })
  linkSet(p1!, { address: 0x020000000077 })
  linkSet(lab.br, { address: 0x020000000088 })
  assert.equal(entries(lab).sort(), [
    'br0 020000000088',
    'br0 020000000088 vlan 1',
    'br0 020000000088 vlan 20',
    'p1 020000000077',
    'p1 020000000077 vlan 1',
    'p1 020000000077 vlan 10',
  ])
})

test('groups are kept for each VLAN (br_multicast_rcv, br_mdb_add)', () => {
  const lab = new Lab(3, { vlanFiltering: 1, mcastQuerier: 1 })
  const [p1] = lab.ports
  trunk(lab, 1, 10)
  const spec = { br: lab.br, port: p1!, group: 0xef010101 | 0, permanent: true }
  mdbAdd(lab.sw, { ...spec, vid: 10 })
  const found = (): number[] => mdbList(lab.sw, lab.br).entries.map(m => m.vid)
  assert.equal(found(), [10])
  mdbDel(lab.sw, { ...spec, vid: 10 })
  mdbAdd(lab.sw, spec)
  assert.equal(found().sort(), [1, 10], 'without a VLAN: all of the port')
  mdbDel(lab.sw, spec)
  assert.equal(found(), [])
  assert.throws(() => mdbAdd(lab.sw, { ...spec, vid: 4095 }), /^Invalid entry VLAN id$/)
})

// ---- a model of IEEE 802.1Q bridges

interface Member {
  readonly vid: number
  readonly untagged: boolean
}
interface PortModel {
  readonly pvid: number
  readonly members: readonly Member[]
}

const VIDS = [1, 2, 10, 4094]

const portModel: fc.Arbitrary<PortModel> = fc
  .record({
    members: fc.uniqueArray(fc.record({ vid: fc.constantFrom(...VIDS), untagged: fc.boolean() }), {
      selector: m => m.vid,
      maxLength: 4,
    }),
    pvidAt: fc.integer({ min: -1, max: 3 }),
  })
  .map(({ members, pvidAt }) => ({ members, pvid: members[pvidAt]?.vid ?? 0 }))

/** Which station of 0x02:..:a0+n sends to which (4: everybody) by which port, and with what tag (-1: none). */
const said = fc.record({
  port: fc.nat(2),
  src: fc.nat(3),
  dst: fc.nat(4),
  vid: fc.constantFrom(-1, 0, ...VIDS, 77),
  prio: fc.nat(7),
})

const station = (n: number): number => (n === 4 ? BROADCAST : 0x0200000000a0 + n)

test('delivers exactly what a model of IEEE 802.1Q delivers: nothing leaks between VLANs, nothing is lost', () => {
  fc.assert(
    fc.property(fc.tuple(portModel, portModel, portModel), fc.array(said, { maxLength: 25 }), (ports, words) => {
      const lab = filtering(3, { vlanDefaultPvid: 0 })
      for (const [i, { members, pvid }] of ports.entries())
        for (const { vid, untagged } of members)
          bridgeVlanAdd(lab.sw, { dev: lab.ports[i]!, vid, untagged, pvid: vid === pvid })
      const e = ears(lab.hosts)
      const learned = new Map<string, number>()
      for (const [n, { port, src, dst, vid: tag, prio }] of words.entries()) {
        const text = `frame ${n}`
        const octets = frame(station(dst), station(src), text)
        send(lab.hosts[port]!, tag < 0 ? octets : tagged(octets, [C_TAG, (prio << 13) | tag]))
        const vid = tag > 0 ? tag : ports[port]!.pvid
        const isMember = (i: number): boolean => ports[i]!.members.some(m => m.vid === vid)
        const expected = ports.map((): string[] => [])
        if (vid !== 0 && isMember(port)) {
          learned.set(`${vid} ${src}`, port)
          const known = learned.get(`${vid} ${dst}`)
          for (const i of ports.keys()) {
            if (i === port || !isMember(i) || (known !== undefined && known !== i)) continue
            const { untagged } = ports[i]!.members.find(m => m.vid === vid)!
            expected[i]!.push(untagged ? text : `C${vid}p${tag < 0 ? 0 : prio} ${text}`)
          }
        }
        assert.equal(e.take(), expected, JSON.stringify({ ports, words: words.slice(0, n + 1) }))
      }
      checkBalance(lab.world)
    }),
    { numRuns: 150 },
  )
})

test('100,000 frames with all kinds of tags, right and wrong: everything ends somewhere', () => {
  const lab = new Lab(4, { mcastSnooping: 1, vlanFiltering: 1, vlanStatsEnabled: 1 })
  trunk(lab, 1, 2, 100)
  access(lab, 2, 10)
  bridgeVlanAdd(lab.sw, { dev: lab.br, vid: 2, vidEnd: 50, self: true })
  const v10 = linkAdd(lab.sw, { kind: 'vlan', name: 'v10', link: lab.br, attrs: { id: 10 } })
  const h1v = linkAdd(lab.hosts[0]!.netns, { kind: 'vlan', name: 'v', link: lab.hosts[0]!, attrs: { id: 10 } })
  linkSet(v10, { up: true })
  linkSet(h1v, { up: true })
  let x = 7
  const rnd = (below: number): number => {
    x = (Math.imul(x, 1664525) + 1013904223) | 0
    return (x >>> 8) % below
  }
  const types = [C_TAG, C_TAG, C_TAG, S_TAG, 0x9100, 0x0800, 0x0806, 0x88b5, 40, 0x86dd]
  for (let n = 0; n < 100_000; n++) {
    const dst = [BROADCAST, hostMac(1 + rnd(4)), lab.br.addr, 0x01005e010101, 0x0180c2000000 + rnd(16), portMac(1)][
      rnd(6)
    ]!
    const tags = Array.from({ length: rnd(4) }, (): Tag => [types[rnd(5)]!, rnd(3) === 0 ? rnd(65536) : rnd(12)])
    const body = new Uint8Array(rnd(40)).map(() => rnd(256))
    const octets = tagged(frame(dst, hostMac(1 + rnd(5)), body, types[rnd(types.length)]!), ...tags)
    const from = [...lab.hosts, lab.br, v10, h1v][rnd(7)]!
    send(from, rnd(20) === 0 ? octets.subarray(0, 14 + rnd(octets.length - 13)) : octets)
    if (n % 5000 === 0) {
      linkSet(lab.br, {
        kind: 'bridge',
        attrs: { vlanFiltering: Number(rnd(4) !== 0), vlanProtocol: types[2 + rnd(2)]! },
      })
      lab.world.run({ for: 1e9 })
      checkBalance(lab.world)
    }
  }
  lab.world.run({ for: 1e9 })
  checkBalance(lab.world)
  assert.is(lab.world.skbs.live, 0)
})

test.run()
