/**
 * Text of frames: what tcpdump 4.99.3 printed of single frames and of whole captures (test/data/dissect).
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createDissector, type DissectOptions, dissect } from '../../lib/wire/dissect.js'
import { NetloomError } from '../../lib/errors.js'
import { allFrames, capturesOf, DATA, hex, packetsOf, scenarioNames, SEED } from './recordings.js'

const test = suite('wire/dissect')

interface Printed extends DissectOptions {
  readonly hex: string
  readonly text: string
}

const read = (name: string): string => readFileSync(join(DATA, 'dissect', name), 'utf8')

/** Text of a capture as tcpdump writes it to its standard output. */
const captureText = (scenario: string, capture: string, options: DissectOptions): string => {
  const print = createDissector(options)
  return packetsOf(scenario, capture)
    .map(({ data, wireLen }) => `${print(data, wireLen)}\n`)
    .join('')
}

test('single frames of all kinds, whole, cut and changed, print as tcpdump prints them', () => {
  const frames: readonly Printed[] = JSON.parse(read('frames.json'))
  assert.ok(frames.length > 500)
  for (const { hex: octets, text, ...options } of frames) assert.is(dissect(hex(octets), options), text, octets)
})

for (const [scenario, capture, suffix, options] of [
  ['tcp-half-close', 'h1-eth0', '', {}],
  ['route-kinds', 'h1-eth0', '', {}],
  ['vxlan-flannel-pods', 'n1-eth0', '', {}],
  ['arping-request', 'h1-eth0', '-e', { linkLevel: true }],
  ['icmp-redirect', 'h1-eth0', '-v', { verbose: 1 }],
  ['igmp-join', 'h1-eth0', '-v', { verbose: 1 }],
  ['frag-router', 'h2-eth0', '-v-v', { verbose: 2 }],
] as const)
  test(`the capture ${scenario}/${capture} prints as tcpdump ${suffix} prints it`, () => {
    assert.is(captureText(scenario, `${capture}.pcap`, options), read(`${scenario}.${capture}${suffix}.txt`))
  })

test('all captures of all scenarios print as tcpdump prints them, plain and with -e -v -v', () => {
  const digest = (scenario: string, options: DissectOptions): string => {
    const text = capturesOf(scenario).map(capture => captureText(scenario, capture, options))
    return createHash('sha256').update(text.join(''), 'latin1').digest('hex').slice(0, 16)
  }
  const lines = scenarioNames().map(
    name => `${name} ${digest(name, {})} ${digest(name, { linkLevel: true, verbose: 2 })}\n`,
  )
  assert.is(lines.join(''), read('digests.txt'))
})

test('packets without link layer', () => {
  const frame = hex('4500001c0007000040016ad60a0000010a0000020800f7fd00010001')
  const text = '10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 8'
  assert.is(dissect(frame, { linkType: 'raw' }), `IP ${text}`)
  assert.is(dissect(frame, { linkType: 'raw', linkLevel: true }), `ip: ${text}`)
  assert.is(dissect(hex('50'), { linkType: 'raw' }), 'unknown ip 5')
})

test('one frame has absolute TCP numbers, a capture relative ones', () => {
  const frames = packetsOf('tcp-half-close', 'h1-eth0.pcap').map(p => p.data)
  const ack = frames.find(f => f[47] === 0x10)!
  assert.match(dissect(ack), /ack 531332535, win 63/)
  const print = createDissector()
  assert.match(frames.map(f => print(f)).join('\n'), /Flags \[\.\], ack 1, win 63/)
})

test('a link type that is not supported is refused', () => {
  assert.throws(
    () => dissect(new Uint8Array(1), { linkType: 'sll' } as unknown as DissectOptions),
    (e: unknown) => e instanceof NetloomError && e.code === 'EINVAL',
  )
})

test('any octets print without throwing (property)', () => {
  const options = { linkType: fc.constantFrom('ethernet' as const, 'raw' as const), verbose: fc.nat(3) }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.record(options), fc.boolean(), (b, o, linkLevel) => {
      assert.type(dissect(b, { ...o, linkLevel }), 'string')
    }),
    { seed: SEED, numRuns: 3000 },
  )
})

test('recorded frames with changed octets print without throwing (property)', () => {
  const frames = allFrames()
  const change = fc.record({ at: fc.nat(100), value: fc.nat(255) })
  fc.assert(
    fc.property(
      fc.nat(frames.length - 1),
      fc.array(change, { maxLength: 4 }),
      fc.nat(1600),
      fc.nat(3),
      (n, changes, cut, v) => {
        const b = frames[n]!.slice(0, cut + 1)
        for (const { at, value } of changes) if (at < b.length) b[at] = value
        assert.type(dissect(b, { verbose: v, linkLevel: v === 1 }), 'string')
      },
    ),
    { seed: SEED, numRuns: 5000 },
  )
})

test.run()
