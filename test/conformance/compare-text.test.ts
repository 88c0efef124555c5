/**
 * What the comparator shows of a difference.
 */
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compareFiles } from './compare.js'
import { comparisonText, differenceText } from './compare-text.js'
import { readFiles, SCENARIOS } from './directory.js'
import { finishChecksums, writePcap } from './mutate.js'
import { readPcap } from './pcap-reader.js'

const test = suite('conformance/compare-text')

const FILE = 'h1-eth0.pcap'
const recorded = readFiles(join(SCENARIOS, 'veth-ping'))

const changed = (change: (frames: { bytes: Uint8Array; wireLen: number }[]) => void): string[] => {
  const frames = readPcap(recorded.get(FILE)!, FILE).frames.map(({ bytes, wireLen }) => ({
    bytes: bytes.slice(),
    wireLen,
  }))
  change(frames)
  return differenceText(compareFiles(recorded, new Map([...recorded, [FILE, writePcap(frames)]])), {
    dissect: bytes => `${bytes.length} octets`,
  })
}

test('shows nothing when all is equal, but for the figures and the masks', () => {
  const comparison = compareFiles(recorded, recorded)
  assert.equal(differenceText(comparison), [])
  const text = comparisonText(comparison).split('\n')
  assert.match(text[0]!, /^masked: .*ip-checksum \d+, ip-id \d+/)
  assert.is(text[1], 'frames equal 20/20, files equal 7/7')
})

test('shows the first frame that differs side by side, its fields by name, and a line for each', () => {
  const text = changed(frames => {
    frames[3]!.bytes[22] = 63
    finishChecksums(frames[3]!.bytes)
  })
  assert.is(text[0], 'h1-eth0.pcap: 10 frames recorded, 10 found, 9 equal')
  assert.is(text[1], '  recorded frame 4, actual frame 4: differs')
  const row = text.find(line => line.includes('0010 '))!
  assert.match(row, /^ {2}\* 0010 {4} 00 24 \.\. \.\. 00 00 40 01 \.\. \.\..* \| 00 24 \.\. \.\. 00 00 3f 01 \.\. \.\./)
  assert.ok(text.includes('  at 0x16 ip.ttl: recorded 40, actual 3f'))
  assert.ok(text.includes('  recorded: 50 octets'))
  assert.ok(text.includes('  actual:   50 octets'))
})

test('tells a frame that is out of order from one that is missing or was not recorded', () => {
  const swapped = changed(frames => frames.splice(2, 0, ...frames.splice(4, 1)))
  assert.ok(swapped.some(line => line.includes('out of order')))
  assert.ok(changed(frames => frames.splice(4, 1)).includes('  recorded frame 5: missing'))
  assert.ok(changed(frames => frames.push(frames[0]!)).includes('  actual frame 11: not recorded'))
})

test('says what is wrong with a frame in itself', () => {
  const text = changed(frames => (frames[3]!.bytes[36]! ^= 1))
  assert.ok(text.includes('  note: actual frame 4: icmp.checksum is wrong'))
})

test('shows state files as a diff, and those that are not there', () => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  const files = new Map([...recorded, ['h1.neigh', encode('10.0.0.2 dev eth0 FAILED\n')]])
  files.delete('h1.route')
  assert.equal(differenceText(compareFiles(recorded, files)), [
    'h1.neigh: 2 lines differ',
    '  - 10.0.0.2 dev eth0 lladdr 02:00:00:00:02:01 REACHABLE',
    '  + 10.0.0.2 dev eth0 FAILED',
    'h1.route: no such file',
  ])
})

test.run()
