/**
 * Networks built by typed calls send what the Linux kernel sent when the recorded scenarios built them by commands.
 */
import { suite } from 'uvu'
import { createWorld, type Ping, s, type World } from '../../lib/index.js'
import { assertSameFrames, KERNEL_MASKS } from '../../lib/testing/index.js'
import { packetsOf } from '../wire/recordings.js'
import { addHost, Lan } from './lan.js'

const test = suite('lab/as-recorded')

const finish = (world: World, program: { readonly isRunning: boolean }): void => {
  world.run({ until: () => !program.isRunning, within: s(3) })
}

test('isolated ports of a bridge (bridge-isolated)', () => {
  const { world, sw, hosts } = new Lan(3)
  sw.bridgeLink.set('p1', { isolated: true })
  sw.bridgeLink.set('p2', { isolated: true })
  const captures = hosts.map(host => world.capture({ dev: host.dev('eth0') }))
  world.run({ for: s(1) })
  const [h1, h2] = hosts
  const ping = (n: number, id: number, to: string, lingerMs: number): Ping => {
    const started = hosts[n - 1]!.ping(to, { id, size: 8, lingerMs })
    finish(world, started)
    return started
  }
  ping(1, 4660, '10.0.0.2', 500)
  h1!.neigh.del('10.0.0.2', { dev: 'eth0' })
  ping(1, 4661, '10.0.0.3', 1000)
  ping(2, 4662, '10.0.0.3', 1000)
  h2!.neigh.list()
  for (const [i, capture] of captures.entries())
    assertSameFrames(capture, packetsOf('bridge-isolated', `h${i + 1}-eth0.pcap`), { mask: KERNEL_MASKS })
})

test('closed UDP ports near and far (udp-closed-port-router)', () => {
  const world = createWorld()
  const [h1, r1, h2] = [addHost(world, 'h1'), addHost(world, 'r1'), addHost(world, 'h2')]
  r1.sysctl.set('net.ipv4.ip_forward', 1)
  h1.link.add({
    kind: 'veth',
    name: 'eth0',
    address: '02:00:00:00:01:01',
    peer: { name: 'left', address: '02:00:00:00:a1:01', netns: r1 },
  })
  h2.link.add({
    kind: 'veth',
    name: 'eth0',
    address: '02:00:00:00:02:01',
    peer: { name: 'right', address: '02:00:00:00:a1:02', netns: 'r1' },
  })
  for (const dev of [h1.dev('eth0'), r1.dev('left'), h2.dev('eth0'), r1.dev('right')])
    dev.netns.ethtool.set(dev, { tx: false })
  h1.addr.add('10.0.1.1/24', { dev: 'eth0' })
  r1.addr.add('10.0.1.254/24', { dev: 'left' })
  r1.addr.add('10.0.2.254/24', { dev: 'right' })
  h2.addr.add('10.0.2.1/24', { dev: 'eth0' })
  for (const dev of [h1.dev('eth0'), r1.dev('left'), r1.dev('right'), h2.dev('eth0')])
    dev.netns.link.set(dev, { up: true })
  h1.route.add('default', { via: '10.0.1.254' })
  h2.route.add('default', { via: '10.0.2.254' })
  const seen1 = world.capture({ netns: 'h1', dev: 'eth0' })
  const seen2 = world.capture({ netns: 'h2', dev: 'eth0' })
  world.run({ for: s(1) })
  const say = (from: typeof h1, text: string, port: number, to: string): void => {
    from.udp.bind({ address: from === h1 ? '10.0.1.1' : '10.0.2.1', port }).sendTo(text, { address: to, port: 7000 })
    world.run({ for: s(1) })
  }
  say(h1, 'far', 40000, '10.0.2.1')
  say(h1, 'near', 40001, '10.0.1.254')
  say(h1, 'other side', 40002, '10.0.2.254')
  say(h2, 'back', 40003, '10.0.1.1')
  assertSameFrames(seen1, packetsOf('udp-closed-port-router', 'h1-eth0.pcap'), { mask: KERNEL_MASKS })
  assertSameFrames(seen2, packetsOf('udp-closed-port-router', 'h2-eth0.pcap'), { mask: KERNEL_MASKS })
})

test.run()
