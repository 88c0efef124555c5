/**
 * `printf` of bash as far as a script needs it to make the standard input of a program: escapes and conversions of texts and integers.
 *
 * @see printf(1), IEEE Std 1003.1 printf
 */
import { NetloomError } from '../errors.js'
import { encodeUtf8 } from '../wire/utf8.js'

/** What {@link formatPrintf} takes, for messages. */
export const PRINTF_SUPPORTED =
  'the escapes \\n \\t \\r \\a \\b \\f \\v \\e \\\\ \\" \\xHH \\NNN and the conversions %d %i %u %o %x %X %c %s %b %q %% with flags, width and precision'

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

const PERCENT = 37

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

/** A conversion of a format. */
interface Conversion {
  readonly flags: string
  readonly width: number
  /** Null without one. */
  readonly precision: number | null
  readonly type: string
}

const CONVERSION = /^%([-+ 0#]*)(\d*)(?:\.(\d*))?([dioxXucsbq%])/

const RADIX: Readonly<Record<string, number>> = { o: 8, x: 16, X: 16 }
const PREFIX: Readonly<Record<string, string>> = { o: '0', x: '0x', X: '0X' }

/** An integer in C's notation, or the code of the character behind a quote. */
const integer = (text: string): bigint => {
  if (/^['"]/.test(text)) return BigInt(text.codePointAt(1) ?? 0)
  const [, sign, digits = ''] = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|\d+)$/.exec(text) ?? refuse(text === '' ? "''" : text)
  if (/^0\d*[89]/.test(digits)) refuse(text)
  const value = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return sign === '-' ? -value : value
}

const padded = ({ flags, width }: Conversion, sign: string, digits: string, isZeroed: boolean): string => {
  if (flags.includes('-')) return (sign + digits).padEnd(width)
  if (isZeroed) return sign + digits.padStart(width - sign.length, '0')
  return (sign + digits).padStart(width)
}

const number = (conversion: Conversion, text: string): string => {
  const { flags, precision, type } = conversion
  const isSigned = type === 'd' || type === 'i'
  const value = isSigned ? integer(text) : BigInt.asUintN(64, integer(text))
  const magnitude = (value < 0n ? -value : value).toString(RADIX[type] ?? 10).padStart(precision ?? 1, '0')
  const plus = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  const prefix = flags.includes('#') && value !== 0n ? (PREFIX[type] ?? '') : ''
  const sign = isSigned ? (value < 0n ? '-' : plus) : prefix
  const digits = type === 'X' ? magnitude.toUpperCase() : magnitude
  return padded(
    conversion,
    sign,
    precision === 0 && value === 0n ? '' : digits,
    flags.includes('0') && precision === null,
  )
}

/** A text quoted so that the shell reads it back (%q). */
const shellQuoted = (text: string): string => {
  if (text === '') return "''"
  if (/[^ -~]/.test(text)) refuse('%q of a text with other characters than ASCII')
  return text.replace(/[^A-Za-z0-9%+,./:=@_^-]|\^|(?<![\s\S])[~#]/g, char => `\\${char}`)
}

const converted = (conversion: Conversion, arg: string | undefined): string => {
  const { precision, type } = conversion
  if (!'csbq'.includes(type)) return number(conversion, arg ?? '0')
  const text = type === 'q' ? shellQuoted(arg ?? '') : (arg ?? '')
  // Width and precision count octets.
  const isCut = type === 'c' || precision !== null
  if (isCut && /[^\0-\x7f]/.test(text)) refuse(`%${type} of a part of a text with other characters than ASCII`)
  const cut = isCut ? text.slice(0, type === 'c' ? 1 : precision!) : text
  const more = encodeUtf8(cut).length - cut.length
  return padded({ ...conversion, width: conversion.width - more }, '', cut, false)
}

/** Octets of the argument of `%b`, whose escapes are read. */
const escapedOctets = (conversion: Conversion, arg: string): Uint8Array => {
  if (/\\c/.test(arg)) refuse('\\c')
  if (conversion.width > 0 || conversion.precision !== null) refuse('%b with a width')
  return formatPrintf(arg.replace(/%/g, '%%').replace(/\\0([0-7]{1,3})/g, '\\$1'), [])
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
        const spec = CONVERSION.exec(format.slice(i)) ?? refuse(format.slice(i, i + 2))
        const [, flags = '', width = '', precision, type = ''] = spec
        const conversion: Conversion = {
          flags,
          width: Number(width),
          precision: precision === undefined ? null : Number(precision),
          type,
        }
        if (type === '%') bytes.push(PERCENT)
        else if (type === 'b') bytes.push(...escapedOctets(conversion, args[next++] ?? ''))
        else bytes.push(...encodeUtf8(converted(conversion, args[next++])))
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
