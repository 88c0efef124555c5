/** The hash of a flow: what counts, and what does not. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allocSkb, type Skb, skbPut } from '../../lib/core/skb.js'
import { skbClearHashIfNotL4, skbGetHash } from '../../lib/ip/skb-hash.js'
import { ETH_HLEN, putEth } from '../../lib/wire/ethernet.js'
import { IP_MF, putIpv4 } from '../../lib/wire/ipv4.js'
import { putUdp } from '../../lib/wire/udp.js'
import { newWorld } from '../dev/lab.js'

const test = suite('ip/skb-hash')

const netns = newWorld({ seed: 1 }).addNetns('n')
const other = newWorld({ seed: 2 }).addNetns('n')

interface Flow {
  readonly saddr?: number
  readonly daddr?: number
  readonly sport?: number
  readonly dport?: number
  readonly proto?: number
  readonly fragOff?: number
  readonly vlan?: number
  readonly type?: number
  readonly payload?: number
}

const packet = (flow: Flow, where = netns): Skb => {
  const { saddr = 0x0a000001, daddr = 0x0a000002, sport = 1, dport = 2, proto = 17, fragOff = 0, payload = 8 } = flow
  const vlan = flow.vlan === undefined ? 0 : 4
  const skb = allocSkb(where, 200)
  const o = skbPut(skb, ETH_HLEN + vlan + 28 + payload)
  putEth(skb.buf, o, 0x020000000001, 0x020000000002, 0)
  const ip = o + ETH_HLEN + vlan
  if (flow.vlan !== undefined) {
    skb.buf[o + ETH_HLEN] = flow.vlan >> 8
    skb.buf[o + ETH_HLEN + 1] = flow.vlan & 255
    skb.buf[o + ETH_HLEN + 2] = 0x08
    skb.buf[o + ETH_HLEN + 3] = 0
  }
  skb.protocol = flow.type ?? (vlan > 0 ? 0x8100 : 0x0800)
  putIpv4(skb.buf, ip, 20, 0, 28 + payload, 1, fragOff, 64, proto, saddr, daddr)
  putUdp(skb.buf, ip + 20, sport, dport, 8 + payload)
  return skb
}

const hashOf = (flow: Flow, where = netns): number => {
  const skb = packet(flow, where)
  return skbGetHash(skb, skb.data + ETH_HLEN)
}

const SAME: readonly (readonly [string, Flow, Flow])[] = [
  ['both directions', {}, { saddr: 0x0a000002, daddr: 0x0a000001, sport: 2, dport: 1 }],
  ['lengths', {}, { payload: 100 }],
  ['ports of ICMP', { proto: 1 }, { proto: 1, sport: 9 }],
  ['ports of a first fragment', { fragOff: IP_MF }, { fragOff: IP_MF, sport: 9 }],
  ['ports of a later fragment', { fragOff: 5 }, { fragOff: 5, sport: 9 }],
  ['what is inside ARP', { type: 0x0806 }, { type: 0x0806, saddr: 77 }],
  ['the priority of a VLAN', { vlan: 5 }, { vlan: 0xe005 }],
]

for (const [name, a, b] of SAME)
  test(`does not see ${name} (__flow_hash_from_keys)`, () => assert.is(hashOf(a), hashOf(b)))

const DIFFERENT: readonly (readonly [string, Flow, Flow])[] = [
  ['addresses', {}, { saddr: 0x0a000003 }],
  ['ports', {}, { sport: 9 }],
  ['protocols', {}, { proto: 6 }],
  ['a fragment and a whole packet', {}, { fragOff: IP_MF }],
  ['VLANs', { vlan: 5 }, { vlan: 6 }],
  ['types', { type: 0x0806 }, { type: 0x88cc }],
]

for (const [name, a, b] of DIFFERENT) test(`tells ${name} apart`, () => assert.is.not(hashOf(a), hashOf(b)))

test('depends on the seed of the world', () => assert.is.not(hashOf({}), hashOf({}, other)))

test('is computed once, and survives a tunnel when ports are in it (skb_clear_hash_if_not_l4)', () => {
  const udp = packet({})
  const first = skbGetHash(udp, udp.data + ETH_HLEN)
  udp.buf.fill(0)
  assert.is(skbGetHash(udp, udp.data + ETH_HLEN), first)
  skbClearHashIfNotL4(udp)
  assert.is(udp.hash, first)
  const icmp = packet({ proto: 1 })
  assert.is.not(skbGetHash(icmp, icmp.data + ETH_HLEN), 0)
  skbClearHashIfNotL4(icmp)
  assert.is(icmp.hash, 0)
})

test.run()
