import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { reportedFlags } from '../../lib/core/dev.js'
import { deviceOps, NetDevice } from '../../lib/core/netdev.js'
import { World } from '../../lib/core/world.js'
import { boot } from '../../lib/lab/boot.js'
import { linkSet } from '../../lib/rtnl/link.js'
import { mac } from '../dev/lab.js'
import { cable } from './cable.js'

const test = suite('core/netdev')

/** Flags as the kernel's rtnetlink gives them for the same commands. */
const hex = (dev: NetDevice): string => `0x${reportedFlags(dev).toString(16)}`

test('a kind fills in what it can do, and the rest is null', () => {
  const startXmit = (): number => 0
  const open = (): void => {}
  const ops = deviceOps({ kind: 'test', startXmit, open })
  assert.is(ops.startXmit, startXmit)
  assert.is(ops.open, open)
  assert.equal(Object.values(ops).filter(x => x !== null).length, 3)
  assert.equal(Object.keys(ops), Object.keys(deviceOps({ kind: '', startXmit })))
})

test('the address is kept whole and as its upper 16 and lower 32 bits', () => {
  const dev = new NetDevice(new World().addNetns('h1'), 'eth0', deviceOps({ kind: '', startXmit: () => 0 }))
  dev.setAddr(mac('fe:dc:ba:98:76:54'))
  assert.equal([dev.addr, dev.addrHi, dev.addrLo], [0xfedcba987654, 0xfedc, 0xba987654 | 0])
})

test('a device says where it is', () => {
  const { b } = cable()
  assert.is(`${b}`, 'h2:eth0')
  assert.equal(JSON.parse(JSON.stringify(b)), {
    name: 'eth0',
    ifindex: 2,
    netns: 'h2',
    kind: 'veth',
    mtu: 1500,
    up: true,
    carrier: true,
  })
})

test('flags as ip link shows them: lo, and a cable with one and with both ends up', () => {
  const { lo } = boot({}, []).addNetns('h1')
  assert.is(hex(lo), '0x8')
  linkSet(lo, { up: true })
  // UP, LOOPBACK, RUNNING, LOWER_UP.
  assert.is(hex(lo), '0x10049')
  const { world, a, b } = cable()
  // UP, BROADCAST, RUNNING, MULTICAST, LOWER_UP.
  assert.is(hex(a), '0x11043')
  linkSet(b, { up: false })
  world.run()
  // No carrier: UP, BROADCAST, MULTICAST.
  assert.is(hex(a), '0x1003')
  assert.is(hex(b), '0x1002')
})

test('flags show the promiscuous mode of the administrator, not that of a bridge or a capture', () => {
  const { a } = cable()
  linkSet(a, { promisc: true, allmulticast: true, arp: false, multicast: false })
  assert.is(hex(a), '0x103c3')
  linkSet(a, { promisc: false, allmulticast: false, arp: true, multicast: true })
  a.flags |= 0x300
  assert.is(hex(a), '0x11043')
})

test.run()
