/**
 * Capture filters: what tcpdump's accepted of the recordings, its error texts, columns, reads behind the end.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compileFilter, type FilterOptions } from '../../lib/capture/filter.js'
import { NetloomError } from '../../lib/errors.js'
import { parseIpv4 } from '../../lib/wire/ip.js'
import { encodeFrame } from '../../lib/wire/frame.js'
import { allFrames, DATA, hex, SEED } from '../wire/recordings.js'

const test = suite('capture/filter')

interface Recorded {
  readonly filter: string
  readonly count?: number
  readonly frames?: string
  readonly error?: string
}

const RECORDED: readonly Recorded[] = JSON.parse(readFileSync(join(DATA, 'filter', 'filters.json'), 'utf8'))

const ETH = { dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }
const IP = { saddr: '10.0.0.1', daddr: '10.0.0.255' }

const accepts = (filter: string, b: Uint8Array, options: FilterOptions = {}): boolean =>
  compileFilter(filter, options)(b, 0, b.length)

const errorOf = (filter: string): NetloomError => {
  try {
    compileFilter(filter)
  } catch (e) {
    if (e instanceof NetloomError) return e
    throw e
  }
  throw new Error(`not refused: ${filter}`)
}

test('each filter accepts the frames of the recordings that tcpdump accepts', () => {
  const frames = allFrames()
  const taken = RECORDED.filter(r => r.error === undefined)
  assert.ok(taken.length > 150)
  for (const { filter, count, frames: digest } of taken) {
    const match = compileFilter(filter)
    const found = frames.flatMap((b, i) => (match(b, 0, b.length) ? [i] : []))
    assert.is(found.length, count, filter)
    assert.is(createHash('sha256').update(found.join(',')).digest('hex').slice(0, 16), digest, filter)
  }
})

test("what tcpdump refuses is refused with tcpdump's text, a column and a word", () => {
  const refused = RECORDED.filter(r => r.error !== undefined)
  assert.ok(refused.length > 40)
  for (const { filter, error } of refused) {
    const { code, context, message } = errorOf(filter)
    assert.equal([code, context['tool']], ['EGRAMMAR', error], filter)
    assert.ok(message.startsWith(`${error} at column `), message)
    assert.type(context['column'], 'number')
  }
})

test('column and word point at what is wrong', () => {
  const place = (filter: string): unknown[] => {
    const { context } = errorOf(filter)
    return [context['column'], context['word']]
  }
  assert.equal(place('arp or foo'), [8, 'foo'])
  assert.equal(place('port 80 and'), [12, ''])
  assert.equal(place('(arp'), [5, ''])
  assert.equal(place('arp)'), [4, ')'])
  assert.equal(place('udp port 70000'), [10, '70000'])
  assert.equal(place('ip[0:3] = 1'), [6, '3'])
  assert.equal(place('arp and $x'), [9, '$'])
  assert.is(errorOf('arp or foo').message, 'can\'t parse filter expression: syntax error at column 8: "foo"')
  assert.is(errorOf('arp or').message, "can't parse filter expression: syntax error at column 7: end of expression")
})

test('a word of the language that needs more than the frame is refused by name, with what is supported', () => {
  for (const word of ['inbound', 'ifindex 3', 'gateway x', 'mpls', 'protochain 6'])
    assert.match(
      errorOf(word).message,
      new RegExp(`^'${word.split(' ')[0]}' not supported; supported are host, net, port`),
    )
  assert.match(errorOf('host ::1').message, /^IPv6 addresses are not supported at column 6: "::1"$/)
})

test('of two operands only the condition of the left one counts, as in libpcap 1.10', () => {
  const other = hex('020000000002020000000001270045000000')
  assert.is(accepts('4 * (ip[0] & 0xf) = 20', other), true)
  assert.is(accepts('(ip[0] & 0xf) * 4 = 20', other), false)
})

test('an empty filter accepts everything', () => {
  assert.is(accepts('', new Uint8Array(0)), true)
  assert.is(accepts(' \n', new Uint8Array(1)), true)
})

test('the frame is b[off..end)', () => {
  const arp = { op: 1, sha: ETH.src, spa: '10.0.0.1', tha: '00:00:00:00:00:00', tpa: '10.0.0.2' }
  const frame = encodeFrame({ eth: ETH, arp })
  const b = new Uint8Array(100).fill(0xff)
  b.set(frame, 30)
  const match = compileFilter('arp and ether src 02:00:00:00:00:01 and len = 42 and arp[6:2] = 1')
  assert.is(match(b, 30, 72), true)
  assert.is(match(b, 30, 71), false)
  assert.is(match(b, 29, 71), false)
})

test('a read behind the end rejects the frame, also under not (as in the kernel)', () => {
  const frame = encodeFrame({ eth: ETH, ipv4: IP, udp: { sport: 1, dport: 2 } })
  assert.is(accepts('not udp[8] = 1', frame), false)
  assert.is(accepts('udp or udp[8] = 1', frame), true)
  assert.is(accepts('udp[8] = 1 or udp', frame), false)
  assert.is(accepts('not arp', frame.subarray(0, 13)), false)
  assert.is(accepts('ether[0 - 1] = 0', frame), false)
})

test('ip broadcast takes the mask of the device', () => {
  const frame = encodeFrame({ eth: ETH, ipv4: IP })
  assert.is(accepts('ip broadcast', frame), false)
  assert.is(accepts('ip broadcast', frame, { netmask: parseIpv4('255.255.255.0') }), true)
  assert.is(accepts('ip broadcast', frame, { netmask: parseIpv4('255.255.254.0') }), false)
})

test('packets without link layer', () => {
  const packet = hex('4500001c0007000040016ad60a0000010a0000020800f7fd00010001')
  const raw = { linkType: 'raw' } as const
  for (const [filter, is] of [
    ['ip', true],
    ['icmp', true],
    ['arp', false],
    ['ip6', false],
    ['host 10.0.0.1', true],
    ['dst host 10.0.0.1', false],
    ['icmp[icmptype] = icmp-echo', true],
    ['len = 28', true],
  ] as const)
    assert.is(accepts(filter, packet, raw), is, filter)
  assert.throws(() => compileFilter('ether host 02:00:00:00:00:01', raw))
  assert.throws(() => compileFilter('vlan', raw))
})

test('tags: what stands behind `vlan` looks behind the tag', () => {
  const inner = { ipv4: IP, udp: { sport: 1, dport: 2 } }
  const tagged = encodeFrame({ eth: ETH, vlan: [{ vid: 10 }], ...inner })
  const twice = encodeFrame({ eth: { ...ETH, type: 0x88a8 }, vlan: [{ vid: 10 }, { vid: 20 }], ...inner })
  assert.equal(
    ['vlan', 'vlan 10', 'vlan 11', 'udp', 'vlan and udp', 'vlan 10 and vlan'].map(f => accepts(f, tagged)),
    [true, true, false, false, true, false],
  )
  assert.equal(
    ['vlan', 'vlan 10 and vlan 20', 'vlan 20', 'vlan and vlan and host 10.0.0.1'].map(f => accepts(f, twice)),
    [true, true, false, true],
  )
})

test('no frame makes a filter throw (property)', () => {
  const filters = RECORDED.filter(r => r.error === undefined).map(r => compileFilter(r.filter))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(20), (b, off) => {
      for (const match of filters) assert.type(match(b, Math.min(off, b.length), b.length), 'boolean')
    }),
    { seed: SEED, numRuns: 300 },
  )
})

test('any text compiles or is refused with EGRAMMAR (property)', () => {
  const words =
    'ip arp tcp port host net src dst and or not ( ) [ ] : = != & + - * / % 10.0.0.1 80 len vlan \\tcp \\ $ x'
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words.split(' ')), { maxLength: 10 }), list => {
      try {
        compileFilter(list.join(' '))
      } catch (e) {
        if (!(e instanceof NetloomError) || e.code !== 'EGRAMMAR') throw e
      }
    }),
    { seed: SEED, numRuns: 5000 },
  )
})

test.run()
