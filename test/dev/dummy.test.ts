/** The reference kernel has no dummy: what is asserted here stands in drivers/net/dummy.c of its source. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { reportedFlags } from '../../lib/core/dev.js'
import { IFF_BROADCAST, IFF_NOARP, IFF_UP } from '../../lib/core/netdev.js'
import { NetloomError } from '../../lib/errors.js'
import { createWorld } from '../../lib/index.js'
import { linkAdd, linkInfo, linkSet } from '../../lib/rtnl/link.js'
import { BROADCAST, Capture, checkBalance, frame, hostMac, mac, newWorld, send } from './lab.js'

const test = suite('dev/dummy')

test('has no ARP and no multicast, a random address, and no limits of MTU (dummy_setup)', () => {
  const ns = newWorld().addNetns('h')
  const dev = linkAdd(ns, { kind: 'dummy' })
  assert.equal(
    [dev.name, dev.flags, dev.minMtu, dev.maxMtu, dev.txQueueLen],
    ['dummy0', IFF_BROADCAST | IFF_NOARP, 0, 0, 1000],
  )
  assert.is(Math.floor(dev.addr / 2 ** 40) & 3, 2)
  linkSet(dev, { mtu: 100000 })
  assert.is(dev.mtu, 100000)
  assert.is(linkAdd(ns, { kind: 'dummy' }).name, 'dummy1')
})

test('counts what is sent and lets it go; nothing ever comes in (dummy_xmit)', () => {
  const world = newWorld()
  const dev = linkAdd(world.addNetns('h'), { kind: 'dummy', up: true })
  const seen = new Capture(dev)
  assert.is(send(dev, frame(hostMac(1), dev.addr, 'away')), 0)
  assert.is(send(dev, frame(BROADCAST, dev.addr, 'all')), 0)
  world.run({ for: 1e9 })
  assert.equal(seen.texts(), ['>away', '>all'])
  const { txPackets, txBytes, rxPackets, txDropped } = linkInfo(dev).stats
  assert.equal([txPackets, txBytes, rxPackets, txDropped], [2, 18 + 17, 0, 0])
  checkBalance(world)
  assert.is(world.skbs.live, 0)
})

test('lets its carrier be set (dummy_change_carrier)', () => {
  const world = newWorld()
  const dev = linkAdd(world.addNetns('h'), { kind: 'dummy', up: true })
  assert.is(reportedFlags(dev), IFF_BROADCAST | IFF_NOARP | IFF_UP | 0x10040)
  assert.is(linkInfo(dev).operstate, 0)
  linkSet(dev, { carrier: false })
  world.run({ for: 1.2e9 })
  assert.equal([linkInfo(dev).operstate, send(dev, frame(BROADCAST, dev.addr))], [2, 2])
  linkSet(dev, { carrier: true })
  world.run({ for: 1.2e9 })
  assert.equal([linkInfo(dev).operstate, send(dev, frame(BROADCAST, dev.addr))], [6, 0])
})

test('refuses an address that cannot be, and attributes', () => {
  const ns = newWorld().addNetns('h')
  for (const spec of [{ address: mac('01:00:00:00:00:01') }, { address: 0 }, { attrs: { x: 1 } }]) {
    try {
      linkAdd(ns, { kind: 'dummy', ...spec })
      assert.unreachable()
    } catch (e) {
      assert.instance(e, NetloomError)
    }
  }
  assert.is(ns.devices.length, 1)
})

test('is a holder of addresses: they are reached by any other way in', () => {
  const world = createWorld()
  const commands = [
    'ip netns add a',
    'ip netns add b',
    'ip -n a link set lo up',
    'ip -n b link set lo up',
    'ip -n a link add eth0 address 02:00:00:00:01:01 type veth peer name eth0 address 02:00:00:00:02:01 netns b',
    'ip -n a addr add 10.0.0.1/24 dev eth0',
    'ip -n b addr add 10.0.0.2/24 dev eth0',
    'ip -n a link set eth0 up',
    'ip -n b link set eth0 up',
    'ip -n b link add dummy0 type dummy',
    'ip -n b addr add 192.0.2.1/32 dev dummy0',
    'ip -n b link set dummy0 up',
    'ip -n a route add 192.0.2.0/24 via 10.0.0.2',
    'ip -n b route add 198.51.100.0/24 dev dummy0',
    'sleep 1',
  ]
  for (const command of commands) world.sh(command)
  const ping = world.sh('ip netns exec a ping -c 1 -W 1 192.0.2.1')
  assert.match(ping.stdout, '1 received')
  const lost = world.sh('ip netns exec b ping -c 1 -W 0.5 198.51.100.7', { mayFail: true })
  assert.match(lost.stdout, '0 received')
  assert.match(world.sh('ip -n b neigh').stdout, /^(?!.*198\.51\.100\.7)/)
  assert.match(world.sh('ip -n b -s link show dummy0').stdout, / 98 +1 /)
  assert.match(world.sh('ip -n b -d link show dummy0').stdout, 'minmtu 0 maxmtu 0 \n    dummy addrgenmode')
})

test.run()
