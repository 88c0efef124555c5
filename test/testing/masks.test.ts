/**
 * Captures compared with one another: octet by octet, apart from what the kernel may choose.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, s } from '../../lib/index.js'
import { assertSameFrames, KERNEL_MASKS } from '../../lib/testing/index.js'
import { decodeFrame, encodeFrame, type FrameInit } from '../../lib/wire/frame.js'
import { packetsOf } from '../wire/recordings.js'
import { messageOf } from './failure-text.js'

const test = suite('testing/masks')

const eth = { dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }
const ipv4 = { saddr: '10.0.0.1', daddr: '10.0.0.2' }
const echo = (id: number, payload = new Uint8Array(56), seq = 1): Uint8Array =>
  encodeFrame({ eth, ipv4: { ...ipv4, id }, icmp: { type: 8, code: 0, id: 1, seq }, payload })
const fails = (actual: Uint8Array[], expected: Uint8Array[], mask = KERNEL_MASKS): string =>
  messageOf(() => assertSameFrames(actual, expected, { mask }))

test('without masks every octet counts', () => {
  assertSameFrames([echo(5)], [echo(5)])
  assert.is(
    messageOf(() => assertSameFrames([echo(5)], [echo(6)])),
    [
      'frames of the list and the list are not the same: 1, expected 1',
      'frame 1 is the first that differs:',
      '  expected IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64',
      '  actual   IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64',
      '  ipv4.id: expected 6, actual 5',
      'first difference at octet 19 (lengths 98 and 98):',
      '  expected 0x0010:  00  54  00 [06] 00  00  40  01  66  a1  0a  00  00  01  0a  00 ',
      '  actual   0x0010:  00  54  00 [05] 00  00  40  01  66  a2  0a  00  00  01  0a  00 ',
    ].join('\n'),
  )
})

test('ip-id: one identification stands for one other, 0 for 0, and the checksum follows', () => {
  assertSameFrames([echo(5), echo(6), echo(5)], [echo(9), echo(7), echo(9)], { mask: ['ip-id'] })
  assert.match(fails([echo(5), echo(6)], [echo(9), echo(9)]), 'frame 2 is the first that differs')
  assert.match(fails([echo(5), echo(5)], [echo(9), echo(8)]), 'frame 2 is the first that differs')
  assert.match(fails([echo(0)], [echo(9)]), 'ipv4.id: expected 9, actual 0')
  const broken = decodeFrame(echo(5))
  const wrong = encodeFrame({ ...broken, ipv4: { ...broken.ipv4!, csum: 1 } } as FrameInit)
  assert.match(fails([wrong], [echo(9)]), 'ipv4.csum: expected absent, actual 1')
})

test('ip-id: a quoted packet carries the identification of the original', () => {
  const quote = (id: number): Uint8Array =>
    encodeFrame({
      eth,
      ipv4: { ...ipv4, id: 1 },
      icmp: { type: 3, code: 3 },
      quoted: { ipv4: { ...ipv4, id }, udp: { sport: 1, dport: 2 }, payload: new Uint8Array(8) },
    })
  assertSameFrames([echo(5), quote(5)], [echo(9), quote(9)], { mask: ['ip-id'] })
  const mixed = (frame: Uint8Array): string => fails([quote(5), frame], [quote(9), quote(9)])
  assert.match(mixed(quote(6)), 'quoted.ipv4.id: expected 9, actual 6')
})

test('ping-timestamp: the first 16 octets of an echo payload of 16 or more', () => {
  const stamped = (n: number, at = 0, size = 56): Uint8Array => echo(1, new Uint8Array(size).fill(n, at, at + 1))
  assertSameFrames([stamped(1)], [stamped(2)], { mask: ['ping-timestamp'] })
  assertSameFrames([stamped(1, 15)], [stamped(2, 15)], { mask: ['ping-timestamp'] })
  assert.match(fails([stamped(1, 16)], [stamped(2, 16)]), 'payload: expected 02')
  assert.match(fails([stamped(1, 0, 15)], [stamped(2, 0, 15)]), 'payload: expected 02')
})

test('checksum-offload: a sum of the pseudo header alone equals the right one', () => {
  const frame = (csum?: number): Uint8Array =>
    encodeFrame({
      eth,
      ipv4,
      udp: { sport: 1, dport: 2, ...(csum === undefined ? {} : { csum }) },
      payload: Uint8Array.of(9),
    })
  // 10.0.0.1, 10.0.0.2, protocol 17, length 9: 0a00 + 0001 + 0a00 + 0002 + 0011 + 0009
  assertSameFrames([frame(0x141d)], [frame()], { mask: ['checksum-offload'] })
  assert.match(fails([frame(0x141e)], [frame()]), 'udp.csum: expected absent, actual 5150')
  assert.match(fails([frame(0)], [frame()]), 'udp.csum: expected absent, actual 0')
})

test('what is missing and what is too much is listed', () => {
  assert.is(
    fails([echo(1), echo(1, new Uint8Array(56), 2)], [echo(1)]),
    [
      'frames of the list and the list are not the same: 2, expected 1',
      '- missing, + not expected:',
      '    IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64',
      '  + IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 2, length 64',
    ].join('\n'),
  )
})

test('a mask that is not there is refused by name', () => {
  assert.throws(
    () => assertSameFrames([], [], { mask: ['tcp-isn' as never] }),
    /mask "tcp-isn" is not supported; supported are ip-id, ping-timestamp, checksum-offload/,
  )
})

test('a recording of the kernel equals itself with and without masks (udp-closed-port-router)', () => {
  const packets = packetsOf('udp-closed-port-router', 'h1-eth0.pcap')
  assertSameFrames(packets, packets)
  assertSameFrames(packets, packets, { mask: KERNEL_MASKS })
})

test('worlds of different seeds differ in nothing but what is masked', () => {
  const run = (seed: number) => {
    const world = createWorld({ seed })
    world.sh(`
      ip netns add h1
      ip netns add h2
      ip -n h1 link add eth0 address 02:00:00:00:00:01 type veth peer name eth0 address 02:00:00:00:00:02 netns h2
      ip -n h1 addr add 10.0.0.1/24 dev eth0
      ip -n h2 addr add 10.0.0.2/24 dev eth0
      ip -n h1 link set eth0 up
      ip -n h2 link set eth0 up`)
    world.run({ for: s(2) })
    const seen = world.capture({ netns: 'h2', dev: 'eth0' })
    const ping = world.netns('h1').ping('10.0.0.2', { count: 3, id: 1 })
    world.run({ until: () => !ping.isRunning, within: s(5) })
    return seen
  }
  assertSameFrames(run(1), run(2), { mask: KERNEL_MASKS })
  assert.match(
    messageOf(() => assertSameFrames(run(1), run(2))),
    '  ipv4.id: expected',
  )
})

test.run()
