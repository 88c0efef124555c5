import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatPrintf } from '../../lib/shell/printf.js'

const test = suite('shell/printf')

const hex = (octets: Uint8Array): string => [...octets].map(o => o.toString(16).padStart(2, '0')).join('')

/** Format, arguments, and what the builtin printf of bash 5.2 wrote, in hexadecimal. */
const AS_BASH: readonly (readonly [format: string, args: readonly string[], hex: string])[] = [
  ['', [], ''],
  ['x', [], '78'],
  ['a\\nb\\t', [], '610a6209'],
  ['\\x41\\x4\\xff', [], '4104ff'],
  ['\\101\\0\\1234', [], '41005334'],
  ['\\\\ \\" \\a\\e', [], '5c202220071b'],
  ['100%%', [], '31303025'],
  ['%05d', ['42'], '3030303432'],
  ['%05d', ['-42'], '2d30303432'],
  ['%5d|%-5d|', ['7', '8'], '20202020377c38202020207c'],
  ['%d', [], '30'],
  ['%d-', ['1', '2'], '312d322d'],
  ['%s;', ['a', 'b c'], '613b6220633b'],
  ['%3s|%-3s|', ['a', 'b'], '2020617c6220207c'],
  ['é', [], 'c3a9'],
  ['%x', ['255'], '6666'],
  ['%X|%o|%#x', ['255', '8', '255'], '46467c31307c30786666'],
  ['%c', ['abc'], '61'],
  ['%+d % d', ['5', '5'], '2b35202035'],
  ['%.3d|%.2s|%5.1s|', ['5', 'abc', 'xyz'], '3030357c61627c20202020787c'],
  ['%i %u', ['-7', '-1'], '2d37203138343436373434303733373039353531363135'],
  ['%d %d %d', ['0x1f', '010', "'a"], '33312038203937'],
  ['%q %q', ['a b', "it's"], '615c20622069745c2773'],
  ['%b', ['a\\tb\\0101'], '61096241'],
  ['%-5s|%-5d|', ['é', '3'], 'c3a92020207c33202020207c'],
]

test('writes the octets that bash writes', () => {
  for (const [format, args, expected] of AS_BASH) assert.is(hex(formatPrintf(format, args)), expected, format)
})

test('makes N digits of a number, the way scenarios make payloads of a size', () => {
  assert.is(formatPrintf('%01472d', ['0']).length, 1472)
})

test('refuses other conversions and escapes by name', () => {
  assert.throws(() => formatPrintf('%f', ['1']), /printf: %f; supported: .*%d %i/)
  assert.throws(() => formatPrintf('\\q', []), /printf: \\q; supported/)
  assert.throws(() => formatPrintf('%d', ['x']), /printf: x; supported/)
})

test.run()
