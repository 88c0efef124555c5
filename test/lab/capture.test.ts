/**
 * Captures: what tcpdump would see on the device, as objects, text and files.
 */
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readPcap } from '../../lib/capture/pcap.js'
import { NetloomError, s } from '../../lib/index.js'
import { assertFrames, assertSameFrames } from '../../lib/testing/index.js'
import { Lan } from './lan.js'

const test = suite('lab/capture')

/** A ping of h1 to h2, seen as the options say on h2's eth0. */
const capturePing = (options: object) => {
  const lan = new Lan()
  lan.world.run()
  const capture = lan.world.capture({ netns: 'h2', dev: 'eth0', ...options })
  const ping = lan.host(1).ping('10.0.0.2', { id: 7, size: 8 })
  lan.world.run({ until: () => !ping.isRunning, within: s(1) })
  return { ...lan, lan, capture }
}

test('frames carry time, place and direction', () => {
  const { capture, world } = capturePing({})
  assert.equal(
    capture.frames.map(f => [f.timeNs, f.netns, f.dev, f.direction, f.wireLen]),
    [
      [world.now, 'h2', 'eth0', 'in', 42],
      [world.now, 'h2', 'eth0', 'out', 42],
      [world.now, 'h2', 'eth0', 'in', 50],
      [world.now, 'h2', 'eth0', 'out', 50],
    ],
  )
  assert.is([...capture].length, 4)
  assert.equal(capture.frames[2]!.decode().icmp, { type: 8, code: 0, id: 7, seq: 1 })
})

test('text is that of tcpdump, with virtual time or without', () => {
  const { capture } = capturePing({})
  const lines = [
    'ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28',
    'ARP, Reply 10.0.0.2 is-at 02:00:00:00:02:01, length 28',
    'IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 16',
    'IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id 7, seq 1, length 16',
  ]
  assert.equal(capture.lines(), lines)
  assert.is(capture.toText({ time: false }), `${lines.join('\n')}\n`)
  assert.match(capture.toText(), /^00:00:0\d\.\d{9} ARP, Request/)
  assert.match(capture.toText({ linkLevel: true, hex: true }), '02:00:00:00:01:01 > ff:ff:ff:ff:ff:ff, ethertype ARP')
  assert.match(inspect(capture.frames[0]), /^Frame \d\.\d{9} h2:eth0 in ARP, Request/)
  assert.is(JSON.parse(JSON.stringify(capture)).lines[1], lines[1])
})

test("a filter is tcpdump's, or a function over octets", () => {
  assertFrames(capturePing({ filter: 'icmp[icmptype] == icmp-echo' }).capture, [/echo request/])
  assertFrames(capturePing({ filter: (b: Uint8Array, off: number) => b[off + 13] === 6 }).capture, [/Request/, /Reply/])
})

test('a filter that is not understood names column and word', () => {
  try {
    capturePing({ filter: 'icmp and hots 10.0.0.1' })
    assert.unreachable()
  } catch (e) {
    assert.instance(e, NetloomError)
    assert.equal([(e as NetloomError).code, (e as NetloomError).context['column']], ['EGRAMMAR', 10])
  }
})

test('direction, limit and snap length', () => {
  assertFrames(capturePing({ direction: 'out' }).capture, [/ARP, Reply/, /echo reply/])
  const limited = capturePing({ limit: 1 }).capture
  assert.equal([limited.count, limited.isOpen], [1, false])
  const [first] = capturePing({ snapLen: 20 }).capture.frames
  assert.equal([first!.data.length, first!.wireLen], [20, 42])
})

test('a device by name needs its namespace', () => {
  const { world } = new Lan()
  assert.throws(() => world.capture({ dev: 'eth0' }), /dev "eth0" needs its namespace/)
  assert.throws(() => world.capture({ netns: 'h1', dev: 'eth1' }), /Cannot find device "eth1"/)
})

test('a pcap file holds the frames with nanoseconds and the lengths on the device', () => {
  const { capture } = capturePing({})
  const { packets, nanos } = readPcap(capture.pcap())
  assert.ok(nanos)
  assert.equal(
    packets.map(p => p.timeNs),
    capture.frames.map(f => f.timeNs),
  )
  assertSameFrames(packets, capture)
  const cut = capturePing({ snapLen: 20 }).capture
  assert.equal(
    readPcap(cut.pcap()).packets.map(p => [p.data.length, p.wireLen]),
    [
      [20, 42],
      [20, 42],
      [20, 50],
      [20, 50],
    ],
  )
})

test('a sink gets the same file piece by piece, and frames are then kept only on demand', () => {
  const pieces: number[] = []
  const { capture, world } = capturePing({ sink: (chunk: Uint8Array) => pieces.push(...chunk), onFrame: () => {} })
  capture.stop()
  assert.equal([capture.frames.length, capture.count], [0, 4])
  const again = capturePing({})
  assert.is(world.now, again.world.now)
  assert.equal(Uint8Array.from(pieces), again.capture.pcap())
})

test('clear forgets, stop ends', () => {
  const { capture, world, lan } = capturePing({})
  capture.clear()
  assertFrames(capture, [])
  capture.stop()
  lan.host(1).ping('10.0.0.2')
  world.run()
  assert.is(capture.frames.length, 0)
})

test.run()
