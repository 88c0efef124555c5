/**
 * Whole frames as objects: what recorded frames decode to, the way back, and what is refused.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NetloomError } from '../../lib/errors.js'
import { dissect } from '../../lib/wire/dissect.js'
import { decodeFrame, encodeFrame, type FrameInit } from '../../lib/wire/frame.js'
import { parseVxlan, VXLAN_HLEN } from '../../lib/wire/vxlan.js'
import { allFrames, hex, packetsOf, SEED, toHex } from './recordings.js'
import { refuses } from './refuses.js'

const test = suite('wire/frame')

const ETH = { dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }
const IP = { saddr: '10.0.0.1', daddr: '10.0.0.2' }

test('every frame of the recordings is the same when it was decoded and encoded', () => {
  const frames = allFrames()
  assert.ok(frames.length > 3000)
  for (const frame of frames) assert.is(toHex(encodeFrame(decodeFrame(frame))), toHex(frame))
})

test('a recorded redirect: addresses as text, the quoted packet as an object, nothing derived', () => {
  const frame = packetsOf('icmp-redirect', 'h1-eth0.pcap').find(p => p.data[23] === 1 && p.data[34] === 5)!.data
  const { quoted, payload, ...rest } = decodeFrame(frame)
  assert.equal(rest, {
    eth: { dst: '02:00:00:00:01:01', src: '02:00:00:00:a1:01', type: 0x0800 },
    ipv4: {
      tos: 0xc0,
      id: 28174,
      df: false,
      mf: false,
      fragOffset: 0,
      ttl: 64,
      proto: 1,
      saddr: '10.0.0.254',
      daddr: '10.0.0.1',
    },
    icmp: { type: 5, code: 1, gateway: '10.0.0.253' },
  })
  assert.is(payload.length, 0)
  assert.equal(quoted!.icmp, { type: 8, code: 0, id: 4660, seq: 1 })
  assert.equal([quoted!.ipv4.ttl, quoted!.ipv4.daddr, toHex(quoted!.payload)], [63, '10.0.2.1', '0001020304050607'])
})

test('every quoted packet of the recordings is an object', () => {
  const errors = allFrames()
    .map(decodeFrame)
    .filter(f => [3, 5, 11, 12].includes(f.icmp?.type ?? 0))
  assert.ok(errors.length > 80)
  for (const { quoted } of errors) assert.ok(quoted!.udp ?? quoted!.icmp ?? quoted!.tcp)
})

test('a frame encoded from few fields: types, protocol, lengths and checksums follow', () => {
  const frame = encodeFrame({ eth: ETH, ipv4: IP, udp: { sport: 4000, dport: 9000 }, payload: hex('68656c6c6f') })
  assert.is(
    dissect(frame, { verbose: 2, linkLevel: true }),
    '02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype IPv4 (0x0800), length 47: ' +
      '(tos 0x0, ttl 64, id 0, offset 0, flags [none], proto UDP (17), length 33)\n' +
      '    10.0.0.1.4000 > 10.0.0.2.9000: [udp sum ok] UDP, length 5',
  )
  const { ipv4, udp, payload } = decodeFrame(frame)
  assert.equal(udp, { sport: 4000, dport: 9000 })
  assert.equal([ipv4!.totLen, ipv4!.csum, payload.length], [undefined, undefined, 5])
})

test('tags, outer first; padding stays behind the packet', () => {
  const arp = { op: 1, sha: ETH.src, spa: '10.0.0.1', tha: '00:00:00:00:00:00', tpa: '10.0.0.2' }
  const vlan = [{ vid: 10, prio: 3 }, { vid: 20 }]
  const frame = encodeFrame({ eth: ETH, vlan, arp, trailer: new Uint8Array(10) })
  assert.is(toHex(frame.subarray(12, 24)), '8100600a8100001408060001')
  const back = decodeFrame(frame)
  assert.equal(back.vlan, [
    { vid: 10, prio: 3, dei: false, type: 0x8100 },
    { vid: 20, prio: 0, dei: false, type: 0x0806 },
  ])
  assert.equal([back.arp, back.trailer!.length, toHex(encodeFrame(back))], [arp, 10, toHex(frame)])
})

test('what contradicts the rest is kept: wrong checksums, octets behind a datagram', () => {
  const init: FrameInit = {
    eth: ETH,
    ipv4: { ...IP, csum: 1 },
    udp: { sport: 1, dport: 2, csum: 0 },
    payload: hex('aa'),
    surplus: hex('bbcc'),
  }
  const frame = encodeFrame(init)
  const back = decodeFrame(frame)
  assert.equal([back.ipv4!.csum, back.udp, toHex(back.surplus!)], [1, { sport: 1, dport: 2, csum: 0 }, 'bbcc'])
  assert.is(toHex(encodeFrame(back)), toHex(frame))
})

test('fragments are not taken apart behind the IPv4 header', () => {
  const packets = packetsOf('frag-router', 'h2-eth0.pcap').map(p => decodeFrame(p.data))
  const first = packets.find(p => p.ipv4?.mf === true && p.ipv4.fragOffset === 0)!
  assert.equal([first.udp, first.icmp], [undefined, undefined])
  assert.ok(first.payload.length > 8)
})

test('a tunnel carries its inner frame as payload', () => {
  const outer = packetsOf('vxlan-flannel-pods', 'n1-eth0.pcap').map(p => decodeFrame(p.data))
  const tunnelled = outer.find(p => p.udp?.dport === 8472)!
  assert.is(parseVxlan(tunnelled.payload).vni, 1)
  assert.is(decodeFrame(tunnelled.payload.slice(VXLAN_HLEN)).ipv4!.daddr, '10.244.2.2')
})

test('the decoder names field, offset in the frame, and reason', () => {
  const frame = encodeFrame({ eth: ETH, ipv4: IP, udp: { sport: 1, dport: 2, len: 7 }, payload: hex('aabb') })
  refuses(() => decodeFrame(frame), 'udp.len', 38, 'udp.len: 7 at offset 38: shorter than the header (8)')
  const reason = 'ipv4.totLen: 30 at offset 16: longer than what is there (29)'
  refuses(() => decodeFrame(frame.subarray(0, 43)), 'ipv4.totLen', 16, reason)
  refuses(
    () => decodeFrame(frame.subarray(0, 9)),
    'eth',
    0,
    'eth: 9 octets at offset 0: truncated: a header has 14 octets',
  )
})

test('what cannot be encoded is refused with its field', () => {
  assert.throws(() => encodeFrame({ eth: ETH }), /eth.type: neither given nor known from arp or ipv4/)
  assert.throws(() => encodeFrame({ eth: ETH, vlan: [{ vid: 1 }] }), /vlan.type: neither given/)
  assert.throws(() => encodeFrame({ eth: { ...ETH, dst: 'x' }, ipv4: IP }), /"x" is invalid lladdr/)
})

test('any octets decode, or are refused with EDECODE (property)', () => {
  const frames = allFrames()
  const change = fc.record({ at: fc.nat(80), value: fc.nat(255) })
  const mutated = fc
    .record({ n: fc.nat(frames.length - 1), changes: fc.array(change, { maxLength: 4 }), cut: fc.nat(1600) })
    .map(({ n, changes, cut }) => {
      const b = frames[n]!.slice(0, cut)
      for (const { at, value } of changes) if (at < b.length) b[at] = value
      return b
    })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 120 }), mutated), b => {
      try {
        assert.is(toHex(encodeFrame(decodeFrame(b))), toHex(b))
      } catch (e) {
        if (!(e instanceof NetloomError) || e.code !== 'EDECODE') throw e
        assert.type(e.context['offset'], 'number')
        assert.type(e.context['reason'], 'string')
      }
    }),
    { seed: SEED, numRuns: 10000 },
  )
})

test.run()
