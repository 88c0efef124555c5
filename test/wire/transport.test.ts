/**
 * UDP, TCP and VXLAN: fields of recorded segments, checks, object forms.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { getU16, getU32 } from '../../lib/wire/bytes.js'
import { parseIpv4 } from '../../lib/wire/ip.js'
import * as T from '../../lib/wire/tcp.js'
import * as U from '../../lib/wire/udp.js'
import * as X from '../../lib/wire/vxlan.js'
import { firstFrame, hex, SEED, toHex } from './recordings.js'
import { refuses } from './refuses.js'

const test = suite('wire/transport')

const PSEUDO = { saddr: parseIpv4('10.0.0.1'), daddr: parseIpv4('10.0.0.2') }
/** The SYN of a connection as Linux sent it from 10.0.0.1 to 10.0.0.2 (scenario tcp-half-close). */
const SYN = '9c401b585dfba67000000000a002faf0bedd0000020405b40402080ab77f06a8000000000103030a'

test('fields of a recorded SYN are what tcpdump prints', () => {
  const b = hex(SYN)
  assert.equal([T.tcpSport(b, 0), T.tcpDport(b, 0)], [40000, 7000])
  assert.equal([T.tcpSeq(b, 0), T.tcpAck(b, 0)], [1576773232, 0])
  assert.equal([T.tcpHdrLen(b, 0), T.tcpFlags(b, 0), T.tcpWindow(b, 0)], [40, T.TH_SYN, 64240])
  assert.equal([T.tcpCsum(b, 0), T.tcpUrg(b, 0)], [0xbedd, 0])
})

test('its options: mss, sackOK, timestamps, nop, wscale', () => {
  const b = hex(SYN)
  const kinds: number[] = []
  for (let o: number = T.TCP_HLEN; T.tcpOptionKind(b, o, 40) >= 0; o += T.tcpOptionLen(b, o)) {
    kinds.push(T.tcpOptionKind(b, o, 40))
    if (b[o] === T.TCPOPT_MSS) assert.is(getU16(b, o + 2), 1460)
    if (b[o] === T.TCPOPT_TIMESTAMP) assert.is(getU32(b, o + 2) >>> 0, 3078555304)
  }
  assert.equal(kinds, [T.TCPOPT_MSS, T.TCPOPT_SACK_PERM, T.TCPOPT_TIMESTAMP, T.TCPOPT_NOP, T.TCPOPT_WINDOW])
  assert.is(T.tcpOptionKind(hex('02'), 0, 1), -1)
  assert.is(T.tcpOptionKind(hex('0201'), 0, 2), -1)
  assert.is(T.tcpOptionKind(hex('020405'), 0, 3), -1)
})

test('the object form of the SYN is encoded to the recorded octets, checksum included', () => {
  const { csum, ...repr } = T.parseTcp(hex(SYN))
  assert.is(csum, 0xbedd)
  assert.is(toHex(T.emitTcp(repr, new Uint8Array(0), PSEUDO)), SYN)
})

test('a datagram written from its fields has the recorded octets, checksum included', () => {
  const frame = firstFrame(b => getU16(b, 12) === 0x0800 && b[14] === 0x45 && b[23] === 17 && getU16(b, 40) !== 0)
  const len = U.udpLen(frame, 34)
  const b = frame.slice(34, 34 + len)
  b.fill(0xee, 0, 8)
  U.putUdp(b, 0, U.udpSport(frame, 34), U.udpDport(frame, 34), len)
  assert.is(U.udpCsum(b, 0), 0)
  U.putUdpCsum(b, 0, len, getU32(frame, 26), getU32(frame, 30))
  assert.is(toHex(b), toHex(frame.subarray(34, 34 + len)))
  assert.is(U.udpCsumOk(b, 0, len, getU32(frame, 26), getU32(frame, 30)), true)
  b[len - 1] = b[len - 1]! ^ 1
  assert.is(U.udpCsumOk(b, 0, len, getU32(frame, 26), getU32(frame, 30)), false)
})

test('a sum of 0 is sent as ffff, and 0 means none (RFC 768)', () => {
  const b = new Uint8Array(10)
  U.putUdp(b, 0, 1, 2, 10)
  // The payload is what the rest of the sum lacks.
  U.putUdpCsum(b, 0, 10, PSEUDO.saddr, PSEUDO.daddr)
  b.set(b.slice(6, 8), 8)
  U.putUdpCsum(b, 0, 10, PSEUDO.saddr, PSEUDO.daddr)
  assert.is(U.udpCsum(b, 0), 0xffff)
  assert.is(U.udpCsumOk(b, 0, 10, PSEUDO.saddr, PSEUDO.daddr), true)
  U.putUdpCsumField(b, 0, 0)
  assert.is(U.udpCsumOk(b, 0, 10, 1, 2), true)
})

test('lengths that cannot be are not taken (__udp4_lib_rcv)', () => {
  const ok = (len: number, end: number): boolean => {
    const b = new Uint8Array(20)
    U.putUdp(b, 0, 1, 2, len)
    return U.udpOk(b, 0, end)
  }
  assert.equal([ok(8, 8), ok(20, 20), ok(12, 20)], [true, true, true])
  assert.equal([ok(8, 7), ok(7, 20), ok(0, 20), ok(21, 20)], [false, false, false, false])
  assert.equal([T.tcpOk(hex(SYN), 0, 40), T.tcpOk(hex(SYN), 0, 39), T.tcpOk(hex(SYN), 0, 19)], [true, false, false])
})

test('the decoders name field, offset and reason', () => {
  const udp = (len: number): Uint8Array => {
    const b = new Uint8Array(50)
    U.putUdp(b, 34, 1, 2, len)
    return b
  }
  refuses(() => U.parseUdp(udp(7), 34), 'udp.len', 38, 'udp.len: 7 at offset 38: shorter than the header (8)')
  refuses(() => U.parseUdp(udp(17), 34), 'udp.len', 38, 'udp.len: 17 at offset 38: longer than what is there (16)')
  refuses(() => U.parseUdp(udp(9), 45), 'udp', 45, 'udp: 5 octets at offset 45: truncated: a header has 8 octets')
  assert.is(U.parseUdp(udp(17), 34, 50, true).len, 17)
  const tcp = hex(`ff${SYN}`)
  refuses(() => T.parseTcp(tcp, 1, 40), 'tcp.doff', 13, 'tcp.doff: 40 at offset 13: longer than what is there (39)')
  tcp[13] = 0x40
  refuses(() => T.parseTcp(tcp, 1), 'tcp.doff', 13, 'tcp.doff: 16 at offset 13: shorter than the header (20)')
  refuses(() => T.parseTcp(tcp, 30), 'tcp', 30, 'tcp: 11 octets at offset 30: truncated: a header has 20 octets')
  refuses(() => X.parseVxlan(tcp, 40), 'vxlan', 40, 'vxlan: 1 octets at offset 40: truncated: a header has 8 octets')
})

test('what does not fit a field is refused when encoded', () => {
  assert.throws(() => U.emitUdp({ sport: -1, dport: 2 }), /udp.sport: -1 is not an integer from 0 to 65535/)
  assert.throws(() => U.emitUdp({ sport: 1, dport: 2.5 }), /udp.dport: 2.5/)
  assert.throws(() => U.emitUdp({ sport: 1, dport: 2 }, new Uint8Array(65530)), /udp.len: 65538/)
  const tcp = { sport: 1, dport: 2, seq: 0, ack: 0, flags: 0, window: 0 }
  assert.throws(() => T.emitTcp({ ...tcp, options: new Uint8Array(2) }), /not a multiple of 4/)
  assert.throws(() => T.emitTcp({ ...tcp, seq: 2 ** 32 }), /tcp.seq: 4294967296/)
  assert.throws(() => X.emitVxlan({ vni: 2 ** 24 }), /vxlan.vni: 16777216/)
})

test('a VXLAN header: flags 08, the identifier in octets 5 to 7 (RFC 7348)', () => {
  const b = new Uint8Array(8).fill(0xee)
  X.putVxlan(b, 0, 0x123456)
  assert.is(toHex(b), '0800000012345600')
  assert.equal([X.vxlanFlags(b, 0), X.vxlanVni(b, 0), X.vxlanOk(b, 0, 8)], [X.VXLAN_F_VNI, 0x123456, true])
  assert.equal([X.vxlanOk(b, 0, 7), X.vxlanOk(hex('0000000012345600'), 0, 8)], [false, false])
  assert.equal(X.parseVxlan(b), { flags: 8, vni: 0x123456 })
  assert.is(toHex(X.emitVxlan({ vni: 1 }, hex('ff'))), '0800000000000100ff')
})

test('any header is the same again (property)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 80 }), octets => {
      const tcp = octets.slice()
      tcp[12] = (tcp[12]! & 15) | (Math.min(15, octets.length >> 2) << 4)
      const { options = new Uint8Array(0) } = T.parseTcp(tcp)
      assert.is(toHex(T.emitTcp(T.parseTcp(tcp), tcp.slice(20 + options.length))), toHex(tcp))
      const udp = octets.slice()
      udp[4] = 0
      udp[5] = octets.length
      assert.is(toHex(U.emitUdp(U.parseUdp(udp), udp.slice(8))), toHex(udp))
    }),
    { seed: SEED, numRuns: 500 },
  )
})

test.run()
