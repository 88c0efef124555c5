/**
 * The pcap format: files of tcpdump in all four forms, what is refused, what the writer makes.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NetloomError } from '../../lib/errors.js'
import { DEFAULT_SNAPLEN, LINKTYPE_ETHERNET, LINKTYPE_RAW, PcapWriter, readPcap } from '../../lib/capture/pcap.js'
import { capturesOf, hex, packetsOf, SCENARIOS, scenarioNames, SEED, toHex } from '../wire/recordings.js'

const test = suite('capture/pcap')

/** One frame of three octets (five on the wire) at 1.000002 s, or at 1.000000002 s. */
const LITTLE = 'd4c3b2a1 02000400 00000000 00000000 00000400 01000000 01000000 02000000 03000000 05000000 aabbcc'
const BIG = 'a1b2c3d4 00020004 00000000 00000000 00040000 00000001 00000001 00000002 00000003 00000005 aabbcc'
const NANO_LITTLE = LITTLE.replace('d4c3b2a1', '4d3cb2a1')
const NANO_BIG = BIG.replace('a1b2c3d4', 'a1b23c4d')

const refuses = (bytes: Uint8Array, offset: number, message: string): void =>
  assert.throws(
    () => readPcap(bytes),
    (e: unknown) =>
      e instanceof NetloomError && e.code === 'EFORMAT' && e.context['offset'] === offset && e.message === message,
    message,
  )

test('both byte orders, microseconds and nanoseconds (pcap-savefile)', () => {
  for (const [text, nanos] of [
    [LITTLE, false],
    [BIG, false],
    [NANO_LITTLE, true],
    [NANO_BIG, true],
  ] as const) {
    const file = readPcap(hex(text))
    assert.equal([file.linkType, file.nanos, file.snapLen], [LINKTYPE_ETHERNET, nanos, 262144])
    const [packet] = file.packets
    const nsec = nanos ? 2 : 2000
    assert.equal([packet!.sec, packet!.nsec, packet!.timeNs], [1, nsec, 1e9 + nsec])
    assert.equal([packet!.wireLen, toHex(packet!.data)], [5, 'aabbcc'])
  }
})

test('link types other than Ethernet are numbers; bits of a frame check sequence do not count', () => {
  assert.is(readPcap(hex(LITTLE.replace(' 01000000', ' 65000000'))).linkType, LINKTYPE_RAW)
  assert.is(readPcap(hex(LITTLE.replace(' 01000000', ' 01000044'))).linkType, LINKTYPE_ETHERNET)
})

test('the bytes may stand anywhere in their buffer', () => {
  const whole = new Uint8Array(100)
  const bytes = hex(LITTLE)
  whole.set(bytes, 7)
  assert.is(toHex(readPcap(whole.subarray(7, 7 + bytes.length)).packets[0]!.data), 'aabbcc')
})

test('what is no pcap file, or not a whole one, is refused with the offset', () => {
  const file = hex(LITTLE)
  refuses(file.subarray(0, 20), 0, 'pcap: at offset 0: 20 octets, a file header has 24')
  refuses(
    hex(LITTLE.replace('d4c3b2a1', '0a0d0d0a')),
    0,
    'pcap: at offset 0: magic number 0a0d0d0a is not that of a pcap file',
  )
  refuses(hex(LITTLE.replace('02000400', '02000300')), 4, 'pcap: at offset 4: version 2.3, supported is 2.4')
  refuses(file.subarray(0, 30), 24, 'pcap: at offset 24: record 0 has 6 octets of its header of 16')
  refuses(file.subarray(0, 42), 24, 'pcap: at offset 24: record 0 announces 3 octets, 2 are left')
})

test('all recordings are read to their end, as many frames as meta.json says', () => {
  let frames = 0
  for (const scenario of scenarioNames()) {
    const meta = JSON.parse(readFileSync(join(SCENARIOS, scenario, 'meta.json'), 'utf8'))
    for (const capture of capturesOf(scenario)) {
      const found = packetsOf(scenario, capture).length
      assert.is(found, meta.frames[capture] ?? meta.frames[capture.replace('.pcap', '')], `${scenario}/${capture}`)
      frames += found
    }
  }
  assert.ok(frames > 3000)
})

test('the writer makes nanoseconds, little endian, snapshot length 262144', () => {
  const writer = new PcapWriter()
  writer.write(1_000_000_002, hex('aabbcc'))
  const wanted = NANO_LITTLE.replace('05000000', '03000000')
  assert.is(toHex(writer.bytes()), wanted.replaceAll(' ', ''))
  assert.equal([writer.count, writer.snapLen, writer.linkType], [1, DEFAULT_SNAPLEN, LINKTYPE_ETHERNET])
})

test('frames are cut to the snapshot length, their length on the wire is kept', () => {
  const writer = new PcapWriter({ snapLen: 2, linkType: LINKTYPE_RAW })
  writer.write(5, hex('0011223344'), 1, 4)
  const { packets, snapLen, linkType } = readPcap(writer.bytes())
  assert.equal([snapLen, linkType, packets[0]!.wireLen, toHex(packets[0]!.data)], [2, LINKTYPE_RAW, 3, '1122'])
  assert.throws(() => new PcapWriter({ snapLen: 0 }), /snapLen 0 is not between/)
})

test('what was written is read again, in memory and by pieces (property)', () => {
  const frame = fc.record({ timeNs: fc.nat(), size: fc.oneof(fc.nat(200), fc.nat(70_000)), fill: fc.nat(255) })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), frames => {
      const pieces: Uint8Array[] = []
      const memory = new PcapWriter()
      const stream = new PcapWriter({ sink: chunk => pieces.push(chunk.slice()) })
      for (const { timeNs, size, fill } of frames) {
        const b = new Uint8Array(size + 3).fill(fill)
        memory.write(timeNs * 1000, b, 1, size + 1)
        stream.write(timeNs * 1000, b, 1, size + 1)
      }
      stream.flush()
      stream.flush()
      const joined = Buffer.concat(pieces)
      assert.ok(joined.equals(memory.bytes()))
      const { packets } = readPcap(joined)
      assert.equal(
        packets.map(p => [p.timeNs, p.wireLen, p.data.length, p.data[0] ?? -1]),
        frames.map(f => [f.timeNs * 1000, f.size, f.size, f.size === 0 ? -1 : f.fill]),
      )
    }),
    { seed: SEED, numRuns: 60 },
  )
})

test('any bytes are read or refused with EFORMAT (property)', () => {
  const start = hex(NANO_LITTLE).slice(0, 24)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (b, withHeader) => {
      try {
        readPcap(withHeader ? Buffer.concat([start, b]) : b)
      } catch (e) {
        if (!(e instanceof NetloomError) || e.code !== 'EFORMAT') throw e
      }
    }),
    { seed: SEED, numRuns: 1000 },
  )
})

test.run()
