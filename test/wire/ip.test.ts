/**
 * IPv4 addresses and prefixes: the three readings of text, masks, classes.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NetloomError } from '../../lib/errors.js'
import * as IP from '../../lib/wire/ip.js'
import { SEED } from './recordings.js'

const test = suite('wire/ip')

const refuses = (call: () => unknown, text: string, message: string): void =>
  assert.throws(
    call,
    (e: unknown) =>
      e instanceof NetloomError && e.code === 'EINVAL' && e.context['text'] === text && e.message === message,
  )

test('an address is an int32', () => {
  assert.is(IP.parseIpv4('10.0.0.1'), 0x0a000001)
  assert.is(IP.parseIpv4('255.255.255.255'), IP.INADDR_BROADCAST)
  assert.is(IP.parseIpv4('255.255.255.255'), -1)
  assert.is(IP.parseIpv4('0.0.0.0'), IP.INADDR_ANY)
  assert.is(IP.parseIpv4('127.0.0.1'), IP.INADDR_LOOPBACK)
  assert.is(IP.formatIpv4(-1), '255.255.255.255')
})

test('the library takes four decimal parts only', () => {
  for (const text of ['10.1', '1', '010.1.1.1', '0x0a.1.1.1', '1.2.3.256', '1.2.3.4.5', '', 'a.b.c.d', '1.2.3.4 '])
    refuses(() => IP.parseIpv4(text), text, `inet address is expected rather than "${text}".`)
})

test('iproute2 fills missing parts with zeros on the right, reads octal and hexadecimal (as `ip` does on Linux)', () => {
  const cases = {
    '10.1': '10.1.0.0',
    '1': '1.0.0.0',
    '10.1.1': '10.1.1.0',
    '010.1.1.1': '8.1.1.1',
    '0x0a.1.1.1': '10.1.1.1',
  }
  for (const [text, address] of Object.entries(cases)) assert.is(IP.formatIpv4(IP.parseIpv4Lenient(text)), address)
  for (const text of ['14.048.2.7', '256', '1.2.3.4.5', '10.', 'x'])
    refuses(() => IP.parseIpv4Lenient(text), text, `inet address is expected rather than "${text}".`)
})

test("libc's inet_aton lets the last part fill the rest", () => {
  assert.is(IP.formatIpv4(IP.parseIpv4Aton('10.1')), '10.0.0.1')
  assert.is(IP.formatIpv4(IP.parseIpv4Aton('1')), '0.0.0.1')
  assert.is(IP.formatIpv4(IP.parseIpv4Aton('10.1.258')), '10.1.1.2')
  refuses(() => IP.parseIpv4Aton('host'), 'host', 'inet address is expected rather than "host".')
})

test('prefixes: length, mask, none, default', () => {
  assert.equal(IP.parsePrefix('10.0.0.5/24'), { addr: 0x0a000005, len: 24 })
  assert.equal(IP.parsePrefix('10.0.0.5/255.255.0.0'), { addr: 0x0a000005, len: 16 })
  assert.equal(IP.parsePrefix('10.0.0.5'), { addr: 0x0a000005, len: 32 })
  assert.equal(IP.parsePrefix('default'), { addr: 0, len: 0 })
  assert.equal(IP.parsePrefix('0.0.0.0/0'), { addr: 0, len: 0 })
  assert.is(IP.formatPrefix(IP.parsePrefix('192.168.1.0/24')), '192.168.1.0/24')
})

test('prefixes as iproute2 reads them: 10.1/16 is 10.1.0.0/16', () => {
  assert.equal(IP.parsePrefixLenient('10.1/16'), { addr: 0x0a010000, len: 16 })
  assert.equal(IP.parsePrefixLenient('10/8'), { addr: 0x0a000000, len: 8 })
  assert.equal(IP.parsePrefixLenient('1'), { addr: 0x01000000, len: 32 })
  refuses(() => IP.parsePrefix('10.1/16'), '10.1/16', 'inet prefix is expected rather than "10.1/16".')
})

test('a prefix that cannot be is refused with its text', () => {
  for (const text of [
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/x',
    '10.0.0.0/255.0.255.0',
    '/24',
    '10.0.0.0/24/8',
    '10.0.0.0/-1',
  ])
    refuses(() => IP.parsePrefix(text), text, `inet prefix is expected rather than "${text}".`)
})

test('masks of all lengths', () => {
  for (let len = 0; len <= 32; len++) {
    const mask = IP.maskOf(len)
    assert.is(mask, mask | 0)
    assert.is(IP.prefixLenOf(mask), len)
    assert.is((mask >>> 0).toString(2).padStart(32, '0'), '1'.repeat(len).padEnd(32, '0'))
  }
  assert.is(IP.prefixLenOf(IP.parseIpv4('255.0.255.0')), -1)
  assert.is(IP.prefixLenOf(1), -1)
})

test('text and number of an address say the same (property)', () => {
  fc.assert(
    fc.property(fc.ipV4(), text => {
      const addr = IP.parseIpv4(text)
      assert.is(addr, addr | 0)
      assert.is(IP.formatIpv4(addr), text)
      assert.is(IP.parseIpv4Lenient(text), addr)
      assert.is(IP.parseIpv4Aton(text), addr)
      const first = Number(text.split('.')[0])
      assert.is(IP.isMulticast4(addr), first >= 224 && first < 240)
      assert.is(IP.isLoopback4(addr), first === 127)
      assert.is(IP.isZeronet(addr), addr === 0)
      assert.is(IP.isBroadcast(addr), text === '255.255.255.255')
      assert.is(IP.isLocalMulticast4(addr), text.startsWith('224.0.0.'))
      assert.is(IP.isLinkLocal4(addr), text.startsWith('169.254.'))
    }),
    { seed: SEED, examples: [['224.0.0.1'], ['239.255.255.255'], ['127.0.0.1'], ['169.254.9.9'], ['255.255.255.255']] },
  )
})

test('the MAC of a group has the low 23 bits of its address (RFC 1112)', () => {
  assert.is(IP.ipMulticastMac(IP.parseIpv4('224.0.0.22')), 0x01005e000016)
  assert.is(IP.ipMulticastMac(IP.parseIpv4('239.129.2.3')), 0x01005e010203)
})

test.run()
