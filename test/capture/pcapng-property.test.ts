/**
 * pcapng for all files: what was written is read again, and any octets are read or refused.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readPcapng } from '../../lib/capture/pcapng-reader.js'
import { PcapngWriter } from '../../lib/capture/pcapng-writer.js'
import { NetloomError } from '../../lib/errors.js'
import { DATA, hex, SEED } from '../wire/recordings.js'
import { GOLDEN, GOLDEN_BIG } from './pcapng-builder.js'

const test = suite('capture/pcapng-property')

const recorded = (name: string): Buffer => readFileSync(join(DATA, 'pcapng', name))

const text = fc
  .oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ maxLength: 40 }))
  .map(s => s.replaceAll('\0', '0'))
const maybe = <T>(arb: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arb, { nil: null })
const octet = fc.nat(255)
const anOption = fc.record(
  { code: fc.integer({ min: 100, max: 65535 }), data: fc.uint8Array({ maxLength: 9 }) },
  { noNullPrototype: true },
)
const options = fc.array(anOption, { maxLength: 2 })
const anInterface = fc.record(
  {
    name: maybe(text),
    description: maybe(text),
    linkType: fc.nat(65535),
    snapLen: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300 })),
    mac: maybe(
      fc
        .tuple(octet, octet)
        .map(([a, b]) => `02:00:00:00:${[a, b].map(v => v.toString(16).padStart(2, '0')).join(':')}`),
    ),
    ipv4: fc.array(
      fc.tuple(octet, fc.nat(32)).map(([a, len]) => `10.${a}.0.1/${len}`),
      { maxLength: 2 },
    ),
    ipv6: fc.array(
      fc.nat(128).map(len => `2001:db8::1/${len}`),
      { maxLength: 2 },
    ),
    speed: maybe(fc.nat()),
    filter: maybe(text),
    os: maybe(text),
    hardware: maybe(text),
    comments: fc.array(text, { maxLength: 3 }),
    options,
  },
  { noNullPrototype: true },
)
const aPacket = fc.record(
  {
    of: fc.nat(2),
    sec: fc.nat({ max: 4_000_000_000 }),
    nsec: fc.nat({ max: 999_999_999 }),
    data: fc.uint8Array({ maxLength: 310 }),
    more: fc.nat(9),
    flags: fc.nat(),
    comments: fc.array(text, { maxLength: 3 }),
    dropCount: maybe(fc.nat()),
    packetId: maybe(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })),
    queue: maybe(fc.nat()),
    options,
  },
  { noNullPrototype: true },
)

test('what was written is read again (property)', () => {
  fc.assert(
    fc.property(
      fc.array(anInterface, { minLength: 3, maxLength: 3 }),
      fc.array(aPacket, { maxLength: 8 }),
      fc.array(text, { maxLength: 2 }),
      (interfaces, packets, comments) => {
        const writer = new PcapngWriter({ comments, os: 'os', hardware: null })
        for (const init of interfaces) writer.addInterface(init)
        for (const { of, more, ...packet } of packets)
          writer.writePacket(of, { ...packet, wireLen: packet.data.length + more })
        const file = readPcapng(writer.bytes())
        assert.equal(
          [file.sections[0]!.comments, file.sections[0]!.os, file.sections[0]!.hardware],
          [comments, 'os', null],
        )
        const wellFormed = (s: string | null): string | null => (s === null ? null : Buffer.from(s).toString())
        for (const [i, init] of interfaces.entries()) {
          const { id, section, tsResol, tsOffset, ...found } = file.interfaces[i]!
          assert.equal([id, section, tsResol, tsOffset], [i, 0, 9, 0])
          const { name, description, filter, os, hardware } = init
          const texts = { name, description, filter, os, hardware }
          const wanted = Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, wellFormed(value)]))
          assert.equal(found, { ...init, ...wanted, comments: init.comments.map(c => wellFormed(c)) })
        }
        for (const [i, { of, more, data, ...packet }] of packets.entries()) {
          const found = file.packets[i]!
          const { snapLen } = interfaces[of]!
          assert.is(found.interface, file.interfaces[of])
          assert.equal(found.data, snapLen === 0 ? data : data.slice(0, snapLen))
          assert.is(found.wireLen, data.length + more)
          assert.ok(found.packetId === packet.packetId)
          const { packetId, ...rest } = packet
          for (const [key, value] of Object.entries(rest)) assert.equal(found[key as 'flags'], value as number, key)
        }
        // Packets that were read are written again as they are, but for a flag of both directions.
        const again = new PcapngWriter({ comments, os: 'os' })
        for (const of of file.interfaces) again.addInterface(of)
        for (const packet of file.packets) again.writePacket(packet.interface.id, packet)
        assert.equal(again.bytes(), writer.bytes())
      },
    ),
    { seed: SEED, numRuns: 300 },
  )
})

/** Files whose mutations are tried. */
const seeds = (): Buffer[] => [
  Buffer.from(hex(GOLDEN)),
  Buffer.from(hex(GOLDEN_BIG)),
  recorded('dumpcap.pcapng'),
  Buffer.concat([hex(GOLDEN_BIG), recorded('tshark.pcapng')]),
]

test('50,000 mutated files are read or refused with EFORMAT, strictly and leniently', () => {
  const files = seeds()
  let state = SEED
  const draw = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >> 8) % n
  }
  let refused = 0
  for (let i = 0; i < 50_000; i++) {
    const source = files[i % files.length]!
    const bytes = Buffer.from(source.subarray(0, draw(4) === 0 ? draw(source.length + 1) : source.length))
    for (let n = 1 + draw(4); n > 0 && bytes.length > 0; n--)
      bytes[draw(bytes.length)] = [0, 1, 4, 0x7f, 0x80, 0xff, draw(256)][draw(7)]!
    try {
      readPcapng(bytes, { lenient: i % 3 === 0 })
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code !== 'EFORMAT') throw e
      refused++
    }
  }
  assert.ok(refused > 5000 && refused < 45_000, `${refused} refused`)
})

test.run()
