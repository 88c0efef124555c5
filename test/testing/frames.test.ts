/**
 * Assertions about frames: what may be expected, and what a failure says.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { VERSION } from '../../lib/index.js'
import { assertFrames, assertNotSeen, assertSeen } from '../../lib/testing/index.js'
import { encodeFrame } from '../../lib/wire/frame.js'
import { Lan } from '../lab/lan.js'
import { failureOf, messageOf } from './failure-text.js'

const test = suite('testing/frames')

const eth = { dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }
const ipv4 = { saddr: '10.0.0.1', daddr: '10.0.0.2' }

const request = encodeFrame({
  eth: { ...eth, dst: 'ff:ff:ff:ff:ff:ff' },
  arp: { op: 1, sha: eth.src, spa: '10.0.0.1', tha: '00:00:00:00:00:00', tpa: '10.0.0.2' },
})
const datagram = (dport: number, payload: string, ttl = 64): Uint8Array =>
  encodeFrame({
    eth,
    ipv4: { ...ipv4, ttl },
    udp: { sport: 4000, dport },
    payload: Uint8Array.from(payload, c => c.charCodeAt(0)),
  })
const frames = [request, datagram(5000, 'one'), datagram(5001, 'three')]

test('lines, lines with "...", patterns, headers, octets and functions can be expected', () => {
  assertFrames(frames, [
    'ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28',
    'IP 10.0.0.1.4000 > ...: UDP, length 3',
    /length 5$/,
  ])
  assertFrames(frames, [
    { arp: { op: 1, tpa: '10.0.0.2' } },
    { eth: { src: eth.src }, ipv4: { ttl: 64 }, udp: { dport: 5000 }, payload: 'one' },
    datagram(5001, 'three'),
  ])
  assertFrames(frames, [() => true, line => line.includes('5000'), { data: datagram(5001, 'three') }])
})

test('frames that do not matter can be skipped', () => {
  assertFrames(frames, [/5000/, /5001/], { skip: /^ARP/ })
  assertFrames(frames, [/5001/], { skip: ['ARP, ...', { udp: { dport: 5000 } }] })
})

test('frames of a capture can be expected at a time and in a direction', () => {
  const { world, hosts } = new Lan()
  world.run()
  const seen = world.capture({ dev: hosts[1]!.dev('eth0'), filter: 'arp' })
  hosts[0]!.ping('10.0.0.2')
  const timeNs = world.now
  world.run({ for: 1 })
  assertFrames(seen, [
    { timeNs, direction: 'in', arp: { op: 1 } },
    { timeNs, direction: 'out', arp: { op: 2 } },
  ])
  assert.match(
    messageOf(() => assertFrames(seen, [{ direction: 'out' }, { direction: 'out' }])),
    '  direction: expected out, actual in',
  )
})

test('a failure lists what is missing and what was not expected', () => {
  assert.is(
    messageOf(() => assertFrames(frames, ['IP 10.0.0.1.4000 > 10.0.0.2.5000: UDP, length 3', /5001/, /5002/])),
    [
      'frames at the list: 3, expected 3; - missing, + not expected',
      '  + ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28',
      '    IP 10.0.0.1.4000 > 10.0.0.2.5000: UDP, length 3',
      '    IP 10.0.0.1.4000 > 10.0.0.2.5001: UDP, length 5',
      '  - /5002/',
    ].join('\n'),
  )
})

test('what is missing or too much does not shift what stands behind it', () => {
  const numbered = ['a', 'b', 'c', 'd', 'e'].map((payload, i) => datagram(5000 + i, payload))
  const message = messageOf(() => assertFrames([...numbered.slice(0, 1), request, ...numbered.slice(2)], numbered))
  assert.equal(
    message
      .split('\n')
      .slice(1, 7)
      .map(line => line.slice(0, 7)),
    ['    IP ', '  - IP ', '  + ARP', '    IP ', '    IP ', '    IP '],
  )
  const inserted = messageOf(() => assertFrames([...numbered.slice(0, 1), request, ...numbered.slice(1)], numbered))
  assert.equal(
    inserted
      .split('\n')
      .slice(1)
      .map(line => line.slice(0, 7)),
    ['    IP ', '  + ARP', '    IP ', '    IP ', '    IP ', '    IP '],
  )
  const longer = messageOf(() => assertFrames([request, ...numbered], [...numbered, request]))
  assert.equal(
    longer
      .split('\n')
      .slice(1)
      .map(line => line.slice(0, 7)),
    ['  + ARP', ...numbered.map(() => '    IP '), '  - ARP'],
  )
})

test('a line that differs is marked, with the field of the layer behind it', () => {
  assert.is(
    messageOf(() => assertFrames(frames.slice(1, 2), ['IP 10.0.0.1.4000 > 10.0.0.2.53: UDP, length 3'])),
    [
      'frames at the list: 1, expected 1; - missing, + not expected',
      '  - IP 10.0.0.1.4000 > 10.0.0.2.53: UDP, length 3',
      '  + IP 10.0.0.1.4000 > 10.0.0.2.5000: UDP, length 3',
      'first difference:',
      '  expected IP 10.0.0.1.4000 > 10.0.0.2.53: UDP, length 3',
      '  actual   IP 10.0.0.1.4000 > 10.0.0.2.5000: UDP, length 3',
      '                              ^^^^^^^^^^^^^',
      '  udp.dport: expected 53, actual 5000',
    ].join('\n'),
  )
})

test('headers that differ are named with both values', () => {
  const message = messageOf(() =>
    assertFrames(frames.slice(1, 2), [{ ipv4: { ttl: 63, saddr: '10.0.0.1' }, icmp: { type: 8 }, payload: 'ono' }]),
  )
  assert.match(message, '  ipv4.ttl: expected 63, actual 64\n')
  assert.match(message, '  icmp: expected {"type":8}, actual absent\n')
  assert.match(message, '  payload: expected 6f at octet 2 of 3, actual 65 at octet 2 of 3')
})

test('octets that differ are named by field and shown in hex', () => {
  assert.is(
    messageOf(() => assertFrames([datagram(5000, 'one', 63)], [datagram(5000, 'one')])),
    [
      'frames at the list: 1, expected 1; - missing, + not expected',
      '  - IP 10.0.0.1.4000 > 10.0.0.2.5000: UDP, length 3',
      '  + IP 10.0.0.1.4000 > 10.0.0.2.5000: UDP, length 3',
      'first difference:',
      '  expected IP 10.0.0.1.4000 > 10.0.0.2.5000: UDP, length 3',
      '  actual   IP 10.0.0.1.4000 > 10.0.0.2.5000: UDP, length 3',
      '  ipv4.ttl: expected 64, actual 63',
      'first difference at octet 22 (lengths 45 and 45):',
      '  expected 0x0010:  00  1f  00  00  00  00 [40] 11  66  cc  0a  00  00  01  0a  00 ',
      '  actual   0x0010:  00  1f  00  00  00  00 [3f] 11  67  cc  0a  00  00  01  0a  00 ',
    ].join('\n'),
  )
})

test('a frame whose headers are cut off is a difference, not a crash', () => {
  const message = messageOf(() => assertFrames([datagram(5000, 'one').subarray(0, 20)], [{ udp: { dport: 5000 } }]))
  assert.match(message, /frame: expected headers, actual .*ipv4/)
})

test('a failure ends with version and seed, and carries both lists for the test runner', () => {
  const { world, hosts } = new Lan(2, 42)
  const seen = world.capture({ dev: hosts[0]!.dev('eth0') })
  const failure = failureOf(() => assertFrames(seen, [/something/]))
  assert.is(failure.message.split('\n').at(-1), `(netloom ${VERSION}, seed 42)`)
  assert.match(failure.message, /^frames at h1:eth0: 0, expected 1/)
  assert.equal([failure.code, failure.expected, failure.actual], ['EASSERT', ['/something/'], []])
})

test('assertSeen and assertNotSeen', () => {
  assert.equal(assertSeen(frames, { udp: { dport: 5001 } }), frames[2])
  assertSeen(frames, /UDP/, { count: 2 })
  assertNotSeen(frames, { icmp: {} })
  assert.is(
    messageOf(() => assertSeen(frames.slice(0, 1), /UDP/)),
    'not seen at the list: /UDP/; seen was\n    ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28',
  )
  assert.match(
    messageOf(() => assertSeen(frames, /UDP/, { count: 3 })),
    /^not seen at the list: \/UDP\/, seen 2 times instead of 3; seen was\n/,
  )
  assert.is(
    messageOf(() => assertNotSeen(frames, /5000/)),
    'seen at the list, and should not have been: /5000/\n    IP 10.0.0.1.4000 > 10.0.0.2.5000: UDP, length 3',
  )
  assert.is(
    messageOf(() => assertSeen([], /UDP/)),
    'not seen at the list: /UDP/; seen was\n    nothing',
  )
})

test.run()
