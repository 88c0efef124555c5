/**
 * Options and texts of the match `icmp`.
 *
 * @see iptables extensions/libipt_icmp.c, libxt_icmp.h
 */
import type { IptIcmp } from '../../../netfilter/match/icmp.js'
import { extension, strtoul, type XtablesExtension, xtablesError } from '../xtables.js'

/** Names, types, first and last codes; of names for the same the first one is printed. */
const NAMES: readonly (readonly [string, number, number, number])[] = [
  ['any', 255, 0, 255],
  ['echo-reply', 0, 0, 255],
  ['pong', 0, 0, 255],
  ['destination-unreachable', 3, 0, 255],
  ['network-unreachable', 3, 0, 0],
  ['host-unreachable', 3, 1, 1],
  ['protocol-unreachable', 3, 2, 2],
  ['port-unreachable', 3, 3, 3],
  ['fragmentation-needed', 3, 4, 4],
  ['source-route-failed', 3, 5, 5],
  ['network-unknown', 3, 6, 6],
  ['host-unknown', 3, 7, 7],
  ['network-prohibited', 3, 9, 9],
  ['host-prohibited', 3, 10, 10],
  ['TOS-network-unreachable', 3, 11, 11],
  ['TOS-host-unreachable', 3, 12, 12],
  ['communication-prohibited', 3, 13, 13],
  ['host-precedence-violation', 3, 14, 14],
  ['precedence-cutoff', 3, 15, 15],
  ['source-quench', 4, 0, 255],
  ['redirect', 5, 0, 255],
  ['network-redirect', 5, 0, 0],
  ['host-redirect', 5, 1, 1],
  ['TOS-network-redirect', 5, 2, 2],
  ['TOS-host-redirect', 5, 3, 3],
  ['echo-request', 8, 0, 255],
  ['ping', 8, 0, 255],
  ['router-advertisement', 9, 0, 255],
  ['router-solicitation', 10, 0, 255],
  ['time-exceeded', 11, 0, 255],
  ['ttl-exceeded', 11, 0, 255],
  ['ttl-zero-during-transit', 11, 0, 0],
  ['ttl-zero-during-reassembly', 11, 1, 1],
  ['parameter-problem', 12, 0, 255],
  ['ip-header-bad', 12, 0, 0],
  ['required-option-missing', 12, 1, 1],
  ['timestamp-request', 13, 0, 255],
  ['timestamp-reply', 14, 0, 255],
  ['address-mask-request', 17, 0, 255],
  ['address-mask-reply', 18, 0, 255],
]

const ANY_TYPE = 255

const typesHelp = (): string => {
  let text = ''
  for (const [i, [name, type, min, max]] of NAMES.entries()) {
    const before = NAMES[i - 1]
    if (before === undefined || before[1] !== type) text += `\n${name}`
    else text += before[2] === min && before[3] === max ? ` (${name})` : `\n   ${name}`
  }
  return text
}

const HELP = `icmp match options:
[!] --icmp-type typename	match icmp type
[!] --icmp-type type[/code]	(or numeric type or type/code)
Valid ICMP Types:${typesHelp()}
`

type Range = readonly [number, number]

/** `A` or `A:B` at the beginning of `text`, and what follows; null when it begins otherwise. */
const parseRange = (text: string): { readonly range: Range; readonly rest: string } | null => {
  const m = /^(0[xX][0-9a-fA-F]+|[0-9]+)(?::(0[xX][0-9a-fA-F]+|[0-9]+)?)?/.exec(text)
  if (m === null) return null
  const low = strtoul(m[1]!, 0, 255)
  const high = m[0].includes(':') ? strtoul(m[2] ?? '', 0, 255) : low
  return low === null || high === null ? null : { range: [low, high], rest: text.slice(m[0].length) }
}

/** Type and codes that a word stands for: a name that may be shortened, a number, `TYPE/CODE` (ipt_parse_icmp). */
export const parseIcmpType = (word: string): { readonly type: number; readonly code: Range } => {
  const named = NAMES.filter(([name]) => name.toLowerCase().startsWith(word.toLowerCase()))
  if (named.length > 1) xtablesError(`Ambiguous ICMP type \`${word}': \`${named[0]![0]}' or \`${named[1]![0]}'?`)
  if (named.length === 1) return { type: named[0]![1], code: [named[0]![2], named[0]![3]] }
  const types = parseRange(word) ?? xtablesError(`Unknown ICMP type \`${word}'`)
  let code: Range = [0, 255]
  let { rest } = types
  if (rest.startsWith('/')) {
    const codes = parseRange(rest.slice(1)) ?? xtablesError(`Unknown ICMP code \`${word}'`)
    code = codes.range
    rest = codes.rest
  }
  if (rest !== '') xtablesError(`unknown character ${rest[0]}`)
  if (types.range[0] !== types.range[1]) xtablesError('ICMP type range not supported')
  return { type: types.range[0], code }
}

const print = ({ type, code, invert }: IptIcmp, numeric: boolean): string => {
  const [min, max] = code
  const known = NAMES.find(([, t, a, b]) => t === type && a === min && b === max)
  if (!numeric && known !== undefined) return ` ${invert ? '!' : ''}${known[0]}`
  let text = `${invert ? ' !' : ''}type ${type}`
  if (min === max) text += ` code ${min}`
  else if (min !== 0 || max !== 255) text += ` codes ${min}-${max}`
  return text
}

const saveType = ({ type, code }: IptIcmp): string => {
  if (type === ANY_TYPE) return 'any'
  return code[0] !== 0 || code[1] !== 255 ? `${type}/${code[0]}` : `${type}`
}

/** The extension. */
export const icmpExtension: XtablesExtension = extension<IptIcmp>({
  name: 'icmp',
  help: HELP,
  options: [{ name: 'icmp-type', id: 'type', type: 'string', mandatory: true, invert: true }],
  init: { type: ANY_TYPE, code: [0, 255], invert: false },
  parse: ({ arg, invert }) => ({ ...parseIcmpType(arg), invert }),
  print: (info, _ip, numeric) => ` icmp${print(info, numeric)}`,
  save: info => `${info.invert ? ' !' : ''} --icmp-type ${saveType(info)}`,
})
