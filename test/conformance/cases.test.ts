/**
 * Recorded flannel clusters: netloom's replay leaves what the real programs left, and the judge finds what differs.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CaseComparison, compareCase } from './case/case-compare.js'
import { CASE_FILE, readCase } from './case/case-file.js'
import { replayInNetloom } from './case/replay.js'
import { figuresText } from './compare.js'
import { differenceText } from './compare-text.js'
import { findScenarios, readTree, scenarioName } from './directory.js'
import { dissectLine } from './netloom.js'

const test = suite('conformance/cases')

const CASES = fileURLToPath(new URL('../data/flannel/cases/', import.meta.url))

/** Frames and judged files of each recording, as the judge published with the first six counts them. */
const FIGURES: ReadonlyMap<string, string> = new Map([
  ['alloc', 'frames equal 54/54, files equal 58/58'],
  ['host-gw', 'frames equal 641/641, files equal 447/447'],
  ['host-gw-by-hand', 'frames equal 0/0, files equal 126/126'],
  ['host-gw-drawn-subnets', 'frames equal 0/0, files equal 66/66'],
  ['host-gw-four-hosts', 'frames equal 746/746, files equal 550/550'],
  ['udp', 'frames equal 664/664, files equal 455/455'],
  ['udp-two-hosts', 'frames equal 530/530, files equal 359/359'],
  ['vxlan', 'frames equal 667/667, files equal 456/456'],
  ['vxlan-daemon-options', 'frames equal 0/0, files equal 88/88'],
  ['vxlan-directrouting', 'frames equal 315/315, files equal 173/173'],
  ['vxlan-directrouting-far-probes', 'frames equal 686/686, files equal 510/510'],
  ['vxlan-directrouting-four-hosts', 'frames equal 344/344, files equal 203/203'],
  ['vxlan-directrouting-leases-by-hand', 'frames equal 0/0, files equal 107/107'],
  ['vxlan-four-hosts', 'frames equal 787/787, files equal 558/558'],
  ['vxlan-two-daemons', 'frames equal 94/94, files equal 154/154'],
  ['vxlan-vni7-port4789', 'frames equal 130/130, files equal 102/102'],
])

type Files = Map<string, Uint8Array>

const recording = (name: string): Files => readTree(join(CASES, name))
const decode = (octets: Uint8Array): string => new TextDecoder().decode(octets)
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

for (const [name, figures] of FIGURES)
  test(`${name}: netloom's own flanneld leaves what the real one left`, () => {
    const recorded = recording(name)
    const { error, notes = [], files } = replayInNetloom(decode(recorded.get(CASE_FILE)!))
    const comparison = compareCase(recorded, files)
    const lines = differenceText(comparison, { dissect: dissectLine })
    assert.is(error, null)
    assert.is(figuresText(comparison), figures, [...notes, ...lines].join('\n'))
    assert.ok(comparison.equal, comparison.extra.join(' '))
  })

test('every recording is run, and equal to itself', () => {
  assert.equal(findScenarios(CASES).map(scenarioName), [...FIGURES.keys()])
  for (const [name, figures] of FIGURES) {
    const recorded = recording(name)
    const comparison = compareCase(recorded, recorded)
    assert.is(figuresText(comparison), figures)
    assert.ok(comparison.equal)
  }
})

/** What the judge says when `change` was done to a copy of the recording. */
const changed = (name: string, change: (files: Files) => void): CaseComparison => {
  const files = recording(name)
  change(files)
  return compareCase(recording(name), files)
}

const unequal = ({ captures, states }: CaseComparison): string[] =>
  [...captures, ...states].filter(one => !one.equal).map(one => one.file)

const edit = (files: Files, name: string, pattern: RegExp | string, put: string): void => {
  const before = decode(files.get(name)!)
  const after = before.replace(pattern, put)
  assert.is.not(after, before)
  files.set(name, encode(after))
}

/** Turns all bits of the octet at `at`; a negative place counts from the end. */
const damage = (files: Files, name: string, at: number): void => {
  const octets = Uint8Array.from(files.get(name)!)
  const place = at < 0 ? octets.length + at : at
  octets[place] = 0xff - octets[place]!
  files.set(name, octets)
}

const PING = 'steps/02-ping-cross-host'
const STATE = 'state-2-all-hosts-and-pods'

test('finds a changed octet, a missing capture, and one with frames where none belong', () => {
  const octet = changed('vxlan', files => damage(files, `${PING}/h1-eth0.pcap`, -1))
  assert.equal(unequal(octet), [`${PING}/h1-eth0.pcap`])
  assert.is(octet.framesEqual, octet.framesTotal - 1)
  const missing = changed('vxlan', files => files.delete(`${PING}/b1-eth0.pcap`))
  assert.equal(unequal(missing), [`${PING}/b1-eth0.pcap`])
  const extra = changed('vxlan', files => files.set(`${PING}/h9-eth0.pcap`, files.get(`${PING}/b1-eth0.pcap`)!))
  assert.equal(unequal(extra), [])
  assert.equal(extra.extra, [`${PING}/h9-eth0.pcap`])
  assert.not(extra.equal)
})

test('finds a changed octet inside a tunnel of the backend udp, and in a capture of raw IP', () => {
  for (const capture of ['h1-eth0', 'h1-flannel0'])
    assert.equal(unequal(changed('udp', files => damage(files, `${PING}/${capture}.pcap`, -1))), [
      `${PING}/${capture}.pcap`,
    ])
})

test('finds a changed rule, counter, route, neighbour, device, key, setting and transcript', () => {
  const edits: readonly (readonly [string, RegExp | string, string, string])[] = [
    [`${PING}/h1.iptables`, /\[(\d+):\d+\] -A FLANNEL-FWD/, '[$1:1] -A FLANNEL-FWD', ''],
    [`${STATE}/h1.txt`, '-A FORWARD', '-A OUTPUT', '#iptables-save -c'],
    [`${STATE}/h2.txt`, '10.244.1.0/24 via', '10.244.9.0/24 via', '#ip route show table all'],
    [`${STATE}/h3.txt`, /lladdr .* PERMANENT/, 'FAILED', '#ip neigh show'],
    [`${STATE}/h1.txt`, 'nolearning', '', '#ip -d link show'],
    [`${STATE}/h1.txt`, 'ip_forward = 1', 'ip_forward = 0', '#sysctl (selection)'],
    [`${STATE}/etcd.json`, '"mod_revision": 4', '"mod_revision": 9', ''],
    [`${PING}/commands.txt`, 'ttl=62', 'ttl=61', ''],
    ['state-7-after-restart-no-env/h1.txt', 'FLANNEL_MTU=1450', 'FLANNEL_MTU=1500', '#subnet.env'],
  ]
  for (const [file, pattern, put, section] of edits)
    assert.equal(unequal(changed('vxlan', files => edit(files, file, pattern, put))), [file + section])
})

test('does not look at what another run would not repeat', () => {
  const same = changed('vxlan', files => {
    edit(files, 'steps/16-fragmented-ping/commands.txt', /time=[\d.]+ ms/, 'time=7.25 ms')
    edit(files, `${STATE}/h1.txt`, 'lladdr 02:00:c0:a8:63:02 REACHABLE', 'lladdr 02:00:c0:a8:63:02 STALE')
    edit(files, `${STATE}/h1.txt`, ':POSTROUTING ACCEPT [0:0]', ':POSTROUTING ACCEPT [7:420]')
    edit(files, `${STATE}/etcd.json`, /remaining\(\d+s\)/, 'remaining(3s)')
  })
  assert.equal(unequal(same), [])
  assert.ok(same.equal)
})

/** Gives echo requests and replies of a capture with id `from` the id `to`, and the checksum for it. */
const renumber = (files: Files, name: string, from: number, to: number): void => {
  const octets = Uint8Array.from(files.get(name)!)
  const view = new DataView(octets.buffer)
  for (let at = 24; at < octets.length; at += 16 + view.getUint32(at + 8, true)) {
    const icmp = at + 16 + 14 + 20
    if (view.getUint16(at + 16 + 12) !== 0x0800 || view.getUint16(icmp + 4) !== from) continue
    view.setUint16(icmp + 4, to)
    // RFC 1624: the complement of the sum of the complements
    const sum = 0xffff - view.getUint16(icmp + 2) + (0xffff - from) + to
    view.setUint16(icmp + 2, 0xffff - ((sum & 0xffff) + (sum >> 16)))
  }
  files.set(name, octets)
}

test('a drawn echo id stands for one id in all captures of a step', () => {
  const step = 'steps/05-pod-to-outside-ping'
  const beyond = ['h1', 'h2', 'h3', 'out'].map(ns => `${step}/${ns}-eth0.pcap`)
  const drawn = 15681
  const everywhere = changed('vxlan', files => {
    for (const file of beyond) renumber(files, file, drawn, 999)
  })
  assert.equal(unequal(everywhere), [])
  const somewhere = changed('vxlan', files => renumber(files, beyond[3]!, drawn, 999))
  assert.equal(unequal(somewhere), [beyond[3]])
  const chosen = changed('vxlan', files => renumber(files, `${step}/a1-eth0.pcap`, 4660, 999))
  assert.equal(unequal(chosen), [`${step}/a1-eth0.pcap`])
})

test('frames that cross may stand in either order, and only those', () => {
  const [{ file } = { file: '' }] = readCase(decode(recording('udp').get(CASE_FILE)!)).crossing
  const swap = (files: Files, first: number): void => {
    const octets = files.get(file)!
    const view = new DataView(octets.buffer, octets.byteOffset)
    const at = [24]
    while (at.at(-1)! < octets.length) at.push(at.at(-1)! + 16 + view.getUint32(at.at(-1)! + 8, true))
    const frame = (n: number): Uint8Array => octets.slice(at[n - 1], at[n])
    const parts = [octets.slice(0, at[first - 1]), frame(first + 1), frame(first), octets.slice(at[first + 1])]
    files.set(file, Uint8Array.from(parts.flatMap(part => [...part])))
  }
  assert.equal(unequal(changed('udp', files => swap(files, 7))), [])
  assert.equal(unequal(changed('udp', files => swap(files, 4))), [file])
})

test('says what a case.json lacks, and where', () => {
  const parsed = JSON.parse(decode(recording('alloc').get(CASE_FILE)!))
  const without = (change: (top: typeof parsed) => void): (() => void) => {
    const copy = structuredClone(parsed)
    change(copy)
    return () => readCase(JSON.stringify(copy))
  }
  assert.throws(() => readCase('{'), /^case.json: /)
  const says = (fn: () => void, text: RegExp): void => assert.throws(fn, (e: Error) => text.test(e.message))
  says(
    without(top => delete top.flannel_version),
    /top.flannel_version: a text expected/,
  )
  says(
    without(top => top.timeline.push({ nap: 1 })),
    /top.timeline\[18\]: setup, sleep, .* expected, \{"nap":1\} found/,
  )
  says(
    without(top => delete top.random.fixedPortsAndIds),
    /top.random.fixedPortsAndIds: a list expected/,
  )
  // the recorder writes null where a host has no such device
  assert.not.throws(
    without(top => {
      top.random.vtepMacs.h1 = null
    }),
  )
  says(
    without(top => {
      top.timeline[2].etcd.op = 'stop'
    }),
    /top.timeline\[2\].etcd.op: one of start, put, del, kill expected, "stop" found/,
  )
})

test('does not replay a cluster of another flannel', () => {
  const text = decode(recording('alloc').get(CASE_FILE)!).replace('"v0.20.2"', '"v0.11.0"')
  assert.throws(() => replayInNetloom(text), /v0\.11\.0: netloom has v0\.20\.2 only/)
})

test.run()
