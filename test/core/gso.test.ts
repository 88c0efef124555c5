/** Cutting long TCP packets: what tcp_gso_segment and inet_gso_segment make of them, checked by RFC 9293's own rules. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { skbGsoNetworkSeglen, skbGsoSegments, skbGsoValidateNetworkLen, skbGsoWireLen } from '../../lib/core/gso.js'
import type { Netns } from '../../lib/core/netns.js'
import {
  allocSkb,
  CHECKSUM_PARTIAL,
  consumeSkb,
  type Skb,
  type SkbOwner,
  skbChecksumHelp,
  skbPut,
} from '../../lib/core/skb.js'
import { World } from '../../lib/core/world.js'
import { csumTcpUdp, ipFastCsum } from '../../lib/wire/checksum.js'
import { ipv4Id, putIpv4 } from '../../lib/wire/ipv4.js'
import { emitTcp, parseTcp, TH_ACK, TH_CWR, TH_FIN, TH_PUSH } from '../../lib/wire/tcp.js'

const test = suite('core/gso')

const SADDR = 0x0a000001
const DADDR = 0x0a000002
const ETH = 14
const IP = 20
const TCP = 32

class Owner implements SkbOwner {
  wmemAlloc = 0
  told = 0
  wfree(octets: number): void {
    this.wmemAlloc -= octets
    this.told++
  }
}

/** A packet of `payload` octets, whose n-th octet is n, to be cut every `mss` octets. */
const packet = (netns: Netns, payload: number, mss: number, flags: number): Skb => {
  const skb = allocSkb(netns, ETH + IP + TCP + payload)
  const at = skbPut(skb, ETH + IP + TCP + payload)
  const options = new Uint8Array(TCP - 20).fill(1)
  const data = Uint8Array.from({ length: payload }, (_, i) => i & 0xff)
  skb.buf.set(emitTcp({ sport: 1, dport: 2, seq: 0xfffffff0, ack: 7, flags, window: 63, options }, data), at + ETH + IP)
  putIpv4(skb.buf, at + ETH, IP, 2, IP + TCP + payload, 0xfffe, 0x4000, 64, 6, SADDR, DADDR)
  skb.networkHeader = at + ETH
  skb.ipSummed = CHECKSUM_PARTIAL
  skb.csumStart = at + ETH + IP
  skb.csumOffset = 16
  skb.gsoSize = mss
  skb.gsoSegs = Math.ceil(payload / mss)
  return skb
}

const makeNetns = (): Netns => new World().addNetns('n')

test('each segment has its own length, identification, sequence number and checksums', () => {
  const netns = makeNetns()
  const segments = skbGsoSegments(packet(netns, 3000, 1448, TH_ACK | TH_PUSH | TH_FIN | TH_CWR))
  assert.equal(
    segments.map(s => s.tail - s.data),
    [1514, 1514, 170],
  )
  let at = 0
  for (const [i, s] of segments.entries()) {
    skbChecksumHelp(s)
    const tcp = parseTcp(s.buf, s.csumStart, s.tail)
    assert.is(ipFastCsum(s.buf, s.networkHeader, IP), 0)
    assert.is(csumTcpUdp(s.buf, s.csumStart, s.tail - s.csumStart, SADDR, DADDR, 6), 0)
    assert.is(ipv4Id(s.buf, s.networkHeader), (0xfffe + i) & 0xffff)
    assert.is(tcp.seq, (0xfffffff0 + at) >>> 0)
    const payload = s.buf.subarray(s.csumStart + TCP, s.tail)
    assert.is(payload[0], at & 0xff)
    at += payload.length
    consumeSkb(s)
  }
  assert.is(at, 3000)
  assert.is(netns.acct.alive, 0)
})

test('PSH and FIN are of the last segment, CWR of the first', () => {
  const segments = skbGsoSegments(packet(makeNetns(), 3000, 1448, TH_ACK | TH_PUSH | TH_FIN | TH_CWR))
  const flags = segments.map(s => parseTcp(s.buf, s.csumStart, s.tail).flags)
  assert.equal(flags, [TH_ACK | TH_CWR, TH_ACK, TH_ACK | TH_PUSH | TH_FIN])
})

test('a packet that is a multiple of the size has no short segment', () => {
  const segments = skbGsoSegments(packet(makeNetns(), 2896, 1448, TH_ACK))
  assert.equal(
    segments.map(s => s.tail - s.data),
    [1514, 1514],
  )
})

test('what counts is the length of the segments, not of the packet', () => {
  const skb = packet(makeNetns(), 3000, 1448, TH_ACK)
  assert.is(skbGsoNetworkSeglen(skb), 1500)
  assert.is(skbGsoValidateNetworkLen(skb, 1500), true)
  assert.is(skbGsoValidateNetworkLen(skb, 1499), false)
  assert.is(skbGsoWireLen(skb), 3000 + 3 * (ETH + IP + TCP))
})

test('the sender is told when the last segment has ended', () => {
  const skb = packet(makeNetns(), 3000, 1448, TH_ACK)
  const owner = new Owner()
  skb.truesize = 832 + 3000
  skb.owner = owner
  owner.wmemAlloc = skb.truesize
  const segments = skbGsoSegments(skb)
  assert.is(owner.wmemAlloc, 3 * 832 + 3000)
  for (const s of segments) consumeSkb(s)
  assert.is(owner.wmemAlloc, 0)
  assert.is(owner.told, 4)
})

test.run()
