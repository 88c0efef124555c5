/**
 * Options and texts of the matches `conntrack` and `state`, which the kernel takes for one.
 *
 * @see iptables extensions/libxt_conntrack.c
 */
import {
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_EXPECTED,
  IPS_SEEN_REPLY,
} from '../../../netfilter/conntrack/nf-conntrack-common.js'
import {
  XT_CONNTRACK_DIRECTION,
  XT_CONNTRACK_EXPIRES,
  XT_CONNTRACK_INIT,
  XT_CONNTRACK_ORIGDST,
  XT_CONNTRACK_ORIGDST_PORT,
  XT_CONNTRACK_ORIGSRC,
  XT_CONNTRACK_ORIGSRC_PORT,
  XT_CONNTRACK_PROTO,
  XT_CONNTRACK_REPLDST,
  XT_CONNTRACK_REPLDST_PORT,
  XT_CONNTRACK_REPLSRC,
  XT_CONNTRACK_REPLSRC_PORT,
  XT_CONNTRACK_STATE,
  XT_CONNTRACK_STATE_ALIAS,
  XT_CONNTRACK_STATE_DNAT,
  XT_CONNTRACK_STATE_ESTABLISHED,
  XT_CONNTRACK_STATE_INVALID,
  XT_CONNTRACK_STATE_NEW,
  XT_CONNTRACK_STATE_RELATED,
  XT_CONNTRACK_STATE_SNAT,
  XT_CONNTRACK_STATE_UNTRACKED,
  XT_CONNTRACK_STATUS,
  type XtConntrackInfo,
} from '../../../netfilter/match/conntrack.js'
import { formatIpv4 } from '../../../wire/ip.js'
import { maskSuffix } from '../addresses.js'
import {
  badValue,
  extension,
  type XtablesExtension,
  xtablesError,
  type XtOption,
  type XtOptionCall,
} from '../xtables.js'

const HELP = `conntrack match options:
[!] --ctstate {INVALID|ESTABLISHED|NEW|RELATED|UNTRACKED|SNAT|DNAT}[,...]
                               State(s) to match
[!] --ctproto proto            Protocol to match; by number or name, e.g. "tcp"
[!] --ctorigsrc address[/mask]
[!] --ctorigdst address[/mask]
[!] --ctreplsrc address[/mask]
[!] --ctrepldst address[/mask]
                               Original/Reply source/destination address
[!] --ctorigsrcport port
[!] --ctorigdstport port
[!] --ctreplsrcport port
[!] --ctrepldstport port
                               TCP/UDP/SCTP orig./reply source/destination port
[!] --ctstatus {NONE|EXPECTED|SEEN_REPLY|ASSURED|CONFIRMED}[,...]
                               Status(es) to match
[!] --ctexpire time[:time]     Match remaining lifetime in seconds against
                               value or range of values (inclusive)
    --ctdir {ORIGINAL|REPLY}   Flow direction of packet
`

const STATE_HELP = `state match options:
 [!] --state [INVALID|ESTABLISHED|NEW|RELATED|UNTRACKED][,...]
				State(s) to match
`

type Names = readonly (readonly [string, number])[]

/** In the order in which they are printed. */
const STATES: Names = [
  ['INVALID', XT_CONNTRACK_STATE_INVALID],
  ['NEW', XT_CONNTRACK_STATE_NEW],
  ['RELATED', XT_CONNTRACK_STATE_RELATED],
  ['ESTABLISHED', XT_CONNTRACK_STATE_ESTABLISHED],
  ['UNTRACKED', XT_CONNTRACK_STATE_UNTRACKED],
  ['SNAT', XT_CONNTRACK_STATE_SNAT],
  ['DNAT', XT_CONNTRACK_STATE_DNAT],
]
/** In the order in which a shortened name is looked for. */
const STATE_ORDER: readonly string[] = ['INVALID', 'NEW', 'ESTABLISHED', 'RELATED', 'UNTRACKED', 'SNAT', 'DNAT']
const STATES_TO_PARSE: Names = STATE_ORDER.map(name => STATES.find(([n]) => n === name)!)
const STATE_MATCH_STATES: Names = STATES_TO_PARSE.slice(0, 5)

const STATUSES: Names = [
  ['NONE', 0],
  ['EXPECTED', IPS_EXPECTED],
  ['SEEN_REPLY', IPS_SEEN_REPLY],
  ['ASSURED', IPS_ASSURED],
  ['CONFIRMED', IPS_CONFIRMED],
]

/** Bits of a list of names, which may be shortened; `bad` words the error. */
const parseList = (arg: string, names: Names, bad: (rest: string) => string): number => {
  let mask = 0
  let rest = arg
  for (;;) {
    const comma = rest.indexOf(',')
    const word = (comma < 0 ? rest : rest.slice(0, comma)).toUpperCase()
    const found = word === '' ? undefined : names.find(([name]) => name.startsWith(word))
    if (found === undefined) return xtablesError(bad(rest))
    mask |= found[1]
    if (comma < 0) return mask
    rest = rest.slice(comma + 1)
  }
}

/** Addresses and ports: option, flag, what of the rule they set, and how that is printed. */
const ADDRESSES = [
  ['ctorigsrc', XT_CONNTRACK_ORIGSRC, 'origsrcAddr', 'origsrcMask'],
  ['ctorigdst', XT_CONNTRACK_ORIGDST, 'origdstAddr', 'origdstMask'],
  ['ctreplsrc', XT_CONNTRACK_REPLSRC, 'replsrcAddr', 'replsrcMask'],
  ['ctrepldst', XT_CONNTRACK_REPLDST, 'repldstAddr', 'repldstMask'],
] as const
const PORTS = [
  ['ctorigsrcport', XT_CONNTRACK_ORIGSRC_PORT, 'origsrcPort', 'origsrcPortHigh'],
  ['ctorigdstport', XT_CONNTRACK_ORIGDST_PORT, 'origdstPort', 'origdstPortHigh'],
  ['ctreplsrcport', XT_CONNTRACK_REPLSRC_PORT, 'replsrcPort', 'replsrcPortHigh'],
  ['ctrepldstport', XT_CONNTRACK_REPLDST_PORT, 'repldstPort', 'repldstPortHigh'],
] as const

const direction = (arg: string, info: XtConntrackInfo): XtConntrackInfo => {
  const word = arg.toUpperCase()
  if (word !== 'ORIGINAL' && word !== 'REPLY') badValue('conntrack', '--ctdir', arg)
  const { matchFlags, invertFlags } = info
  return {
    ...info,
    matchFlags: matchFlags | XT_CONNTRACK_DIRECTION,
    invertFlags: word === 'REPLY' ? invertFlags | XT_CONNTRACK_DIRECTION : invertFlags & ~XT_CONNTRACK_DIRECTION,
  }
}

const parse = (call: XtOptionCall, info: XtConntrackInfo): XtConntrackInfo => {
  const { option, arg, invert, value, value2, mark, mask } = call
  const { id } = option
  const set = (flag: number, part: Partial<XtConntrackInfo>): XtConntrackInfo => ({
    ...info,
    ...part,
    matchFlags: info.matchFlags | flag,
    invertFlags: info.invertFlags | (invert ? flag : 0),
  })
  const address = ADDRESSES.find(([name]) => name === id)
  if (address !== undefined) return set(address[1], { [address[2]]: mark, [address[3]]: mask })
  const ports = PORTS.find(([name]) => name === id)
  if (ports !== undefined) return set(ports[1], { [ports[2]]: value, [ports[3]]: value2 })
  switch (id) {
    case 'ctstate': {
      const bits = parseList(arg, STATES_TO_PARSE, rest => `Bad ctstate "${rest}"`)
      return set(XT_CONNTRACK_STATE, { stateMask: info.stateMask | bits })
    }
    case 'ctproto':
      // The tool looks at the wrong flag here: it is that of --ctdir's neighbour, which is an inverted --ctstatus.
      if (value === 0 && info.invertFlags & XT_CONNTRACK_STATUS)
        xtablesError('conntrack: rule would never match protocol')
      return set(XT_CONNTRACK_PROTO, { l4proto: value })
    case 'ctstatus': {
      const bits = parseList(arg, STATUSES, rest => `Bad ctstatus "${rest}"`)
      return set(XT_CONNTRACK_STATUS, { statusMask: info.statusMask | bits })
    }
    case 'ctexpire':
      return set(XT_CONNTRACK_EXPIRES, { expiresMin: value, expiresMax: value2 })
    default:
      return direction(arg, info)
  }
}

const names = (list: Names, mask: number): string =>
  list
    .filter(([, bit]) => mask & bit)
    .map(([name]) => name)
    .join(',')

const addressText = (addr: number, mask: number, numeric: boolean): string =>
  !numeric && addr === 0 ? ' anywhere' : ` ${formatIpv4(addr)}${maskSuffix(mask)}`

/** The tests of a rule, each option behind `prefix` (conntrack_dump). */
const dump = (info: XtConntrackInfo, prefix: string, numeric: boolean): string => {
  let text = ''
  const test = (flag: number, name: string, value: () => string): void => {
    if (!(info.matchFlags & flag)) return
    text += `${info.invertFlags & flag ? ' !' : ''} ${prefix}${name}${value()}`
  }
  const state = info.matchFlags & XT_CONNTRACK_STATE_ALIAS ? 'state' : 'ctstate'
  test(XT_CONNTRACK_STATE, state, () => (info.stateMask === 0 ? '' : ` ${names(STATES, info.stateMask)}`))
  test(XT_CONNTRACK_PROTO, 'ctproto', () => ` ${info.l4proto}`)
  for (const [name, flag, addr, mask] of ADDRESSES) test(flag, name, () => addressText(info[addr], info[mask], numeric))
  for (const [name, flag, low, high] of PORTS)
    test(flag, name, () =>
      info[high] === 0 || info[low] === info[high] ? ` ${info[low]}` : ` ${info[low]}:${info[high]}`,
    )
  test(XT_CONNTRACK_STATUS, 'ctstatus', () => ` ${names(STATUSES, info.statusMask) || 'NONE'}`)
  test(XT_CONNTRACK_EXPIRES, 'ctexpire', () => {
    const { expiresMin: min, expiresMax: max } = info
    return min === max ? ` ${min}` : ` ${min}:${max}`
  })
  if (info.matchFlags & XT_CONNTRACK_DIRECTION)
    text += ` ${prefix}ctdir ${info.invertFlags & XT_CONNTRACK_DIRECTION ? 'REPLY' : 'ORIGINAL'}`
  return text
}

const OPTIONS: readonly XtOption[] = [
  { name: 'ctstate', id: 'ctstate', type: 'string', invert: true },
  { name: 'ctproto', id: 'ctproto', type: 'protocol', invert: true },
  ...ADDRESSES.map(([name]): XtOption => ({ name, id: name, type: 'hostmask', invert: true })),
  { name: 'ctstatus', id: 'ctstatus', type: 'string', invert: true },
  { name: 'ctexpire', id: 'ctexpire', type: 'uint32rc', invert: true },
  ...PORTS.map(([name]): XtOption => ({ name, id: name, type: 'portrc', invert: true })),
  { name: 'ctdir', id: 'ctdir', type: 'string' },
]

/** The extension `conntrack`. */
export const conntrackExtension: XtablesExtension = extension<XtConntrackInfo>({
  name: 'conntrack',
  alias: ({ matchFlags }) => (matchFlags & XT_CONNTRACK_STATE_ALIAS ? 'state' : 'conntrack'),
  help: HELP,
  options: OPTIONS,
  init: XT_CONNTRACK_INIT,
  parse,
  finalCheck: (info, seen) => (seen.size > 0 ? info : xtablesError('conntrack: At least one option is required')),
  print: (info, _ip, numeric) => dump(info, '', numeric),
  save: info => dump(info, '--', true),
})

/** The extension `state`. */
export const stateExtension: XtablesExtension = extension<XtConntrackInfo>({
  name: 'state',
  realName: 'conntrack',
  help: STATE_HELP,
  options: [{ name: 'state', id: 'state', type: 'string', mandatory: true, invert: true }],
  init: XT_CONNTRACK_INIT,
  parse: ({ arg, invert }, info) => {
    const words = '"--state" requires a list of states with no spaces, e.g. ESTABLISHED,RELATED'
    const bad = (rest: string): string => (rest === '' ? words : `Bad state "${rest}"`)
    return {
      ...info,
      matchFlags: XT_CONNTRACK_STATE | XT_CONNTRACK_STATE_ALIAS,
      stateMask: parseList(arg, STATE_MATCH_STATES, bad),
      invertFlags: info.invertFlags | (invert ? XT_CONNTRACK_STATE : 0),
    }
  },
})
