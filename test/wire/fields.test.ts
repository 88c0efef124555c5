/**
 * Reads at fixed offsets against buffer-layout's own decoding of the same headers, declared here from the RFCs.
 */
import { struct, u8, u16be, u24be, u32be, u48be } from 'buffer-layout'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as A from '../../lib/wire/arp.js'
import * as E from '../../lib/wire/ethernet.js'
import * as I from '../../lib/wire/icmp.js'
import * as G from '../../lib/wire/igmp.js'
import * as V4 from '../../lib/wire/ipv4.js'
import * as T from '../../lib/wire/tcp.js'
import * as U from '../../lib/wire/udp.js'
import * as V from '../../lib/wire/vlan.js'
import * as X from '../../lib/wire/vxlan.js'
import { SEED } from './recordings.js'

const test = suite('wire/fields')

type Fields = Readonly<Record<string, number>>
type Read = (b: Uint8Array, o: number) => number

/** buffer-layout's slow decoder, which the library itself does not use. */
const decoder = (...fields: Parameters<typeof struct>[0]): ((b: Uint8Array, o: number) => Fields) => {
  const layout = struct(fields) as unknown as { decode(b: Buffer, offset: number): Fields }
  return (b, o) => layout.decode(Buffer.from(b.buffer, b.byteOffset, b.length), o)
}

const CASES: readonly [string, ReturnType<typeof decoder>, Readonly<Record<string, Read>>][] = [
  ['Ethernet', decoder(u48be('dst'), u48be('src'), u16be('type')), { dst: E.ethDst, src: E.ethSrc, type: E.ethType }],
  ['802.1Q', decoder(u16be('tci'), u16be('type')), { tci: V.vlanTci, type: V.vlanType }],
  [
    'RFC 826',
    decoder(
      ...[u16be('hrd'), u16be('pro'), u8('hln'), u8('pln'), u16be('op')],
      ...[u48be('sha'), u32be('spa'), u48be('tha'), u32be('tpa')],
    ),
    {
      ...{ hrd: A.arpHrd, pro: A.arpPro, hln: A.arpHln, pln: A.arpPln, op: A.arpOp },
      ...{ sha: A.arpSha, spa: A.arpSpa, tha: A.arpTha, tpa: A.arpTpa },
    },
  ],
  [
    'RFC 791',
    decoder(
      ...[u8('verIhl'), u8('tos'), u16be('len'), u16be('id'), u16be('frag')],
      ...[u8('ttl'), u8('proto'), u16be('csum'), u32be('src'), u32be('dst')],
    ),
    {
      verIhl: (b, o) => (V4.ipv4Version(b, o) << 4) | (V4.ipv4Ihl(b, o) >> 2),
      ...{ tos: V4.ipv4Tos, len: V4.ipv4TotLen, id: V4.ipv4Id, frag: V4.ipv4FragOff, ttl: V4.ipv4Ttl },
      ...{ proto: V4.ipv4Proto, csum: V4.ipv4Csum, src: V4.ipv4Saddr, dst: V4.ipv4Daddr },
    },
  ],
  [
    'RFC 792',
    decoder(u8('type'), u8('code'), u16be('csum'), u16be('id'), u16be('seq')),
    { type: I.icmpType, code: I.icmpCode, csum: I.icmpCsum, id: I.icmpId, seq: I.icmpSeq },
  ],
  [
    'RFC 2236',
    decoder(u8('type'), u8('code'), u16be('csum'), u32be('group')),
    { type: G.igmpType, code: G.igmpCode, csum: G.igmpCsum, group: G.igmpGroup },
  ],
  [
    'RFC 768',
    decoder(u16be('sport'), u16be('dport'), u16be('len'), u16be('csum')),
    { sport: U.udpSport, dport: U.udpDport, len: U.udpLen, csum: U.udpCsum },
  ],
  [
    'RFC 9293',
    decoder(
      ...[u16be('sport'), u16be('dport'), u32be('seq'), u32be('ack')],
      ...[u8('doff'), u8('flags'), u16be('window'), u16be('csum'), u16be('urg')],
    ),
    {
      ...{ sport: T.tcpSport, dport: T.tcpDport, seq: T.tcpSeq, ack: T.tcpAck, flags: T.tcpFlags },
      ...{ window: T.tcpWindow, csum: T.tcpCsum, urg: T.tcpUrg },
    },
  ],
  [
    'RFC 7348',
    decoder(u8('flags'), u24be('reserved1'), u24be('vni'), u8('reserved2')),
    { flags: X.vxlanFlags, vni: X.vxlanVni },
  ],
]

for (const [name, decode, reads] of CASES)
  test(`${name}: every read gives what buffer-layout decodes (property)`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 48, maxLength: 48 }), fc.nat(16), (b, o) => {
        const fields = decode(b, o)
        // Addresses and sequence numbers are int32 in netloom, unsigned in buffer-layout; MACs are beyond both.
        for (const [field, read] of Object.entries(reads)) {
          const value = read(b, o)
          assert.is(value < 0 ? value >>> 0 : value, fields[field], field)
        }
      }),
      { seed: SEED },
    )
  })

test.run()
