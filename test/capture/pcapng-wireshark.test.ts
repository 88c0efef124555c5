/**
 * Wireshark's tools read what the writer writes, and read the same as the reader from files of their own.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CapturePacket } from '../../lib/capture/pcapng.js'
import { readPcapng } from '../../lib/capture/pcapng-reader.js'
import { PcapngWriter } from '../../lib/capture/pcapng-writer.js'
import { DATA, hex, toHex } from '../wire/recordings.js'
import { capinfos, tsharkFields, wiresharkMissing } from './wireshark.js'

const test = suite('capture/pcapng-wireshark')

const missing = wiresharkMissing()
if (missing !== null) console.log(`SKIP: ${missing}`)

const FIELDS = [
  'frame.interface_id',
  'frame.interface_name',
  'frame.time_epoch',
  'frame.cap_len',
  'frame.len',
  'frame.comment',
  'frame.packet_flags_direction',
  'frame.packet_flags_reception_type',
]

const DIRECTIONS = { in: '0x00000001', out: '0x00000002' }
const RECEPTIONS = { unicast: '1', multicast: '2', broadcast: '3', promiscuous: '4' }

/** The row that tshark prints for a packet as the reader has it. */
const rowOf = (p: CapturePacket): string[] => [
  String(p.interface.id),
  p.interface.name ?? '',
  `${p.sec}.${String(p.nsec).padStart(9, '0')}`,
  String(p.data.length),
  String(p.wireLen),
  p.comments.join('|'),
  p.flags === 0 ? '' : p.direction === null ? '0x00000000' : DIRECTIONS[p.direction],
  p.flags === 0 ? '' : p.reception === null ? '0' : RECEPTIONS[p.reception],
]

if (missing === null) {
  test('tshark reads the same as the reader from files of dumpcap and tshark', () => {
    for (const name of ['dumpcap.pcapng', 'tshark.pcapng']) {
      const bytes = readFileSync(join(DATA, 'pcapng', name))
      assert.equal(tsharkFields(bytes, FIELDS), readPcapng(bytes).packets.map(rowOf), name)
    }
  })

  test('tshark reads interfaces, times, lengths, comments and flags of a written file', () => {
    const writer = new PcapngWriter({ comments: ['section'] })
    writer.addInterface({ name: 'h1:eth0', mac: '02:00:00:00:01:01', snapLen: 42 })
    writer.addInterface({ name: 'h2:tun0', linkType: 101, description: 'a tunnel', snapLen: 0 })
    const arp = hex('ffffffffffff020000000101 0806 0001080006040001 020000000101 0a000001 000000000000 0a000002')
    const ip = hex('45000014 00010000 40ff 66e4 0a000001 0a000002')
    writer.writePacket(0, { timeNs: 1, data: arp, direction: 'out' })
    writer.writePacket(0, {
      timeNs: 2e9 + 5,
      data: arp,
      direction: 'in',
      reception: 'broadcast',
      comments: ['ä', 'two'],
    })
    writer.writePacket(1, {
      sec: 4e9,
      nsec: 999_999_999,
      data: ip,
      wireLen: 1500,
      comments: ['dropped: X'],
      dropCount: 3,
    })
    writer.comment(writer.writeFrame(1, 3e9, 4, ip, 0, 20), 'late')
    const bytes = writer.bytes()
    assert.equal(tsharkFields(bytes, FIELDS), readPcapng(bytes).packets.map(rowOf))
    assert.equal(
      tsharkFields(bytes, ['frame.protocols', 'frame.interface_description', 'frame.drop_count']).map(row =>
        row.join(' '),
      ),
      ['eth:ethertype:arp  ', 'eth:ethertype:arp  ', 'raw:ip a tunnel 3', 'raw:ip a tunnel '],
    )
  })

  test('capinfos finds interfaces, their addresses and counters', () => {
    const writer = new PcapngWriter({ comments: ['for capinfos'], os: 'netloom' })
    writer.addInterface({ name: 'h1:eth0', filter: 'icmp', os: 'Linux', hardware: 'veth' })
    writer.addInterface({ name: 'h2:eth0', description: 'eth0 of h2' })
    writer.writeFrame(0, 1_500_000_000, 1, new Uint8Array(60), 0, 60)
    writer.writeStatistics(0, { received: 7, accepted: 1 })
    const text = capinfos(writer.bytes())
    for (const line of [
      /File type: +Wireshark\/\.\.\. - pcapng\n/,
      /Number of packets: +1\n/,
      /First packet time: +1970-01-01 \d\d:\d\d:01\.500000000\n/,
      /Capture oper-sys: +netloom\n/,
      /Capture application: netloom\n/,
      /Capture comment: +for capinfos\n/,
      /Number of interfaces in file: 2\n/,
      /Interface #0 info:\n +Name = h1:eth0\n +Encapsulation = Ethernet \(1 - ether\)\n/,
      /Hardware = veth\n/,
      /Filter string = icmp\n/,
      /Number of stat entries = 1\n/,
      /Interface #1 info:\n +Name = h2:eth0\n +Description = eth0 of h2\n/,
    ])
      assert.match(text, line)
  })

  test('what the writer writes in pieces is the octets that tshark takes', () => {
    const pieces: Uint8Array[] = []
    const writer = new PcapngWriter({ sink: chunk => pieces.push(chunk.slice()) })
    writer.addInterface({ name: 'a' })
    for (let i = 0; i < 500; i++) {
      const place = writer.writeFrame(0, i * 1e6, 1 + (i & 1), new Uint8Array(60 + i), 0, 60 + i)
      if (i % 50 === 0) writer.comment(place, `c${i}`)
    }
    writer.flush()
    const bytes = Buffer.concat(pieces)
    assert.is(toHex(bytes.subarray(0, 4)), '0a0d0d0a')
    assert.equal(tsharkFields(bytes, FIELDS), readPcapng(bytes).packets.map(rowOf))
  })
}

test.run()
