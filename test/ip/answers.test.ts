/** A host, a router, its ARP and its reassembly against the answers of Linux, frame by frame. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { packetSocket } from '../../lib/core/af-packet.js'
import { devAddTap } from '../../lib/core/dev.js'
import type { NetDevice } from '../../lib/core/netdev.js'
import { createWorld } from '../../lib/index.js'
import { udpSocket } from '../../lib/ip/udp.js'
import { checkBalance } from '../dev/lab.js'
import { type Answer, masked, readAnswers } from './answers.js'
import { hex } from './octets.js'

const test = suite('ip/answers')

/** Time between two frames; no timer of t is due in the whole of a file. */
const GAP_NS = 1e6

const SCRIPT = `
  ip netns add x
  ip netns add t
  ip netns add y
  ip -n t link set lo up
  ip -n x link add eth0 address 02:00:00:00:00:01 type veth peer name eth0 address 02:00:00:00:00:02 netns t
  ip -n t link add eth1 address 02:00:00:00:09:01 type veth peer name eth0 address 02:00:00:00:09:02 netns y
  ip netns exec t ethtool -K eth0 tx off rx off
  ip netns exec t ethtool -K eth1 tx off rx off
  ip -n x link set eth0 up
  ip -n t link set eth0 up
  ip -n t link set eth1 up
  ip -n y link set eth0 up`

/** Frames that a device receives from now on; `take` forgets them. */
const received = (dev: NetDevice): { take: () => string[] } => {
  let seen: string[] = []
  const tap = (skb: { buf: Uint8Array; macHeader: number; tail: number }, outgoing: boolean): void => {
    if (!outgoing) seen.push(hex(skb.buf.subarray(skb.macHeader, skb.tail)))
  }
  devAddTap(dev, { tap: (skb, _, outgoing) => tap(skb, outgoing) })
  return {
    take: () => {
      const taken = seen
      seen = []
      return taken
    },
  }
}

const isArpRequestOfT = (frame: string): boolean =>
  frame.startsWith('ffffffffffff0200000000020806') && frame[43] === '1'

const withMasks = ({ x, y, udp }: Answer): Answer => ({
  x: x.filter(f => !isArpRequestOfT(f)).map(masked),
  y: y.map(masked),
  udp,
})

const NAMES = [
  'ip',
  'fragments',
  'arp',
  'host',
  'filter',
  'loose',
  'source-routes',
  'source-routes-strict',
  'groups',
  'groups-forwarded',
  'fragments-mixed',
]

for (const name of NAMES) {
  const { about, setup, frames } = readAnswers(name)
  test(`${about}: ${frames.length} frames have the answers of Linux`, () => {
    const world = createWorld({ seed: 1 })
    world.sh([SCRIPT, ...setup, 'sleep 1.2'].join('\n'))
    const { kernel } = world
    const sender = packetSocket(kernel.netns('x').dev('eth0'), { protocol: 3, promisc: true })
    const x = received(kernel.netns('x').dev('eth0'))
    const y = received(kernel.netns('y').dev('eth0'))
    const sink = udpSocket(kernel.netns('t'))
    sink.bind({ port: 7000 })
    for (const [i, { sent, answer }] of frames.entries()) {
      sender.sendRaw(Uint8Array.from(Buffer.from(sent, 'hex')))
      world.run({ for: GAP_NS })
      const udp: string[] = []
      for (let d = sink.recv(); d !== null; d = sink.recv()) udp.push(hex(d.data))
      assert.equal(withMasks({ x: x.take(), y: y.take(), udp }), withMasks(answer), `frame ${i} of ${name}: ${sent}`)
    }
    checkBalance(kernel)
    sender.close()
    world.run()
    assert.is(kernel.skbs.live, 0, 'packets alive at rest')
  })
}

test.run()
