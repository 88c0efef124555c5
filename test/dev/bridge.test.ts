import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetloomError } from '../../lib/errors.js'
import { linkAdd, linkDel, linkInfo, linkSet } from '../../lib/rtnl/link.js'
import type { BridgeInfo, BridgePortInfo } from '../../lib/dev/bridge/br-netlink.js'
import { NUD_NOARP, NUD_PERMANENT } from '../../lib/ip/rtnetlink.js'
import { fdbAdd } from '../../lib/rtnl/fdb.js'
import { BROADCAST, Capture, checkBalance, frame, hostMac, Lab, mac, newWorld, portMac, send } from './lab.js'

const test = suite('dev/bridge')

const info = (lab: Lab): BridgeInfo => linkInfo(lab.br).attrs as BridgeInfo
const portInfo = (lab: Lab, i: number): BridgePortInfo => linkInfo(lab.ports[i - 1]!).slaveAttrs as BridgePortInfo
const captures = (lab: Lab): Capture[] => lab.hosts.map(h => new Capture(h))
const NTF_MASTER = 4

test('floods what it does not know, learns, then sends to one port (br_handle_frame_finish)', () => {
  const lab = new Lab(3)
  const caps = captures(lab)
  lab.say(1, hostMac(2), 'a')
  assert.equal(
    caps.map(c => c.texts()),
    [['>a'], ['<a'], ['<a']],
  )
  lab.say(2, hostMac(1), 'b')
  lab.say(1, hostMac(2), 'c')
  assert.equal(
    caps.map(c => c.texts()),
    [['<b', '>c'], ['>b', '<c'], []],
  )
  checkBalance(lab.world)
})

test('floods to the newest port first (list_add_rcu in br_add_if)', () => {
  const lab = new Lab(4)
  const order: string[] = []
  for (const h of lab.hosts.slice(1)) {
    const cap = new Capture(h)
    cap.tap = () => order.push(h.netns.name)
  }
  lab.say(1, BROADCAST, 'x')
  assert.equal(order, ['h4', 'h3', 'h2'])
})

test('never sends a frame back without hairpin, and with it to the sender too', () => {
  const lab = new Lab(2)
  const [c1] = captures(lab)
  lab.say(1, BROADCAST, 'a')
  lab.say(1, hostMac(1), 'self')
  assert.equal(c1!.texts(), ['>a', '>self'])
  linkSet(lab.ports[0]!, { slaveAttrs: { hairpin: true } })
  lab.say(1, BROADCAST, 'b')
  lab.say(1, hostMac(1), 'self')
  assert.equal(c1!.texts(), ['>b', '<b', '>self', '<self'])
})

test('sends nothing between isolated ports, everything between them and others (br_skb_isolated)', () => {
  const lab = new Lab(3)
  const caps = captures(lab)
  for (const i of [0, 1]) linkSet(lab.ports[i]!, { slaveAttrs: { isolated: true } })
  lab.say(1, BROADCAST, 'a')
  lab.say(2, hostMac(1), 'b')
  lab.say(3, BROADCAST, 'c')
  assert.equal(
    caps.map(c => c.texts()),
    [
      ['>a', '<c'],
      ['>b', '<c'],
      ['<a', '>c'],
    ],
  )
  checkBalance(lab.world)
})

test('leaves ports out of floods by type of frame, but not what its own host sends (br_flood)', () => {
  const lab = new Lab(2)
  const [, c2] = captures(lab)
  const group = mac('01:00:5e:01:01:01')
  linkSet(lab.ports[1]!, { slaveAttrs: { flood: false, mcastFlood: false, bcastFlood: false } })
  lab.say(1, hostMac(9), 'unicast')
  lab.say(1, group, 'multicast')
  lab.say(1, BROADCAST, 'broadcast')
  assert.equal(c2!.texts(), [])
  send(lab.br, frame(group, lab.br.addr, 'own multicast'))
  send(lab.br, frame(BROADCAST, lab.br.addr, 'own broadcast'))
  send(lab.br, frame(hostMac(9), lab.br.addr, 'own unicast'))
  assert.equal(c2!.texts(), ['<own multicast', '<own broadcast'])
  checkBalance(lab.world)
})

test('learns nothing with learning off, and nothing at all without ageing time (br_fdb_update)', () => {
  const lab = new Lab(3)
  linkSet(lab.ports[0]!, { slaveAttrs: { learning: false } })
  const c3 = new Capture(lab.hosts[2]!)
  lab.say(1, BROADCAST, 'a')
  lab.say(2, hostMac(1), 'b')
  assert.equal(c3.texts(), ['<a', '<b'])
  linkSet(lab.br, { attrs: { ageingTime: 0 } })
  lab.say(2, BROADCAST, 'c')
  lab.say(3, hostMac(2), 'd')
  assert.is(info(lab).fdbNLearned, 0)
})

test('delivers frames for its own and its ports addresses to its host and does not flood them (br_pass_frame_up)', () => {
  const lab = new Lab(2)
  const [, c2] = captures(lab)
  const own = new Capture(lab.br)
  lab.say(1, lab.br.addr, 'for br0')
  lab.say(1, portMac(1), 'for p1')
  lab.say(1, portMac(2), 'for p2')
  assert.equal(own.texts(), ['<for br0', '<for p1', '<for p2'])
  assert.equal(c2!.texts(), [])
  const { rxPackets, rxBytes } = linkInfo(lab.br).stats
  assert.equal([rxPackets, rxBytes], [3, 7 + 6 + 6])
  // A frame for another port's address is not for the host: it is of type OTHERHOST.
  assert.equal(
    lab.sw.drops().map(d => [d.reason, d.count]),
    [
      ['UNHANDLED_PROTO', 2],
      ['OTHERHOST', 1],
    ],
  )
  checkBalance(lab.world)
})

test('shows its host every frame when promiscuous, otherwise only floods and its own (IFF_PROMISC)', () => {
  const lab = new Lab(2)
  lab.say(1, BROADCAST, 'x')
  lab.say(2, BROADCAST, 'x')
  const own = new Capture(lab.br)
  lab.say(1, hostMac(2), 'between')
  lab.say(1, hostMac(7), 'unknown')
  lab.say(1, BROADCAST, 'all')
  assert.equal(own.texts(), ['<all'])
  linkSet(lab.br, { promisc: true })
  lab.say(1, hostMac(2), 'between')
  lab.say(1, hostMac(7), 'unknown')
  assert.equal(own.texts(), ['<between', '<unknown'])
  checkBalance(lab.world)
})

test('keeps link-local groups on the port, drops pause frames, lets group_fwd_mask pass some (br_handle_frame)', () => {
  const lab = new Lab(2)
  const [, c2] = captures(lab)
  const group = (n: number): number => 0x0180c2000000 + n
  for (const n of [0, 1, 2, 14, 16]) lab.say(1, group(n), String(n))
  assert.equal(c2!.texts(), ['<0', '<16'], 'the bridges own group is forwarded without STP')
  linkSet(lab.br, { attrs: { groupFwdMask: 0x4000 } })
  linkSet(lab.ports[0]!, { slaveAttrs: { groupFwdMask: 4 } })
  for (const n of [1, 2, 3, 14]) lab.say(1, group(n), String(n))
  assert.equal(c2!.texts(), ['<2', '<14'])
  assert.throws(() => linkSet(lab.br, { attrs: { groupFwdMask: 1 } }), /^Invalid argument$/)
  assert.throws(() => linkSet(lab.ports[0]!, { slaveAttrs: { groupFwdMask: 2 } }), /^Invalid argument$/)
  checkBalance(lab.world)
})

test('drops frames whose source is a group address or zero (MAC_INVALID_SOURCE)', () => {
  const lab = new Lab(2)
  lab.say(1, hostMac(2), 'a', BROADCAST)
  lab.say(1, hostMac(2), 'b', 0)
  assert.equal(
    lab.sw.drops().map(d => [d.reason, d.dev, d.count]),
    [['MAC_INVALID_SOURCE', 'p1', 2]],
  )
})

test('drops what is longer than the outgoing port takes, silently (is_skb_forwardable)', () => {
  const lab = new Lab(2)
  const [, c2] = captures(lab)
  linkSet(lab.ports[1]!, { mtu: 1000 })
  assert.is(lab.br.mtu, 1000, 'the MTU follows the smallest port')
  send(lab.hosts[0]!, frame(hostMac(2), hostMac(1), new Uint8Array(1004)))
  send(lab.hosts[0]!, frame(hostMac(2), hostMac(1), new Uint8Array(1005)))
  assert.is(c2!.seen.length, 1)
  assert.is(linkInfo(lab.ports[1]!).stats.txDropped, 0)
  checkBalance(lab.world)
})

test('follows the MTU of its ports until somebody sets it; the one given at creation does not count (br_mtu_auto_adjust)', () => {
  const ns = newWorld().addNetns('x')
  const br = linkAdd(ns, { kind: 'bridge', name: 'br1', mtu: 1400 })
  const port = linkAdd(ns, { kind: 'veth' })
  linkSet(port, { master: br })
  assert.is(br.mtu, 1500)
  linkSet(br, { mtu: 1500 })
  linkSet(br, { mtu: 1450 })
  linkSet(port, { mtu: 1300 })
  assert.is(br.mtu, 1450)
})

test('takes the smallest address of its ports, zero without ports, unless it was given one', () => {
  const ns = newWorld().addNetns('x')
  const br = linkAdd(ns, { kind: 'bridge' })
  const [a, b] = [7, 3].map(i => linkAdd(ns, { kind: 'veth', address: hostMac(i) }))
  assert.is((linkInfo(br).attrs as BridgeInfo).bridgeId.address, 0)
  linkSet(a!, { master: br })
  assert.is(br.addr, hostMac(7))
  linkSet(b!, { master: br })
  assert.is(br.addr, hostMac(3))
  linkSet(b!, { address: hostMac(9) })
  assert.is(br.addr, hostMac(7))
  linkSet(a!, { master: null })
  linkSet(b!, { master: null })
  assert.is(br.addr, 0)
  linkSet(br, { address: hostMac(1) })
  linkSet(a!, { master: br })
  assert.is(br.addr, hostMac(1))
})

test('has a carrier while a port forwards; unknown without ports (recorded on 6.18)', () => {
  const world = newWorld()
  const ns = world.addNetns('x')
  const br = linkAdd(ns, { kind: 'bridge', name: 'br0' })
  linkSet(br, { up: true })
  assert.equal([linkInfo(br).operstate, linkInfo(br).flags & 0x10040], [0, 0x10040])
  const p = linkAdd(ns, { kind: 'veth', name: 'p1', attrs: { peer: { name: 'q1' } } })
  const q = ns.dev('q1')
  linkSet(p, { master: br })
  assert.equal([linkInfo(br).operstate, linkInfo(br).flags & 0x10040], [2, 0])
  linkSet(p, { up: true })
  linkSet(q, { up: true })
  world.run({ for: 0 })
  assert.equal([linkInfo(br).operstate, (linkInfo(p).slaveAttrs as BridgePortInfo).state], [6, 3])
  linkSet(q, { up: false })
  world.run({ for: 0 })
  assert.equal([br.operstate, br.carrier, p.operstate], [6, false, 3], 'the carrier of the bridge is handled later')
  assert.is((linkInfo(p).slaveAttrs as BridgePortInfo).state, 0)
  world.run({ for: 1.1e9 })
  assert.is(br.operstate, 2)
})

test('shows ports as promiscuous and all-multicast, without the flags (dev_get_flags)', () => {
  const lab = new Lab(1)
  const p = linkInfo(lab.ports[0]!)
  assert.equal([p.promiscuity, p.allmulti, p.flags & 0x300], [1, 1, 0])
  linkSet(lab.ports[0]!, { promisc: true })
  assert.equal([linkInfo(lab.ports[0]!).promiscuity, linkInfo(lab.ports[0]!).flags & 0x300], [2, 0x100])
  linkSet(lab.ports[0]!, { master: null, promisc: false })
  assert.equal([lab.ports[0]!.promiscuity, lab.ports[0]!.allmulti], [0, 0])
})

test('starts with the attributes that ip -d link shows for a new bridge (recorded on 6.18)', () => {
  const lab = new Lab(0, {})
  const { forwardDelay, helloTime, maxAge, ageingTime, priority, mcastHashMax, mcastStartupQueryInterval } = info(lab)
  assert.equal(
    [forwardDelay, helloTime, maxAge, ageingTime, priority, mcastHashMax, mcastStartupQueryInterval],
    [1500, 200, 2000, 30000, 32768, 4096, 3124],
  )
  assert.equal(info(lab).bridgeId, { priority: 0x8000, address: mac('02:00:00:00:f0:00') })
  assert.equal([lab.br.tsoMaxSize, info(lab).groupAddress], [65536, 0x0180c2000000])
})

test('starts ports with the attributes that ip -d link shows (recorded on 6.18)', () => {
  const lab = new Lab(2)
  const p = portInfo(lab, 1)
  assert.equal([p.state, p.priority, p.cost, p.portId, p.portNo, p.designatedPort], [3, 32, 2, 0x8001, 1, 32769])
  assert.equal(p.designatedBridge, { priority: 0x8000, address: mac('02:00:00:00:f0:00') })
  assert.equal(
    [p.learning, p.flood, p.mcastFlood, p.bcastFlood, p.hairpin, p.isolated],
    [true, true, true, true, false, false],
  )
  assert.is(p.forwardDelayTimer, 1380, 'counts down from 15 s although the port forwards: 1.2 s are over')
  assert.is(lab.br.tsoMaxSize, 524280)
})

test('gives a new port the smallest free number (find_portno)', () => {
  const lab = new Lab(3)
  linkSet(lab.ports[1]!, { master: null })
  const extra = linkAdd(lab.sw, { kind: 'veth', name: 'q' })
  linkSet(extra, { master: lab.br })
  assert.is((linkInfo(extra).slaveAttrs as BridgePortInfo).portNo, 2)
})

test('refuses values as the kernel does, and keeps what stood before them (br_changelink)', () => {
  const lab = new Lab(1)
  const set = (attrs: object) => () => linkSet(lab.br, { kind: 'bridge', attrs })
  assert.throws(set({ helloTime: 50 }), /^Numerical result out of range$/)
  assert.throws(set({ maxAge: 599 }), /^Numerical result out of range$/)
  assert.throws(set({ vlanProtocol: 0x0800 }), /^Protocol not supported$/)
  assert.throws(set({ ageingTime: 5000, vlanDefaultPvid: 4095 }), /^Invalid argument$/)
  assert.throws(set({ groupAddress: 0x0180c2000001 }), /^Invalid argument$/)
  assert.throws(set({ mcastIgmpVersion: 4 }), /^Invalid argument$/)
  assert.throws(set({ mcastRouter: 3 }), /^Invalid argument$/)
  assert.throws(set({ mcastRouter: 5, ageingTime: 2000 }), /^Invalid argument$/)
  assert.is(info(lab).ageingTime, 2000)
  assert.throws(
    set({ mcastVlanSnooping: 1 }),
    /^bridge: Cannot enable multicast vlan snooping with vlan filtering disabled$/,
  )
  linkSet(lab.br, { attrs: { ageingTime: 123, forwardDelay: 50, mcastQueryInterval: 50, vlanDefaultPvid: 2 } })
  assert.equal([info(lab).ageingTime, info(lab).forwardDelay, info(lab).mcastQueryInterval], [122, 50, 100])
})

test('refuses what it does not have with the word and what there is', () => {
  const lab = new Lab(1)
  const code = (f: () => void): [string, string] => {
    try {
      f()
    } catch (e) {
      return [(e as NetloomError).code, (e as NetloomError).message]
    }
    throw new Error('not refused')
  }
  assert.equal(
    code(() => linkSet(lab.br, { attrs: { stpState: 1 } })),
    ['EOPNOTSUPP', 'bridge: stpState 1: a spanning tree is not supported; supported is 0'],
  )
  assert.match(
    code(() => linkSet(lab.br, { attrs: { frob: 1 } }))[1],
    /^bridge: unknown attribute "frob"; known are forwardDelay, /,
  )
  assert.match(
    code(() => linkSet(lab.ports[0]!, { slaveAttrs: { frob: 1 } }))[1],
    /^bridge_slave: unknown attribute "frob"/,
  )
  assert.throws(() => linkAdd(lab.sw, { kind: 'bridge', name: 'br9', attrs: { stpState: 1 } }))
  assert.is(lab.sw.devByName('br9'), null)
})

test('refuses devices as ports as the kernel does (br_add_if)', () => {
  const lab = new Lab(1)
  const other = linkAdd(lab.sw, { kind: 'bridge', name: 'br1', address: hostMac(5) })
  const empty = linkAdd(lab.sw, { kind: 'bridge', name: 'br2' })
  const v = linkAdd(lab.sw, { kind: 'veth', name: 'v' })
  assert.throws(() => linkSet(other, { master: lab.br }), /^Can not enslave a bridge to a bridge$/)
  linkSet(v, { master: empty })
  linkSet(v, { master: null })
  assert.throws(() => linkSet(empty, { master: lab.br }), /^Invalid argument$/, 'its address is zero')
  assert.throws(() => linkSet(v, { master: lab.sw.lo }), /^Operation not supported$/)
  linkSet(lab.ports[0]!, { master: other })
  assert.is(lab.ports[0]!.master, other)
  linkSet(lab.ports[0]!, { master: other })
})

test('changes ports as the kernel does (br_setport)', () => {
  const lab = new Lab(2)
  const [p1] = lab.ports
  const set = (slaveAttrs: object) => () => linkSet(p1!, { slaveAttrs })
  assert.throws(set({ priority: 64 }), /^Numerical result out of range$/)
  assert.throws(set({ cost: 0 }), /^Numerical result out of range$/)
  assert.throws(set({ state: 5 }), /^Invalid argument$/)
  assert.throws(set({ mcastRouter: 4 }), /^Invalid argument$/)
  assert.throws(set({ backupPort: lab.sw.lo }), /^No such file or directory$/)
  assert.throws(() => linkSet(lab.hosts[0]!, { slaveAttrs: { hairpin: true } }), /^Operation not supported$/)
  set({ priority: 10, cost: 50 })()
  assert.equal([portInfo(lab, 1).portId, portInfo(lab, 1).designatedPort, portInfo(lab, 1).cost], [0x2801, 10241, 50])
  set({ state: 4 })()
  assert.is(portInfo(lab, 1).state, 3, 'blocking becomes forwarding at once without STP')
  set({ state: 0 })()
  set({ state: 2 })()
  assert.is(portInfo(lab, 1).state, 2)
  lab.world.run({ for: 16e9 })
  assert.is(portInfo(lab, 1).state, 3, 'when its forward delay ends')
  linkSet(p1!, { up: false })
  assert.throws(set({ state: 1 }), /^Network is down$/)
})

test('uses a backup port while the port has no carrier (br_forward)', () => {
  const lab = new Lab(3)
  const [, , c3] = captures(lab)
  linkSet(lab.ports[1]!, { slaveAttrs: { backupPort: lab.ports[2]! } })
  lab.say(2, BROADCAST, 'here')
  linkSet(lab.hosts[1]!, { up: false })
  c3!.texts()
  lab.say(1, hostMac(2), 'to the backup')
  assert.equal(c3!.texts(), ['<to the backup'])
})

test('lets a locked port in only with a known source (BR_PORT_LOCKED)', () => {
  const lab = new Lab(2)
  const [, c2] = captures(lab)
  linkSet(lab.ports[0]!, { slaveAttrs: { locked: true, learning: false } })
  lab.say(1, BROADCAST, 'no')
  fdbAdd(lab.sw, { dev: lab.ports[0]!, lladdr: hostMac(1), state: NUD_NOARP, flags: NTF_MASTER })
  lab.say(1, BROADCAST, 'yes')
  assert.equal(c2!.texts(), ['<yes'])
  assert.throws(() => linkSet(lab.ports[0]!, { slaveAttrs: { mab: true } }), /must be locked and have learning enabled/)
})

test('gives up its ports, entries and groups when it is deleted, and forgets a port that is', () => {
  const lab = new Lab(2)
  fdbAdd(lab.sw, { dev: lab.ports[0]!, lladdr: hostMac(5), state: NUD_PERMANENT, flags: NTF_MASTER })
  linkDel(lab.ports[0]!)
  assert.equal([lab.br.slaves.length, lab.hosts[0]!.registered], [1, false])
  linkDel(lab.br)
  const p2 = lab.ports[1]!
  assert.equal([p2.master, p2.rxHandler, p2.promiscuity, p2.allmulti], [null, null, 0, 0])
  checkBalance(lab.world)
})

test('stays in its namespace, its ports leave it when they move (recorded on 6.18)', () => {
  const lab = new Lab(2)
  const other = lab.world.addNetns('other')
  assert.throws(() => linkSet(lab.br, { netns: other }), /^The interface netns is immutable$/)
  linkSet(lab.ports[0]!, { netns: other })
  assert.equal([lab.ports[0]!.master, lab.br.slaves.length, lab.ports[0]!.isUp], [null, 1, false])
  assert.is(linkInfo(lab.ports[0]!).qdisc, 'noop')
})

test.run()
