/**
 * tshark reads the captures that conformance runs write: nothing malformed below the payload, no bad checksum except
 * where Linux leaves it unfinished.
 */
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  findScenarios,
  MUST_BE_EQUAL,
  readFiles,
  readNameList,
  readScript,
  SCENARIOS,
  scenarioName,
} from './directory.js'
import { writePcap } from './mutate.js'
import { runInNetloom } from './netloom.js'
import { readPcap } from './pcap-reader.js'
import { tsharkFindings, tsharkMissing } from './tshark.js'

const test = suite('conformance/tshark')

const capturesOf = (name: string, files: ReadonlyMap<string, Uint8Array>): [string, Uint8Array][] =>
  [...files].filter(([file]) => file.endsWith('.pcap')).map(([file, bytes]) => [`${name}/${file}`, bytes])

/** The capture of veth-ping with one octet of one frame changed. */
const spoilt = (number: number, at: number): Map<string, Uint8Array> => {
  const file = 'h1-eth0.pcap'
  const { frames } = readPcap(readFiles(join(SCENARIOS, 'veth-ping')).get(file)!, file)
  frames[number - 1]!.bytes[at]! ^= 1
  return new Map([[file, writePcap(frames)]])
}

/**
 * What tshark finds in the recordings and what is right all the same: a router fills in the record route option before
 * it looks at the TTL, and quotes the header with the checksum of before.
 */
const QUOTED_BEFORE_CHECKSUM = [
  ['icmp-error-record-route/h1-eth0', 4, 6, 8, 10] as const,
  ['ping-record-route/h1-eth0', 10, 12] as const,
  ['route-chain-errors/h1-eth0', 14] as const,
  ['route-chain-errors/r2-eth1', 10] as const,
]
  .flatMap(([name, ...frames]) => frames.map(n => `${name}.pcap frame ${n}: bad checksum (ip.checksum.status)`))
  .sort()

/** Segments that an error quotes in part, and which tshark takes for whole ones in this capture. */
const QUOTED_IN_PART = [9, 10, 11, 12].map(
  n => `tcp-pmtu-server/h2-eth0.pcap frame ${n}: bad checksum (tcp.checksum.status)`,
)

/** Findings that are there in the kernel's own captures. */
const KNOWN = [...QUOTED_BEFORE_CHECKSUM, ...QUOTED_IN_PART].sort()

const missing = tsharkMissing()
if (missing !== null) console.log(`SKIP conformance/tshark: ${missing}`)
else {
  test('finds nothing new in the recordings of the kernel, unfinished checksums of lo included', () => {
    const captures = findScenarios(SCENARIOS).flatMap(dir => capturesOf(scenarioName(dir), readFiles(dir)))
    assert.ok(captures.length >= 382)
    assert.equal([...tsharkFindings(new Map(captures))].sort(), KNOWN)
  })

  test('finds a bad IPv4 or ICMP checksum', () => {
    assert.equal(tsharkFindings(spoilt(3, 24)), ['h1-eth0.pcap frame 3: bad checksum (ip.checksum.status)'])
    assert.equal(tsharkFindings(spoilt(4, 36)), ['h1-eth0.pcap frame 4: bad checksum (icmp.checksum.status)'])
  })

  test('finds a malformed frame', () => {
    const short = { bytes: Uint8Array.from([...new Uint8Array(12), 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1]), wireLen: 22 }
    assert.equal(tsharkFindings(new Map([['x.pcap', writePcap([short])]])), ['x.pcap frame 1: malformed'])
  })

  test('finds nothing in the captures that netloom writes but what the kernel does too', () => {
    const captures = readNameList(MUST_BE_EQUAL).flatMap(name => {
      const { files } = runInNetloom(readScript(join(SCENARIOS, name)))
      return capturesOf(name, files)
    })
    assert.ok(captures.length >= readNameList(MUST_BE_EQUAL).length)
    const ran = new Set(captures.map(([name]) => name))
    const known = KNOWN.filter(finding => ran.has(finding.slice(0, finding.indexOf(' '))))
    assert.equal([...tsharkFindings(new Map(captures))].sort(), known)
  })
}

test.run()
