/**
 * Captures: which frames they see, on which side, and what they do to the device.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ping } from '../../lib/app/ping.js'
import { compileFilter } from '../../lib/capture/filter.js'
import { readPcap } from '../../lib/capture/pcap.js'
import { type CapturedFrame, capture } from '../../lib/capture/tap.js'
import { IFF_PROMISC } from '../../lib/core/netdev.js'
import { PACKET_BROADCAST, PACKET_HOST, PACKET_OUTGOING } from '../../lib/core/skb.js'
import { dissect } from '../../lib/wire/dissect.js'
import { Lab } from '../app/lab.js'

const SECOND = 1_000_000_000

const pingOnce = (lab: Lab, to = '10.0.0.2'): void => {
  ping(lab.h1, to, { id: 1, count: 1, size: 8, lingerMs: 100 })
  lab.world.run({ for: SECOND })
}

const lines = (frames: readonly CapturedFrame[]): string[] => frames.map(f => dissect(f.data))

const test = suite('capture/tap')

test('sees what a device sends and what it receives, in order, with the virtual time and the packet type', () => {
  const lab = new Lab()
  const frames: CapturedFrame[] = []
  capture(lab.h2.dev('eth0'), { onFrame: f => frames.push(f) })
  const at = lab.world.now
  pingOnce(lab)
  assert.equal(lines(frames), [
    'ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28',
    'ARP, Reply 10.0.0.2 is-at 02:00:00:00:02:01, length 28',
    'IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 16',
    'IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id 1, seq 1, length 16',
  ])
  assert.equal(
    frames.map(f => f.pktType),
    [PACKET_BROADCAST, PACKET_OUTGOING, PACKET_HOST, PACKET_OUTGOING],
  )
  assert.ok(frames.every(f => f.timeNs === at && f.dev === lab.h2.dev('eth0')))
})

test('on lo each packet is seen once: the outgoing copy is left out, as libpcap does', () => {
  const lab = new Lab()
  const lo = capture(lab.h1.lo)
  pingOnce(lab, '127.0.0.1')
  assert.is(lo.count, 2)
})

test('keeps a file with the whole length of frames that it cuts', () => {
  const lab = new Lab()
  const tap = capture(lab.h1.dev('eth0'), { snapLen: 20 })
  pingOnce(lab)
  const { packets, snapLen, nanos } = readPcap(tap.pcap!.bytes())
  assert.equal(
    packets.map(p => [p.data.length, p.wireLen]),
    [
      [20, 42],
      [20, 42],
      [20, 50],
      [20, 50],
    ],
  )
  assert.equal([snapLen, nanos], [20, true])
})

test('direction and filter choose frames', () => {
  const lab = new Lab()
  const dev = lab.h1.dev('eth0')
  const taps = [
    capture(dev, { direction: 'in' }),
    capture(dev, { direction: 'out' }),
    capture(dev, { filter: compileFilter('icmp') }),
    capture(dev, { direction: 'in', filter: compileFilter('arp') }),
  ]
  pingOnce(lab)
  assert.equal(
    taps.map(t => t.count),
    [2, 2, 2, 1],
  )
})

test('a limit closes it in the middle of an instant', () => {
  const lab = new Lab()
  let closed = 0
  const tap = capture(lab.h1.dev('eth0'), { limit: 3, onLimit: () => closed++ })
  pingOnce(lab)
  assert.equal([tap.count, tap.isOpen, closed, readPcap(tap.pcap!.bytes()).packets.length], [3, false, 1, 3])
})

test('the device is promiscuous as long as a capture that asks for it is open', () => {
  const lab = new Lab()
  const dev = lab.h1.dev('eth0')
  const quiet = capture(dev, { promisc: false })
  assert.is(dev.flags & IFF_PROMISC, 0)
  const a = capture(dev)
  const b = capture(dev)
  assert.is(dev.promiscuity, 2)
  a.close()
  a.close()
  assert.is(dev.flags & IFF_PROMISC, IFF_PROMISC)
  b.close()
  quiet.close()
  assert.equal([dev.promiscuity, dev.flags & IFF_PROMISC], [0, 0])
  assert.is(dev.taps, null)
})

test('a sink gets the file piece by piece', () => {
  const lab = new Lab()
  const pieces: Uint8Array[] = []
  const tap = capture(lab.h1.dev('eth0'), { sink: p => pieces.push(p.slice()) })
  pingOnce(lab)
  tap.close()
  assert.is(readPcap(Buffer.concat(pieces)).packets.length, 4)
})

test.run()
