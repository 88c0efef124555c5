/**
 * Options and texts of the match `string`.
 *
 * @see iptables extensions/libxt_string.c
 */
import { XT_STRING_MAX_PATTERN_SIZE, type XtStringInfo } from '../../../netfilter/match/string.js'
import { extension, type XtablesExtension, xtablesError, type XtOptionCall } from '../xtables.js'

const HELP = `string match options:
--from                       Offset to start searching from
--to                         Offset to stop searching
--algo                       Algorithm
--icase                      Ignore case (default: 0)
[!] --string string          Match a string in a packet
[!] --hex-string string      Match a hex string in a packet
`

const UINT16_MAX = 0xffff
/** Longest name of an algorithm with the octet behind it. */
const ALGO_NAME_SIZE = 16

const octetsOf = (text: string): number[] => [...new TextEncoder().encode(text)]
const BACKSLASH = 0x5c
const BAR = 0x7c
const BLANK = 0x20

const parseString = (text: string): number[] => {
  const octets = octetsOf(text)
  return octets.length > XT_STRING_MAX_PATTERN_SIZE ? xtablesError(`STRING too long "${text}"`) : octets
}

const isHex = (c: number | undefined): boolean => c !== undefined && /[0-9a-fA-F]/.test(String.fromCharCode(c))

/** Two hex digits at `i`. */
const hexOctet = (s: readonly number[], i: number): number => {
  if (i + 1 >= s.length) xtablesError('Odd number of hex digits')
  if (i + 2 >= s.length) xtablesError('Invalid hex block')
  for (const c of [s[i]!, s[i + 1]!]) if (!isHex(c)) xtablesError(`Invalid hex char '${String.fromCharCode(c)}'`)
  return Number.parseInt(String.fromCharCode(s[i]!, s[i + 1]!), 16)
}

/** Text with hex digits between bars; a backslash takes the next character as it is (parse_hex_string). */
const parseHexString = (text: string): number[] => {
  const s = octetsOf(text)
  if (s.length === 0) xtablesError('STRING must contain at least one char')
  const pattern: number[] = []
  let inHex = false
  let i = 0
  while (i < s.length) {
    if (pattern.length >= XT_STRING_MAX_PATTERN_SIZE) xtablesError(`STRING too long "${text}"`)
    let isLiteral = false
    if (s[i] === BACKSLASH) {
      if (inHex) xtablesError('Cannot include literals in hex data')
      isLiteral = true
    } else if (s[i] === BAR) {
      inHex = !inHex
      if (inHex) while (s[i + 1] === BLANK) i++
      if (i + 1 >= s.length) break
      i++
    }
    if (isLiteral) {
      if (i + 1 >= s.length) xtablesError('Bad literal placement at end of string')
      pattern.push(s[i + 1]!)
      i += 2
    } else if (inHex) {
      pattern.push(hexOctet(s, i))
      i += s[i + 2] === BLANK ? 3 : 2
    } else pattern.push(s[i++]!)
  }
  return pattern
}

const parse = ({ option: { id }, arg, value, invert }: XtOptionCall, info: XtStringInfo): XtStringInfo => {
  switch (id) {
    case 'from':
      return { ...info, from: value }
    case 'to':
      return { ...info, to: value }
    case 'algo':
      return { ...info, algo: arg.slice(0, ALGO_NAME_SIZE - 1) }
    case 'icase':
      return { ...info, icase: true }
    default: {
      const pattern = id === 'string' ? parseString(arg) : parseHexString(arg)
      return { ...info, pattern, invert: info.invert || invert }
    }
  }
}

const patternText = (pattern: readonly number[]): string => {
  const text = String.fromCharCode(...pattern).replace(/["\\]/g, '\\$&')
  return ` "${text}"`
}

/** Is it printed as hex digits: has it octets that are no ASCII, or does it end with a backslash? */
const isHexPattern = (pattern: readonly number[]): boolean =>
  pattern.some(c => c < 0x20 || c > 0x7e) || pattern.at(-1) === BACKSLASH

const hexText = (pattern: readonly number[]): string =>
  ` "|${pattern.map(c => c.toString(16).padStart(2, '0')).join('')}|"`

/** The extension. */
export const stringExtension: XtablesExtension = extension<XtStringInfo>({
  name: 'string',
  help: HELP,
  options: [
    { name: 'from', id: 'from', type: 'uint16' },
    { name: 'to', id: 'to', type: 'uint16' },
    { name: 'algo', id: 'algo', type: 'string', mandatory: true },
    { name: 'string', id: 'string', type: 'string', invert: true, excl: ['hex'] },
    { name: 'hex-string', id: 'hex', type: 'string', invert: true, excl: ['string'] },
    { name: 'icase', id: 'icase', type: 'none' },
  ],
  init: { from: 0, to: UINT16_MAX, algo: '', pattern: [], invert: false, icase: false },
  parse,
  finalCheck: (info, seen) =>
    seen.has('string') || seen.has('hex')
      ? info
      : xtablesError("STRING match: You must specify `--string' or `--hex-string'"),
  print: ({ from, to, algo, pattern, invert, icase }) => {
    let text = ` STRING match ${invert ? '!' : ''}${isHexPattern(pattern) ? hexText(pattern) : patternText(pattern)}`
    text += ` ALGO name ${algo}`
    if (from !== 0) text += ` FROM ${from}`
    if (to !== UINT16_MAX) text += ` TO ${to}`
    return icase ? `${text} ICASE` : text
  },
  save: ({ from, to, algo, pattern, invert, icase }) => {
    let text = invert ? ' !' : ''
    text += isHexPattern(pattern) ? ` --hex-string${hexText(pattern)}` : ` --string${patternText(pattern)}`
    text += ` --algo ${algo}`
    if (from !== 0) text += ` --from ${from}`
    if (to !== UINT16_MAX) text += ` --to ${to}`
    return icase ? `${text} --icase` : text
  },
})
