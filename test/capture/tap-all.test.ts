/**
 * Captures of a kernel's world: devices without a link-layer header, packets without a device, and how passages are found
 * again.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ping } from '../../lib/app/ping.js'
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../../lib/capture/pcap.js'
import { EPB_CSUM_NOT_READY } from '../../lib/capture/pcapng.js'
import { readPcapng } from '../../lib/capture/pcapng-reader.js'
import { captureAll } from '../../lib/capture/tap-all.js'
import { TapIndex } from '../../lib/capture/tap-index.js'
import { devOpen, registerNetdevice } from '../../lib/core/dev.js'
import { devQueueXmit } from '../../lib/core/dev-tx.js'
import { DROP } from '../../lib/core/drop.js'
import { ARPHRD_NONE, deviceOps, NetDevice } from '../../lib/core/netdev.js'
import type { Netns } from '../../lib/core/netns.js'
import { allocSkb, CHECKSUM_PARTIAL, consumeSkb, kfreeSkb, type Skb, skbPush, skbPut } from '../../lib/core/skb.js'
import { dissect } from '../../lib/wire/dissect.js'
import { Lab } from '../app/lab.js'
import { hex, toHex } from '../wire/recordings.js'

const IP = hex('45000014 00010000 40ff 66e4 0a000001 0a000002')

const POINT = deviceOps({
  kind: 'point',
  startXmit: skb => {
    if (skb.len > 20) consumeSkb(skb)
    else kfreeSkb(skb, DROP.TAP_TXFILTER)
    return 0
  },
})

/** A device whose packets begin with an IP header. */
const pointDev = (netns: Netns): NetDevice => {
  const dev = new NetDevice(netns, 'tun0', POINT)
  dev.type = ARPHRD_NONE
  dev.hardHeaderLen = 0
  registerNetdevice(dev)
  devOpen(dev)
  return dev
}

const packet = (netns: Netns, octets: Uint8Array): Skb => {
  const skb = allocSkb(netns, octets.length)
  const at = skbPut(skb, octets.length)
  skb.buf.set(octets, at)
  skb.networkHeader = at
  return skb
}

const test = suite('capture/tap-all')

test('a device without a link-layer header has link type raw IP; what it drops is marked there', () => {
  const { world, h1 } = new Lab()
  const all = captureAll(world)
  const dev = pointDev(h1)
  for (const octets of [IP, Uint8Array.from([...IP, 1, 2, 3])]) {
    const skb = packet(h1, octets)
    skb.dev = dev
    devQueueXmit(skb)
  }
  const { packets } = readPcapng(all.bytes())
  assert.equal(
    packets.map(p => [p.interface.name, p.interface.linkType, p.interface.mac, p.direction, toHex(p.data), p.comments]),
    [
      ['h1:tun0', LINKTYPE_RAW, null, 'out', toHex(IP), ['dropped: TAP_TXFILTER']],
      ['h1:tun0', LINKTYPE_RAW, null, 'out', `${toHex(IP)}010203`, []],
    ],
  )
})

test('a packet without a device is on an interface of its namespace; one in front of the tap on that of the device', () => {
  const { world, h1 } = new Lab()
  const all = captureAll(world)
  kfreeSkb(packet(h1, IP), DROP.IP_OUTNOROUTES)
  kfreeSkb(packet(h1, IP), DROP.NOMEM)
  const framed = packet(h1, IP)
  framed.buf.set(hex('020000000201 020000000101 0800'), skbPush(framed, 14))
  framed.dev = h1.dev('eth0')
  framed.ipSummed = CHECKSUM_PARTIAL
  kfreeSkb(framed, DROP.QDISC_DROP)
  const { packets } = readPcapng(all.bytes())
  assert.equal(
    packets.map(p => [p.interface.name, p.interface.linkType, p.direction, p.data.length, p.flags, p.comments.join()]),
    [
      ['h1', LINKTYPE_RAW, null, 20, 0, 'dropped: IP_OUTNOROUTES'],
      ['h1', LINKTYPE_RAW, null, 20, 0, 'dropped: NOMEM'],
      ['h1:eth0', LINKTYPE_ETHERNET, null, 34, EPB_CSUM_NOT_READY, 'dropped: QDISC_DROP'],
    ],
  )
  assert.is(packets[0]!.interface, packets[1]!.interface)
  assert.is(packets[0]!.interface.description, 'network namespace h1: dropped without a device')
})

test('what a router could not pass on has no link-layer header there: the one that it came with is of another device', () => {
  const { world, h1 } = new Lab()
  const all = captureAll(world)
  ping(h1, '10.0.9.99', { id: 1, count: 1, size: 8, lingerMs: 5000 })
  world.run({ for: 10_000_000_000 })
  const dead = readPcapng(all.bytes()).packets.filter(p => p.comments.join() === 'dropped: NEIGH_FAILED')
  assert.equal(
    dead.map(p => [p.interface.name, p.interface.linkType, dissect(p.data, { linkType: 'raw' }), p.data[8]]),
    [['h2:eth1', LINKTYPE_RAW, 'IP 10.0.0.1 > 10.0.9.99: ICMP echo request, id 1, seq 1, length 16', 63]],
  )
})

test('a checksum that is left to the device is marked, and a reply that is finished is not', () => {
  const { world, h1 } = new Lab()
  const all = captureAll(world, { netns: ['h1'] })
  const skb = packet(h1, Uint8Array.from([...hex('020000000201 020000000101 0800'), ...IP]))
  skb.dev = h1.dev('eth0')
  skb.ipSummed = CHECKSUM_PARTIAL
  skb.csumStart = skb.data + 14
  skb.csumOffset = 10
  devQueueXmit(skb)
  assert.is(readPcapng(all.bytes()).packets[0]!.flags, 2 | EPB_CSUM_NOT_READY)
})

test('with a sink, bytes() is what it has not got, and ends nothing', () => {
  const { world, h1 } = new Lab()
  const pieces: Uint8Array[] = []
  const all = captureAll(world, { sink: piece => pieces.push(piece.slice()) })
  kfreeSkb(packet(h1, IP), DROP.NOMEM)
  assert.equal([all.bytes(), pieces.length], [all.bytes(), 0])
  assert.is(readPcapng(all.bytes()).packets.length, 1)
  all.close()
  assert.equal([all.bytes().length, pieces.length], [0, 1])
})

test('passages are found by their number, as long as they are not gone', () => {
  const index = new TapIndex()
  const at = (seq: number): number => (index.find(seq) ? index.place : -1)
  assert.is(at(1), -1)
  for (let n = 0; n < 100; n++) index.add(10 + 3 * n, 100 * n, n, 0)
  for (let seq = 0; seq < 400; seq++)
    assert.is(at(seq), seq >= 10 && seq < 310 && (seq - 10) % 3 === 0 ? ((seq - 10) / 3) * 100 : -1, String(seq))
  assert.is(index.find(13) && index.timeNs, 1)
  // The first 90 have gone to the sink: forgotten once there is need of room.
  for (let n = 100; n < 200; n++) index.add(10 + 3 * n, 100 * n, n, 9000)
  assert.equal([at(10), at(10 + 3 * 89), at(10 + 3 * 90), at(10 + 3 * 199)], [-1, -1, 9000, 19900])
})

test.run()
