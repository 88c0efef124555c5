/**
 * IPv4 addresses and prefixes as iproute2 reads them, with its messages. IPv6 is refused by name.
 *
 * @see iproute2 lib/utils.c, for what is accepted and the messages
 */
import { isIpv4Text, type Prefix, parseIpv4, parseIpv4Lenient, prefixLenOf } from '../../wire/ip.js'
import { parseUnsigned, ToolExit, unsupported } from './args.js'
import type { Family } from './ip-context.js'

/** Address family that the tool expects: the word in its messages. */
export type Expected = 'any valid' | 'inet' | 'inet6'

/** What is expected with the option for a family. */
export const expectedFamily = (family: Family): Expected =>
  family === 'inet' || family === 'inet6' ? family : 'any valid'

/** A prefix, whether its length was given, and whether it is `default`, which has no family. */
export interface InetPrefix extends Prefix {
  readonly hasLength: boolean
  readonly isDefault: boolean
}

const IPV6_TEXT = /^[0-9a-fA-F]*:[0-9a-fA-F:.]*(\/\d+)?$/

const fail = (what: string, expected: Expected, word: string): never => {
  throw new ToolExit(1, `Error: ${expected} ${what} is expected rather than "${word}".\n`)
}

const refuseIpv6 = (word: string, expected: Expected): void => {
  if (expected !== 'inet' && IPV6_TEXT.test(word)) throw unsupported('ip', word, 'IPv4 addresses')
}

/** Length of a prefix as a number or as a mask; null for anything else. */
const prefixLength = (text: string): number | null => {
  const len = parseUnsigned(text, 8) ?? (isIpv4Text(text) ? prefixLenOf(parseIpv4(text)) : -1)
  return len >= 0 && len <= 32 ? len : null
}

/** A prefix; leaves with `... prefix is expected rather than "X".`, exit status 1. */
export const prefixArgument = (word: string, expected: Expected = 'any valid'): InetPrefix => {
  refuseIpv6(word, expected)
  if (word === 'default' || word === 'any' || word === 'all')
    return { addr: 0, len: 0, hasLength: true, isDefault: true }
  const [address, length, extra] = word.split('/')
  const len = length === undefined ? 32 : prefixLength(length)
  if (expected === 'inet6' || address === '' || len === null || extra !== undefined)
    return fail('prefix', expected, word)
  try {
    return { addr: parseIpv4Lenient(address!), len, hasLength: length !== undefined, isDefault: false }
  } catch {
    return fail('prefix', expected, word)
  }
}

/** An address; leaves with `... address is expected rather than "X".`, exit status 1. */
export const addressArgument = (word: string, expected: Expected = 'any valid'): number => {
  refuseIpv6(word, expected)
  if (expected === 'inet6') return fail('address', expected, word)
  if (isIpv4Text(word)) return parseIpv4Lenient(word)
  if (word === 'default' || word === 'any') return 0
  try {
    return parseIpv4Lenient(word)
  } catch {
    return fail('address', expected, word)
  }
}
