/**
 * The pcapng format: blocks written by hand from the draft in both byte orders, files of dumpcap and tshark, what is
 * refused and in which words, what the writer makes.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LINKTYPE_ETHERNET, LINKTYPE_RAW, PcapWriter } from '../../lib/capture/pcap.js'
import { readPcapng } from '../../lib/capture/pcapng-reader.js'
import { PcapngWriter } from '../../lib/capture/pcapng-writer.js'
import { readCapture } from '../../lib/capture/read-capture.js'
import { NetloomError } from '../../lib/errors.js'
import { DATA, hex, toHex } from '../wire/recordings.js'
import { BlockBuilder, GOLDEN, GOLDEN_BIG } from './pcapng-builder.js'

const test = suite('capture/pcapng')

const recorded = (name: string): Buffer => readFileSync(join(DATA, 'pcapng', name))

const refuses = (bytes: Uint8Array, offset: number, message: string): void =>
  assert.throws(
    () => readPcapng(bytes),
    (e: unknown) => {
      assert.instance(e, NetloomError)
      assert.equal([(e as NetloomError).code, (e as NetloomError).message], ['EFORMAT', `pcapng: at offset ${message}`])
      return (e as NetloomError).context['offset'] === offset
    },
  )

test('both byte orders, by hand from the draft', () => {
  for (const text of [GOLDEN, GOLDEN_BIG]) {
    const file = readPcapng(hex(text))
    const [packet] = file.packets
    assert.equal([packet!.sec, packet!.nsec, packet!.timeNs, packet!.hasTime], [1, 2, 1e9 + 2, true])
    assert.equal([packet!.wireLen, toHex(packet!.data)], [5, 'aabbcc'])
    assert.equal([packet!.direction, packet!.flags, packet!.comments], ['out', 2, ['hi']])
    const of = packet!.interface
    assert.equal([of.id, of.name, of.linkType, of.snapLen, of.tsResol], [0, 'eth0', LINKTYPE_ETHERNET, 262144, 9])
    assert.equal([file.sections.length, file.sections[0]!.littleEndian, file.truncated], [1, text === GOLDEN, null])
  }
})

test('the writer makes exactly these octets', () => {
  const writer = new PcapngWriter({ userAppl: null })
  const id = writer.addInterface({ name: 'eth0' })
  writer.writePacket(id, { timeNs: 1e9 + 2, data: hex('aabbcc'), wireLen: 5, direction: 'out', comments: ['hi'] })
  assert.is(toHex(writer.bytes()), toHex(hex(GOLDEN)))
  assert.is(writer.count, 1)
  const fast = new PcapngWriter({ userAppl: null })
  fast.addInterface({ name: 'eth0', snapLen: 3 })
  const place = fast.writeFrame(0, 1e9 + 2, 2, hex('00aabbccddee00'), 1, 6)
  fast.comment(place, 'hi')
  // Comments that come later stand behind the flags.
  const options = '0100 0200 68690000 0200 0400 02000000'
  const later = GOLDEN.replace('00000400', '03000000').replace(options, '0200 0400 02000000 0100 0200 68690000')
  assert.is(toHex(fast.bytes()), toHex(hex(later)))
})

test('time stamps in every resolution, with an offset (if_tsresol, if_tsoffset)', () => {
  // 10^-6 is the default; 10 with the highest bit is 1/1024 s; the example of the draft is 2012-06-29 06:17:00.834163.
  for (const [options, high, low, sec, nsec] of [
    ['', 0x0004c396, 0x656a8973, 1340950620, 834163000],
    ['0900 0100 06000000', 0x0004c396, 0x656a8973, 1340950620, 834163000],
    ['0900 0100 00000000', 0, 7, 7, 0],
    ['0900 0100 8a000000', 0, 1024 + 512, 1, 500_000_000],
    ['0900 0100 0c000000', 0xe8, 0xd4a51000 + 1999, 1, 1],
    ['0900 0100 06000000 0e00 0800 d2040000 00000000', 0, 5, 1234, 5000],
    ['0900 0100 06000000 0e00 0800 ffffffff ffffffff', 0, 2_000_000, 1, 0],
  ] as const) {
    const b = new BlockBuilder(true).section()
    b.block(1, '0100 0000 00000000', options)
    b.packet(0, high, low, 'aa')
    const [packet] = readPcapng(b.bytes()).packets
    assert.equal([packet!.sec, packet!.nsec], [sec, nsec], options)
  }
})

test('an interface says all that it knows', () => {
  const b = new BlockBuilder(false).section()
  b.block(
    1,
    '0065 0000 00000060',
    '0004 0008 c0a80101 ffffff00  0004 0008 0a000001 ff00ff00  0005 0011 20010db885a308d313198a2e03707344 40000000',
    '0006 0006 000102030405 0000  0008 0008 0000000005f5e100  000b 0004 00617270  000d 0001 04000000',
  )
  const [of] = readPcapng(b.bytes()).interfaces
  assert.equal(
    [of!.linkType, of!.snapLen, of!.mac, of!.speed, of!.filter, of!.name],
    [LINKTYPE_RAW, 96, '00:01:02:03:04:05', 100_000_000, 'arp', null],
  )
  assert.equal(of!.ipv4, ['192.168.1.1/24', '10.0.0.1/255.0.255.0'])
  assert.equal(of!.ipv6, ['2001:db8:85a3:8d3:1319:8a2e:370:7344/64'])
  assert.equal(
    of!.options.map(({ code, data }) => [code, toHex(data)]),
    [[13, '04']],
  )
})

test('simple packets have no time and are cut to the first interface; old packets count their drops', () => {
  const b = new BlockBuilder(true).section()
  b.block(1, '0100 0000 03000000')
  b.block(3, '05000000 aabbcc00')
  b.block(2, '0000 0700 00000000 40420f00 02000000 02000000 aabb0000', '0200 0400 0d000000')
  b.block(2, '0000 ffff 00000000 40420f00 00000000 02000000')
  const { packets } = readPcapng(b.bytes())
  assert.equal(
    packets.map(p => [p.hasTime, p.sec, toHex(p.data), p.wireLen, p.dropCount, p.direction, p.reception]),
    [
      [false, 0, 'aabbcc', 5, null, null, null],
      [true, 1, 'aabb', 2, 7, 'in', 'broadcast'],
      [true, 1, '', 2, null, null, null],
    ],
  )
})

test('packets keep their number, queue, drop count, flags and the options of others', () => {
  const b = new BlockBuilder(true).section()
  b.block(1, '0100 0000 00000000')
  b.packet(
    0,
    0,
    0,
    'aa',
    '0200 0400 11060000 0400 0800 0100000000000000 0500 0800 efcdab8967452301 0600 0400 03000000',
    '0700 0900 02 0000000000000002 000000 ac0b 0600 00000001 4142 0000',
  )
  const [p] = readPcapng(b.bytes()).packets
  assert.equal([p!.direction, p!.reception, p!.flags], ['in', 'promiscuous', 0x611])
  assert.equal([p!.dropCount, p!.queue, p!.packetId === 0x0123456789abcdefn], [1, 3, true])
  assert.equal(
    p!.options.map(({ code, data }) => [code, toHex(data)]),
    [
      [7, '020000000000000002'],
      [2988, '000000014142'],
    ],
  )
})

test('statistics and names', () => {
  const b = new BlockBuilder(true).section()
  b.block(1, '0100 0000 00000000')
  b.block(
    5,
    '00000000 96c30400 73896a65',
    '0200 0800 96c30400 73896a65 0300 0800 97c30400 aa47ca64 0400 0800 6400000000000000 0700 0800 0300000000000000',
  )
  b.block(4, '0100 0e00 7f000001 6c6f63616c686f737400 0000 0900 0200 abcd0000 0000 0000', '0200 0400 64617461')
  b.block(4, '0200 1900 20010db8000000000000000012345678 736f6d65686f737400 000000 0000 0000')
  const [section] = readPcapng(b.bytes()).sections
  const [s] = section!.statistics
  assert.equal(
    [Math.floor(s!.timeNs / 1e9), Math.floor(s!.startNs! / 1e9), Math.floor(s!.endNs! / 1e9)],
    [1340950620, 1340950620, 1340954905],
  )
  assert.equal([s!.received, s!.ifDropped, s!.accepted, s!.osDropped], [100, null, null, 3])
  assert.equal(section!.names, [
    { address: '127.0.0.1', names: ['localhost'] },
    { address: '2001:db8::1234:5678', names: ['somehost'] },
  ])
})

test('several sections, each with its byte order and interfaces; unknown blocks are listed and skipped', () => {
  const both = Buffer.concat([hex(GOLDEN), hex(GOLDEN_BIG), hex('00000bad 00000010 00000001 00000010')])
  const file = readPcapng(both)
  assert.equal(
    file.packets.map(p => [p.interface.section, p.interface.id, p.timeNs]),
    [
      [0, 0, 1e9 + 2],
      [1, 0, 1e9 + 2],
    ],
  )
  assert.equal(
    file.sections[1]!.otherBlocks.map(({ type, offset, body }) => [type, offset, toHex(body)]),
    [[0xbad, 248, '00000001']],
  )
  assert.equal(file.interfaces.length, 2)
})

test('strings end at a zero octet, octets that are no UTF-8 become U+FFFD, an end mark may be missing', () => {
  const b = new BlockBuilder(true).section('0400 0600 6e65 0074 6f6f 0000', false)
  b.block(1, '0100 0000 00000000')
  b.packet(0, 0, 0, 'aa', '0100 0400 c3a4ff62', '0100 0000')
  const { sections, packets } = readPcapng(b.bytes())
  assert.equal([sections[0]!.userAppl, packets[0]!.comments], ['ne', ['ä\ufffdb', '']])
})

test('the bytes may stand anywhere in their buffer', () => {
  const whole = new Uint8Array(300)
  whole.set(hex(GOLDEN), 7)
  assert.is(readPcapng(whole.subarray(7, 7 + hex(GOLDEN).length)).packets.length, 1)
})

test('what is malformed is refused with offset, block and field', () => {
  const golden = (from: string, to: string): Uint8Array => hex(GOLDEN.replace(from, to))
  refuses(new Uint8Array(0), 0, '0: block: 0 octets of at least 12')
  refuses(hex('d4c3b2a1 02000400 00000000'), 0, '0: block: type 0xd4c3b2a1 is not that of a Section Header Block')
  refuses(golden('4d3c2b1a', '4d3c2b1b'), 8, '8: Section Header Block: byte-order magic 4d3c2b1b is not 1a2b3c4d')
  refuses(golden('0100 0000 ffff', '0200 0000 ffff'), 12, '12: Section Header Block: version 2.0, supported is 1.0')
  refuses(
    golden('ffffffffffffffff', '0300000000000000'),
    16,
    '16: Section Header Block: section length 3 is neither -1 nor a multiple of 4',
  )
  refuses(
    golden('01000000 28000000', '01000000 29000000'),
    32,
    '32: Interface Description Block: total length 41 is not a multiple of 4 from 12 on',
  )
  refuses(
    golden('0000 0000 28000000\n', '0000 0000 2c000000\n'),
    64,
    '64: Interface Description Block: total length 44 at the end, 40 at the beginning',
  )
  refuses(
    golden('0900 0100 09000000', '0900 0200 09000000'),
    52,
    '52: Interface Description Block: if_tsresol: 2 octets instead of 1',
  )
  refuses(
    golden('0200 0400 65746830', '0200 4000 65746830'),
    48,
    '48: Interface Description Block: option 2: 64 octets announced, 16 are left',
  )
  refuses(
    golden('38000000 00000000 00000000', '38000000 01000000 00000000'),
    76,
    '76: Enhanced Packet Block: interface 1, there is 1 in the section so far',
  )
  refuses(
    golden('03000000 05000000', 'ff000000 05000000'),
    96,
    '96: Enhanced Packet Block: packet data: 255 octets announced, 24 are left',
  )
  refuses(
    golden('0200 0400 02000000 0000 0000', '0200 0200 02000000 0000 0000'),
    108,
    '108: Enhanced Packet Block: epb_flags: 2 octets instead of 4',
  )
})

test('a block that is too short for its fields names the first one that is not there', () => {
  const short = (type: number, ...parts: string[]): Uint8Array => {
    const b = new BlockBuilder(true).section()
    if (type !== 1) b.block(1, '0100 0000 00000000')
    return b.raw(type, ...parts).bytes()
  }
  const at = 28
  const after = 28 + 20
  refuses(
    hex('0a0d0d0a 0c000000 4d3c2b1a'),
    8,
    `8: Section Header Block: total length 439041101 at the end, 12 at the beginning`,
  )
  refuses(hex('0a0d0d0a 10000000 4d3c2b1a 10000000'), 12, '12: Section Header Block: major version: 0 octets of 2')
  refuses(
    hex('0a0d0d0a 18000000 4d3c2b1a 01000000 ffffffff 18000000'),
    16,
    '16: Section Header Block: section length: 4 octets of 8',
  )
  for (const [type, parts, offset, text] of [
    [1, [], at + 8, 'Interface Description Block: link type: 0 octets of 2'],
    [1, ['01000000'], at + 12, 'Interface Description Block: snap length: 0 octets of 4'],
    [6, [], after + 8, 'Enhanced Packet Block: interface ID: 0 octets of 4'],
    [6, ['00000000 00000000'], after + 16, 'Enhanced Packet Block: time stamp: 0 octets of 4'],
    [6, ['00000000 00000000 00000000'], after + 20, 'Enhanced Packet Block: captured length: 0 octets of 4'],
    [6, ['00000000 00000000 00000000 00000000'], after + 24, 'Enhanced Packet Block: original length: 0 octets of 4'],
    [2, [], after + 8, 'Packet Block: interface ID: 0 octets of 2'],
    [3, [], after + 8, 'Simple Packet Block: original length: 0 octets of 4'],
    [3, ['04000000'], after + 12, 'Simple Packet Block: packet data: 4 octets announced, 0 are left'],
    [4, [], after + 8, 'Name Resolution Block: record type: 0 octets of 2'],
    [4, ['0100 0200 0a000000 0000 0000'], after + 8, 'Name Resolution Block: record: 2 octets of an address of 4'],
    [5, ['00000000 00000000'], after + 16, 'Interface Statistics Block: time stamp: 0 octets of 4'],
    [
      5,
      ['00000000 00000000 00000000 0400 0400 00000000'],
      after + 20,
      'Interface Statistics Block: isb_ifrecv: 4 octets instead of 8',
    ],
  ] as const)
    refuses(short(type, ...parts), offset, `${offset}: ${text}`)
  refuses(
    new BlockBuilder(true).section().block(3, '00000000').bytes(),
    28,
    '28: Simple Packet Block: interface 0, there are 0 in the section so far',
  )
})

test('a file that breaks off is refused at any octet, and read to its last whole block when that is asked for', () => {
  const file = hex(GOLDEN)
  for (let n = 0; n < file.length; n++) {
    const cut = file.subarray(0, n)
    if (n !== 28 && n !== 68) assert.throws(() => readPcapng(cut), /^pcapng: at offset \d+: [^:]+: /, String(n))
    if (n < 28) assert.throws(() => readPcapng(cut, { lenient: true }), /pcapng: at offset 0/)
    else {
      const { interfaces, packets, truncated } = readPcapng(cut, { lenient: true })
      assert.equal([interfaces.length, packets.length], [n < 68 ? 0 : 1, 0])
      assert.is(truncated?.offset ?? n, n < 68 ? 28 : 68)
    }
  }
  assert.equal(readPcapng(file.subarray(0, 100), { lenient: true }).truncated, {
    offset: 68,
    problem: 'Enhanced Packet Block: total length 56, 32 octets are left',
  })
})

test('files of dumpcap and tshark: interfaces, times, statistics and comments', () => {
  const { sections, packets, interfaces } = readPcapng(recorded('dumpcap.pcapng'))
  assert.equal([sections.length, sections[0]!.comments, sections[0]!.os], [1, ['two hosts'], 'Linux 6.18 (recorded)'])
  assert.match(sections[0]!.userAppl!, /^Dumpcap \(Wireshark\) 4\.0\.17/)
  assert.equal(
    interfaces.map(i => [i.name, i.description, i.linkType, i.tsResol, i.filter]),
    [
      ['eth0', null, 1, 9, null],
      ['lo', 'Loopback', 1, 9, 'icmp or arp'],
    ],
  )
  assert.equal(
    sections[0]!.statistics.map(s => [s.interface.name, s.received, s.ifDropped, s.comments]),
    [
      ['eth0', 8, 0, ['Counters provided by dumpcap']],
      ['lo', 2, 0, ['Counters provided by dumpcap']],
    ],
  )
  assert.is(packets.length, 10)
  const cut = readPcapng(recorded('tshark.pcapng'))
  assert.equal([cut.interfaces[0]!.snapLen, Math.max(...cut.packets.map(p => p.data.length))], [60, 60])
})

test('readCapture takes either format and gives the same records', () => {
  const pcap = new PcapWriter()
  const pcapng = new PcapngWriter()
  pcapng.addInterface()
  for (const at of [0, 1_500_000_000, Number.MAX_SAFE_INTEGER % 4e18]) {
    pcap.write(at, hex('aabbcc'))
    pcapng.writeFrame(0, at, 0, hex('aabbcc'), 0, 3)
  }
  const [old, next] = [readCapture(pcap.bytes()), readCapture(pcapng.bytes())]
  assert.equal([old.format, next.format, old.interfaces[0]!.tsResol], ['pcap', 'pcapng', 9])
  assert.equal(old.packets, next.packets)
  assert.throws(() => readCapture(hex('00')), /pcap: at offset 0/)
})

test('what the writer cannot write is refused with its name, and changes nothing', () => {
  const writer = new PcapngWriter()
  const id = writer.addInterface()
  const before = writer.bytes()
  const data = hex('aa')
  const long = 'x'.repeat(65536)
  for (const [act, text] of [
    [() => writer.writePacket(1, { data }), 'pcapng: interface 1, there are 1'],
    [() => writer.writePacket(id, { data, timeNs: 1.5 }), 'pcapng: timeNs: 1.5 is not an integer from 0 to 2^53 - 1'],
    [
      () => writer.writePacket(id, { data, sec: 1, nsec: 1e9 }),
      'pcapng: nsec 1000000000 is not between 0 and 999999999',
    ],
    [
      () => writer.writePacket(id, { data, sec: 2e10, nsec: 0 }),
      'pcapng: sec 20000000000: nanoseconds take more than 64 bits',
    ],
    [() => writer.writePacket(id, { data, wireLen: -1 }), 'pcapng: wireLen -1 is not between 0 and 4294967295'],
    [
      () => writer.writePacket(id, { data, comments: [long] }),
      'pcapng: opt_comment: 65536 octets, an option holds 65535',
    ],
    [
      () => writer.writePacket(id, { data, dropCount: -1 }),
      'pcapng: epb_dropcount: -1 is not an integer from 0 to 2^53 - 1',
    ],
    [() => writer.writePacket(id, { data, packetId: -1n }), 'pcapng: epb_packetid: -1 is not a number of 64 bits'],
    [
      () => writer.writePacket(id, { data, options: [{ code: 0, data }] }),
      'pcapng: option code 0 is not between 1 and 65535',
    ],
    [() => writer.addInterface({ name: long }), 'pcapng: if_name: 65536 octets, an option holds 65535'],
    [() => writer.addInterface({ linkType: 65536 }), 'pcapng: link type 65536 is not between 0 and 65535'],
    [() => writer.addInterface({ mac: '1:2' }), '"1:2" is invalid lladdr.'],
    [() => writer.addInterface({ ipv6: ['::1/129'] }), 'inet6 prefix is expected rather than "::1/129".'],
    [() => writer.writeNames([{ address: 'x', names: [] }]), 'inet6 address is expected rather than "x".'],
    [() => writer.writeNames([{ address: '1.2.3.4', names: [''] }]), 'pcapng: name "" is empty or has a NUL'],
  ] as const) {
    assert.throws(act, (e: unknown) => {
      assert.instance(e, NetloomError)
      assert.equal([(e as NetloomError).code, (e as NetloomError).message], ['EINVAL', text])
      return true
    })
    assert.equal(writer.bytes(), before)
    assert.equal([writer.count, writer.interfaceCount], [0, 1])
  }
})

test('a sink gets the same file; late comments reach what it does not have, and memory stays bounded', () => {
  const pieces: Uint8Array[] = []
  const memory = new PcapngWriter()
  const stream = new PcapngWriter({ sink: chunk => pieces.push(chunk.slice()) })
  for (const writer of [memory, stream]) writer.addInterface()
  for (let i = 0; i < 3000; i++) {
    const frame = new Uint8Array(60 + (i % 900)).fill(i)
    const places = [memory, stream].map(writer => writer.writeFrame(0, i * 1000, 1, frame, 0, frame.length))
    if (i % 7 === 0) {
      assert.ok(memory.comment(places[0]!, `frame ${i}`))
      assert.ok(stream.comment(places[1]!, `frame ${i}`))
    }
  }
  assert.not(stream.comment(60, 'too late'))
  stream.flush()
  assert.ok(Buffer.concat(pieces).equals(memory.bytes()))
  assert.ok(pieces.length > 20 && pieces.every(({ length }) => length < 70_000))
  const { packets } = readPcapng(memory.bytes())
  assert.ok(packets.every((p, i) => p.comments.join() === (i % 7 === 0 ? `frame ${i}` : '')))
})

test('a look at the file as it would end leaves no trace, even where it takes more room than there is', () => {
  const writer = new PcapngWriter()
  const other = new PcapngWriter()
  for (const w of [writer, other]) {
    w.addInterface()
    w.comment(w.writeFrame(0, 1, 0, new Uint8Array(65_000), 0, 65_000), 'first')
  }
  const statistics = (w: PcapngWriter): void => {
    const id = w.addInterface({ name: 'late' })
    for (let i = 0; i < 100; i++) w.writeStatistics(id, { timeNs: i })
  }
  const seen = writer.bytesWith(() => statistics(writer))
  assert.equal(writer.bytes(), other.bytes())
  assert.equal([writer.count, writer.interfaceCount], [1, 1])
  assert.throws(() => writer.bytesWith(() => writer.writeStatistics(9, {})), /interface 9/)
  assert.equal(writer.bytes(), other.bytes())
  statistics(other)
  assert.equal(seen, other.bytes())
  writer.comment(writer.writeFrame(0, 2, 0, new Uint8Array(65_000), 0, 65_000), 'second')
  assert.equal(
    readPcapng(writer.bytes()).packets.map(p => p.comments),
    [['first'], ['second']],
  )
})

test('statistics and names that were written are read again', () => {
  const writer = new PcapngWriter()
  const id = writer.addInterface({ name: 'a' })
  const counters = { received: 7, ifDropped: 1, accepted: 6, osDropped: 2, delivered: 2 ** 50, comments: ['c'] }
  writer.writeStatistics(id, { timeNs: 5e9, startNs: 1, endNs: 2 ** 52 + 1, ...counters })
  const names = [
    { address: '10.0.0.1', names: ['h1', 'häuschen'] },
    { address: '2001:db8::1', names: ['six'] },
  ]
  writer.writeNames(names)
  const [section] = readPcapng(writer.bytes()).sections
  const { interface: of, options: rest, ...found } = section!.statistics[0]!
  assert.equal([of.name, rest], ['a', []])
  assert.equal(found, { timeNs: 5e9, startNs: 1, endNs: 2 ** 52 + 1, ...counters })
  assert.equal(section!.names, names)
})

test.run()
