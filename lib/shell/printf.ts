/**
 * `printf` of bash as far as a script needs it to make the standard input of a program: escapes and four conversions.
 *
 * @see printf(1), IEEE Std 1003.1 printf
 */
import { NetloomError } from '../errors.js'
import { encodeUtf8 } from '../wire/utf8.js'

/** What {@link formatPrintf} takes, for messages. */
export const PRINTF_SUPPORTED =
  'the escapes \\n \\t \\r \\a \\b \\f \\v \\e \\\\ \\" \\xHH \\NNN and %d %0Nd %Nd %s %Ns %%'

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
  e: 27,
  E: 27,
  '\\': 92,
  '"': 34,
  "'": 39,
}

const refuse = (what: string): never => {
  throw new NetloomError('EINVAL', `printf: ${what}; supported: ${PRINTF_SUPPORTED}`, { word: what })
}

/** Octet of the escape behind the backslash at `at`, and how many characters it takes. */
const escapeAt = (format: string, at: number): readonly [number, number] => {
  const rest = format.slice(at + 1)
  const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest)
  if (hex !== null) return [Number.parseInt(hex[1]!, 16), 1 + hex[0].length]
  const octal = /^[0-7]{1,3}/.exec(rest)
  if (octal !== null) return [Number.parseInt(octal[0], 8) & 255, 1 + octal[0].length]
  const simple = SIMPLE_ESCAPES[rest[0] ?? '']
  return simple === undefined ? refuse(`\\${rest[0] ?? ''}`) : [simple, 2]
}

const conversion = (spec: RegExpExecArray, arg: string | undefined): string => {
  const [, flags, width, type] = spec
  const size = Number(width === '' ? 0 : width)
  if (type === 's') {
    const text = arg ?? ''
    return flags!.includes('-') ? text.padEnd(size) : text.padStart(size)
  }
  const number = arg ?? '0'
  if (!/^[+-]?\d+$/.test(number)) refuse(number)
  const value = BigInt(number)
  const sign = value < 0n ? '-' : ''
  const digits = String(value < 0n ? -value : value)
  if (flags!.includes('-')) return (sign + digits).padEnd(size)
  if (flags!.includes('0')) return sign + digits.padStart(size - sign.length, '0')
  return (sign + digits).padStart(size)
}

/** The octets that `printf FORMAT ARGS...` writes; the format is used again while arguments are left. Throws EINVAL. */
export const formatPrintf = (format: string, args: readonly string[]): Uint8Array => {
  const bytes: number[] = []
  let next = 0
  do {
    const before = next
    for (let i = 0; i < format.length; ) {
      const char = format[i]!
      if (char === '\\') {
        const [octet, length] = escapeAt(format, i)
        bytes.push(octet)
        i += length
      } else if (char === '%') {
        const spec = /^%([-0]*)(\d*)([ds%])/.exec(format.slice(i)) ?? refuse(format.slice(i, i + 2))
        bytes.push(...encodeUtf8(spec[3] === '%' ? '%' : conversion(spec, args[next++])))
        i += spec[0].length
      } else {
        const code = format.codePointAt(i)!
        bytes.push(...encodeUtf8(String.fromCodePoint(code)))
        i += code > 0xffff ? 2 : 1
      }
    }
    if (next === before) break
  } while (next < args.length)
  return Uint8Array.from(bytes)
}
