/**
 * What the benchmarks of whole paths measure is what they say: everything arrives, checksums are right, and in a steady
 * state no frame buffer is made.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { buildPath, makePayload, transfer } from '../../bench/network.js'
import { readPcap } from '../../lib/capture/pcap.js'

const ROOT = join(import.meta.dirname, '../..')

const test = suite('bench/path')

/** Largest payload that a path carries in one packet. */
const LARGEST: Readonly<Record<string, number>> = { vxlan: 1422, hostgw: 1422 }

for (const name of [
  'direct',
  'bridge',
  'routers1',
  'routers3',
  'vxlan',
  'hostgw',
  'rules0',
  'rules20',
  'nat20',
  'natnew',
])
  for (const size of [0, 64, LARGEST[name] ?? 1472])
    test(`${name}, ${size} octets: all arrive, and no frame buffer is made any more`, () => {
      const path = buildPath(name)
      const payload = makePayload(size)
      assert.is(transfer(path, payload, 200), 200)
      const before = path.world.kernel.skbs.framesMade
      // A bridge that snoops joins a group when it comes up, and hosts drop its reports.
      const drops = JSON.stringify(path.world.drops())
      assert.is(transfer(path, payload, 1000), 1000)
      assert.is(path.world.kernel.skbs.framesMade, before)
      assert.is(path.world.alivePackets, 0)
      assert.ok(path.world.isBalanced())
      assert.is(JSON.stringify(path.world.drops()), drops)
    })

test('nat20 asks 20 rules that do not match, and masquerades an answered flow; natnew has a connection for each datagram', () => {
  const path = buildPath('nat20')
  const payload = makePayload(64)
  transfer(path, payload, 1000)
  const { stdout } = path.world.sh('ip netns exec r1 iptables -L FORWARD -v -n -x')
  const rules = stdout.split('\n').slice(2, -1)
  assert.is(rules.length, 21)
  assert.ok(rules.slice(0, 20).every(rule => rule.startsWith('       0        0 ')))
  // The first datagram belongs to no connection yet; its answer, of one octet, does.
  assert.match(rules[20]!, new RegExp(`^ *1001 *${1000 * 92 + 29} ACCEPT`))
  const { stdout: entries } = path.world.sh('ip netns exec r1 conntrack -L')
  assert.match(entries, /src=10\.1\.1\.2 dst=10\.1\.1\.1 sport=9 dport=40000 /)
  const many = buildPath('natnew')
  transfer(many, payload, 1000)
  const { stdout: all } = many.world.sh('ip netns exec r1 conntrack -L')
  assert.is(all.split('\n').filter(line => line.includes('[UNREPLIED]')).length, 1000)
})

test('bench:path prints one JSON line and writes the first 100 frames', () => {
  const tmp = mkdtempSync(join(tmpdir(), 'netloom-bench-'))
  try {
    const pcap = join(tmp, 'first.pcap')
    const argv = [join(ROOT, '.ci/bench.mjs'), 'path', 'routers2', '64', '1000', '--pcap', pcap]
    const { stdout, stderr } = spawnSync(process.execPath, argv, { cwd: ROOT, encoding: 'utf8' })
    assert.is(stderr, '')
    const { path, size, count, cpu_s, wall_s } = JSON.parse(stdout)
    assert.equal([path, size, count], ['routers2', 64, 1000])
    assert.ok(cpu_s > 0 && wall_s > 0)
    const frames = readPcap(new Uint8Array(readFileSync(pcap))).packets
    assert.is(frames.length, 100)
    // Two frames of ARP come first. Behind them: 14 + 20 + 8 octets of headers, and a checksum that was filled in.
    const datagrams = frames.slice(2).map(({ data }) => data)
    assert.ok(datagrams.every(data => data.length === 106 && data[40]! + data[41]! > 0))
  } finally {
    rmSync(tmp, { recursive: true })
  }
})

test.run()
