/**
 * The words of `ip rule add` and `ip rule del`, and those that listing reads in the same way.
 *
 * @see ip-rule(8)
 */
import { FR_ACT_GOTO, FR_ACT_NOP } from '../../ip/rtnetlink.js'
import { IP_PROTOCOLS, LINK_GROUPS, ROUTE_PROTOCOLS, ROUTE_TABLES } from '../../report/names.js'
import type { RuleRange, RuleSpec } from '../../rtnl/rule.js'
import {
  type Args,
  invalidArgument,
  matches,
  parseInteger,
  parseUnsigned,
  ToolExit,
  unsupported,
  usageError,
} from './args.js'
import { type Expected, expectedFamily, prefixArgument } from './inet-args.js'
import type { IpContext } from './ip-context.js'
import { routeTypeByName, tosNumber } from './ip-route-args.js'

const USAGE = `Usage: ip rule { add | del } SELECTOR ACTION
       ip rule { flush | save | restore }
       ip rule [ list [ SELECTOR ]]
SELECTOR := [ not ] [ from PREFIX ] [ to PREFIX ] [ tos TOS ]
            [ fwmark FWMARK[/MASK] ]
            [ iif STRING ] [ oif STRING ] [ pref NUMBER ] [ l3mdev ]
            [ uidrange NUMBER-NUMBER ]
            [ ipproto PROTOCOL ]
            [ sport [ NUMBER | NUMBER-NUMBER ]
            [ dport [ NUMBER | NUMBER-NUMBER ] ]
ACTION := [ table TABLE_ID ]
          [ protocol PROTO ]
          [ nat ADDRESS ]
          [ realms [SRCREALM/]DSTREALM ]
          [ goto NUMBER ]
          SUPPRESSOR
SUPPRESSOR := [ suppress_prefixlength NUMBER ]
              [ suppress_ifgroup DEVGROUP ]
TABLE_ID := [ local | main | default | NUMBER ]`

const SUPPORTED =
  'not, from, to, iif, oif, fwmark, tos, ipproto, sport, dport, uidrange, l3mdev, tun_id, priority, table, ' +
  'suppress_prefixlength, suppress_ifgroup, protocol, goto, nop, blackhole, unreachable, prohibit'

/** The words of a rule, one after another; later ones replace earlier ones. */
export type RuleRequest = { -readonly [K in keyof RuleSpec]: RuleSpec[K] } & {
  expected: Expected
  /** Said in some other way than by `table` what is to be done. */
  hasAction?: boolean
}

type Apply = (request: RuleRequest, args: Args, word: string) => void

const UINT16 = 0xffff

/** Two numbers as scanf reads `%u-%u`: what follows is ignored. Null when the first is no number. */
const scanRange = (text: string): readonly [start: number, end: number | null] | null => {
  const parts = /^\s*([+-]?\d+)(?:-\s*([+-]?\d+))?/.exec(text)
  return parts === null ? null : [Number(parts[1]), parts[2] === undefined ? null : Number(parts[2])]
}

/** A port or a range of ports; numbers lose what is above 16 bits. */
export const portRange = (text: string, message: string): RuleRange => {
  const range = scanRange(text) ?? invalidArgument(message, text)
  const start = range[0] & UINT16
  return [start, range[1] === null ? start : range[1] & UINT16]
}

/** First and last user id, of which both are needed. */
export const uidRange = (text: string): RuleRange => {
  const range = scanRange(text)
  const end = range?.[1] ?? null
  return range === null || end === null ? invalidArgument('invalid UID range\n', text) : [range[0] >>> 0, end >>> 0]
}

/** A mark and perhaps its mask, as int32. */
export const fwmark = (text: string): { mark: number; markMask?: number } => {
  const slash = text.indexOf('/')
  const first = slash < 0 ? text : text.slice(0, slash)
  const mark = parseUnsigned(first) ?? invalidArgument('fwmark value is invalid\n', first)
  if (slash < 0) return { mark: mark | 0 }
  const rest = text.slice(slash + 1)
  return { mark: mark | 0, markMask: (parseUnsigned(rest) ?? invalidArgument('fwmask value is invalid\n', rest)) | 0 }
}

/** A protocol of IP by its number or by its name, which may be written in capitals. */
export const ipProtocol = (text: string): number => {
  const number = /^\d+$/.test(text) ? parseUnsigned(String(Number(text)), 8) : null
  const isName = text === text.toLowerCase() || text === text.toUpperCase()
  const byName = isName ? IP_PROTOCOLS.value(text.toLowerCase()) : undefined
  return number ?? byName ?? invalidArgument('Invalid "ipproto" value\n', text)
}

/** The name of a device, which need not exist. */
export const ruleDevice = (text: string, what: string): string =>
  /^[^/\s]{1,15}$/.test(text) ? text : invalidArgument(`${what} not a valid ifname`, text)

/** A priority, which older names are `preference` and `order`. */
export const rulePriority = (text: string): number =>
  parseUnsigned(text) ?? invalidArgument('preference value is invalid\n', text)

/** A tunnel id of 64 bits. */
export const tunnelId = (text: string): number => {
  const id = parseInteger(text)
  return id !== null && id >= 0 && !text.startsWith('-') ? id : invalidArgument('"tun_id" value is invalid\n', text)
}

const prefixOf = (request: RuleRequest, args: Args): NonNullable<RuleSpec['src']> => {
  const { addr, len } = prefixArgument(args.take(), request.expected)
  return { addr, len }
}

const priority: Apply = (request, args) => {
  request.priority = rulePriority(args.take())
}

const tos: Apply = (request, args) => {
  request.tos = tosNumber(args.take(), 'TOS value is invalid\n')
}

const table: Apply = (request, args) => {
  const word = args.take()
  request.table = ROUTE_TABLES.value(word) ?? parseUnsigned(word) ?? invalidArgument('invalid table ID\n', word)
}

const suppressPrefixlen: Apply = (request, args) => {
  const word = args.take()
  const len = parseInteger(word)
  request.suppressPrefixlen =
    len !== null && len >= 0 && len < 2 ** 31 ? len : invalidArgument('suppress_prefixlength value is invalid\n', word)
}

const suppressIfgroup: Apply = (request, args) => {
  const word = args.take()
  request.suppressIfgroup =
    LINK_GROUPS.value(word) ?? parseInteger(word) ?? invalidArgument('Invalid "suppress_ifgroup" value\n', word)
}

const protocol: Apply = (request, args) => {
  const word = args.take()
  request.protocol =
    ROUTE_PROTOCOLS.value(word) ?? parseUnsigned(word, 8) ?? invalidArgument('"protocol" value is invalid\n', word)
}

const realms: Apply = (_request, args, word) => {
  const text = args.take()
  const parts = text.split('/')
  const isRealm = (realm: string): boolean => realm === 'cosmos' || parseUnsigned(realm) !== null
  if (parts.length > 2 || !parts.every(isRealm)) invalidArgument('invalid realms\n', text)
  throw unsupported('ip rule', word, SUPPORTED)
}

const iif: Apply = (request, args) => {
  request.iif = ruleDevice(args.take(), '"iif"/"dev"')
}

/** Key words in the order in which the tool looks for them, and whether each must be whole. */
const WORDS: readonly (readonly [word: string, whole: boolean, apply: Apply])[] = [
  ['not', true, request => void (request.not = true)],
  ['from', true, (request, args) => void (request.src = prefixOf(request, args))],
  ['to', true, (request, args) => void (request.dst = prefixOf(request, args))],
  ['preference', false, priority],
  ['order', false, priority],
  ['priority', false, priority],
  ['tos', true, tos],
  ['dsfield', false, tos],
  ['fwmark', true, (request, args) => void Object.assign(request, { markMask: undefined }, fwmark(args.take()))],
  ['realms', false, realms],
  ['protocol', false, protocol],
  ['tun_id', false, (request, args) => void (request.tunId = tunnelId(args.take()))],
  ['table', false, table],
  ['lookup', true, table],
  ['suppress_prefixlength', false, suppressPrefixlen],
  ['sup_pl', true, suppressPrefixlen],
  ['suppress_ifgroup', false, suppressIfgroup],
  ['sup_group', true, suppressIfgroup],
  ['dev', true, iif],
  ['iif', true, iif],
  ['oif', true, (request, args) => void (request.oif = ruleDevice(args.take(), '"oif"'))],
  ['l3mdev', true, request => void (request.l3mdev = true)],
  ['uidrange', true, (request, args) => void (request.uidRange = uidRange(args.take()))],
  ['ipproto', true, (request, args) => void (request.ipProto = ipProtocol(args.take()))],
  ['sport', true, (request, args) => void (request.sport = portRange(args.take(), 'invalid port range\n'))],
  ['dport', true, (request, args) => void (request.dport = portRange(args.take(), 'invalid dport range\n'))],
]

/** What is none of the key words is an action: `goto N`, `nop`, or the name of a type of route. */
const action: Apply = (request, args, first) => {
  const word = first === 'type' ? args.take() : first
  request.hasAction = true
  if (matches(word, 'help')) usageError(USAGE)
  else if (matches(word, 'goto')) {
    const target = args.take()
    request.action = FR_ACT_GOTO
    request.goto = parseUnsigned(target) ?? invalidArgument('invalid target\n', target)
  } else if (matches(word, 'nop')) request.action = FR_ACT_NOP
  else
    request.action =
      routeTypeByName(word) ?? parseUnsigned(word, 8) ?? invalidArgument('Failed to parse rule type', word)
}

/** Reads the words of a rule. */
export const parseRuleWords = (ip: IpContext, args: Args): RuleRequest => {
  const request: RuleRequest = { expected: expectedFamily(ip.options.family) }
  while (!args.done) {
    const word = args.take()
    if (word === 'nat' || matches(word, 'map-to')) throw unsupported('ip rule', word, SUPPORTED)
    const key = WORDS.find(([text, whole]) => (whole ? text === word : matches(word, text)))
    if (key === undefined) action(request, args, word)
    else key[2](request, args, word)
  }
  if (request.l3mdev === true && (request.table ?? 0) !== 0)
    throw new ToolExit(22, 'table can not be specified for l3mdev rules\n')
  if (ip.options.family === 'inet6') throw unsupported('ip rule', '-6', 'IPv4')
  return request
}
