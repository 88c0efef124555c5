/**
 * Text of addresses in options, and octets from text. Inside the library addresses are numbers; here is where users'
 * text becomes them.
 */
import { NetloomError } from '../errors.js'
import { encodeUtf8 } from '../wire/utf8.js'
import { parseIpv4, parsePrefix, type Prefix } from '../wire/ip.js'
import { parseMac } from '../wire/mac.js'

/** Octets, or text that becomes its UTF-8. */
export type Payload = Uint8Array | string

/** The octets of a payload. */
export const octetsOf = (data: Payload): Uint8Array => (typeof data === 'string' ? encodeUtf8(data) : data)

/** Says which option an error is about. */
const about = <T>(option: string, value: string, parse: (text: string) => T): T => {
  try {
    return parse(value)
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    throw new NetloomError(e.code, `${option}: ${e.message}`, { ...e.context, option, value })
  }
}

/** The int32 of an IPv4 address in dotted text; throws EINVAL that names the option. */
export const ipv4Option = (option: string, text: string): number => about(option, text, parseIpv4)

/** A prefix; `default` is 0.0.0.0/0, and an address alone has the length 32. Throws EINVAL that names the option. */
export const prefixOption = (option: string, text: string): Prefix => about(option, text, parsePrefix)

/** The 48-bit number of a MAC; throws EINVAL that names the option. */
export const macOption = (option: string, text: string): number => about(option, text, parseMac)

/** The 48-bit number of a MAC that may be absent; throws EINVAL that names the option. */
export const optionalMac = (option: string, text: string | undefined): number | undefined =>
  text === undefined ? undefined : macOption(option, text)

/** A number by one of its names, or as it is. Throws EINVAL that lists the names. */
export const wordOption = <W extends string>(
  option: string,
  value: W | number,
  numbers: Readonly<Record<W, number>>,
): number => {
  if (typeof value === 'number') return value
  const found = (numbers as Readonly<Record<string, number>>)[value]
  if (found !== undefined) return found
  const known = Object.keys(numbers)
  throw new NetloomError('EINVAL', `${option}: unknown word "${value}"; known are ${known.join(', ')}`, {
    option,
    value,
    known,
  })
}

/** An integer of 0 to `max`; throws EINVAL that names the option. */
export const numberOption = (option: string, value: number, max: number): number => {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value
  throw new NetloomError('EINVAL', `${option}: ${value} is not an integer of 0 to ${max}`, { option, value, max })
}

/** Refuses what is no object, and properties that nobody reads, so that a slip of the pen is not silently ignored. Throws EINVAL. */
export const checkOptions = (what: string, given: object, known: readonly string[]): void => {
  const isObject: boolean = typeof given === 'object' && given !== null && !Array.isArray(given)
  if (!isObject)
    throw new NetloomError(
      'EINVAL',
      `${what}: ${String(given)} is not an object; known options are ${known.join(', ')}`,
      {
        known,
      },
    )
  for (const option of Object.keys(given))
    if (!known.includes(option))
      throw new NetloomError('EINVAL', `${what}: unknown option "${option}"; known are ${known.join(', ')}`, {
        option,
        known,
      })
}

/** Refuses what is no list of texts. Throws EINVAL that names the option. */
export const checkTexts = (option: string, value: unknown): void => {
  if (Array.isArray(value) && value.every(text => typeof text === 'string')) return
  throw new NetloomError('EINVAL', `${option}: ${String(value)} is not a list of texts`, { option })
}

/** Refuses what is no text. Throws EINVAL that names the option. */
export const checkText = (option: string, value: unknown): void => {
  if (typeof value === 'string') return
  throw new NetloomError('EINVAL', `${option}: ${String(value)} is not a text`, { option })
}

/** A type whose properties may be undefined, without those that are. */
export type Defined<T extends object> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The properties that have a value. */
export const defined = <T extends object>(from: T): Defined<T> =>
  Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)) as Defined<T>
