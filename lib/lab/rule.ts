/**
 * `ip rule` as calls.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { FR_ACT_GOTO, FR_ACT_NOP, FR_ACT_TO_TBL, RT_TABLE_MAIN } from '../ip/rtnetlink.js'
import { IP_PROTOCOLS, ROUTE_PROTOCOLS, ROUTE_TABLES, ROUTE_TYPES } from '../report/names.js'
import {
  type RuleInfo as KernelRuleInfo,
  type RuleRange,
  type RuleSpec,
  ruleAdd,
  ruleDel,
  ruleList,
} from '../rtnl/rule.js'
import { formatPrefix } from '../wire/ip.js'
import {
  IPPROTO_NUMBERS,
  type IpProtocolWord,
  PROTOCOL_NUMBERS,
  type ProtocolWord,
  RULE_ACTION_NUMBERS,
  type RuleActionWord,
  TABLE_NUMBERS,
  type TableWord,
} from './route-words.js'
import { checkOptions, defined, prefixOption, wordOption } from '../app/text.js'

/** A port, or the first and the last of a range. */
export type PortRange = number | readonly [first: number, last: number]

/** What a rule looks at and what it leads to; what is absent matches everything. */
export interface RuleOptions {
  /** The rule is for packets that do not fit the rest. */
  readonly not?: boolean
  /** Prefix of the source. */
  readonly from?: string
  /** Prefix of the destination. */
  readonly to?: string
  /** Name of the device that a packet came in by, `lo` for what this host sends. It need not exist. */
  readonly iif?: string
  /** Name of the device that a socket is bound to. It need not exist. */
  readonly oif?: string
  readonly fwmark?: number
  /** Bits of the mark that count; all when absent. */
  readonly fwmask?: number
  readonly tos?: number
  readonly ipproto?: IpProtocolWord | number
  readonly sport?: PortRange
  readonly dport?: PortRange
  /** First and last user id of the sender. The programs of a lab run as root, 0. */
  readonly uidrange?: readonly [first: number, last: number]
  /** Place in the list, smallest first; in front of all but the first rule when absent. */
  readonly priority?: number
  /** Table to look up; `main` when nothing else is said. */
  readonly table?: TableWord | number
  /** What to do instead of a look-up. */
  readonly action?: RuleActionWord
  /** Priority of the rule to go on with. */
  readonly goto?: number
  /** Pass over routes with a prefix of at most this length. */
  readonly suppressPrefixlength?: number
  /** Pass over routes by devices of this group. */
  readonly suppressIfgroup?: number
  readonly proto?: ProtocolWord | number
}

/** A rule as `ip rule` shows it. */
export interface RuleInfo {
  readonly priority: number
  readonly not: boolean
  /** `all`, or `ADDRESS/LENGTH`. */
  readonly from: string
  readonly to: string
  readonly iif: string | null
  readonly oif: string | null
  readonly fwmark: number
  readonly fwmask: number
  readonly tos: number
  /** Name or number; null for all. */
  readonly ipproto: string | null
  readonly sport: readonly [first: number, last: number] | null
  readonly dport: readonly [first: number, last: number] | null
  readonly uidrange: readonly [first: number, last: number] | null
  /** `lookup`, `goto`, `nop`, `blackhole`, `unreachable`, `prohibit`. */
  readonly action: string
  /** Table that is looked up, null for none. */
  readonly table: string | null
  readonly goto: number | null
  readonly suppressPrefixlength: number | null
  readonly suppressIfgroup: number | null
  readonly proto: string
  /** Words that `ip rule` prints in square brackets: `detached` for a device that is not there, `unresolved` for a goto. */
  readonly flags: readonly string[]
}

const OPTIONS: readonly string[] = [
  'not',
  'from',
  'to',
  'iif',
  'oif',
  'fwmark',
  'fwmask',
  'tos',
  'ipproto',
  'sport',
  'dport',
  'uidrange',
  'priority',
  'table',
  'action',
  'goto',
  'suppressPrefixlength',
  'suppressIfgroup',
  'proto',
]

const rangeOf = (range: PortRange): RuleRange => (typeof range === 'number' ? [range, range] : range)

const prefixText = (addr: number, len: number): string => (len === 0 ? 'all' : formatPrefix({ addr, len }))

const actionText = (action: number): string => {
  if (action === FR_ACT_TO_TBL) return 'lookup'
  if (action === FR_ACT_GOTO) return 'goto'
  return action === FR_ACT_NOP ? 'nop' : (ROUTE_TYPES[action] ?? String(action))
}

const publicInfo = (r: KernelRuleInfo): RuleInfo => ({
  priority: r.pref,
  not: r.not,
  from: prefixText(r.src, r.srcLen),
  to: prefixText(r.dst, r.dstLen),
  iif: r.iifname === '' ? null : r.iifname,
  oif: r.oifname === '' ? null : r.oifname,
  fwmark: r.mark >>> 0,
  fwmask: r.markMask >>> 0,
  tos: r.tos,
  ipproto: r.ipProto === 0 ? null : IP_PROTOCOLS.name(r.ipProto),
  sport: r.sportRange,
  dport: r.dportRange,
  uidrange: r.uidRange,
  action: actionText(r.action),
  table: r.table === 0 ? null : ROUTE_TABLES.name(r.table),
  goto: r.target === 0 ? null : r.target,
  suppressPrefixlength: r.suppressPrefixlen < 0 ? null : r.suppressPrefixlen,
  suppressIfgroup: r.suppressIfgroup < 0 ? null : r.suppressIfgroup,
  proto: ROUTE_PROTOCOLS.name(r.proto),
  flags: [...(r.iifDetached || r.oifDetached ? ['detached'] : []), ...(r.unresolved ? ['unresolved'] : [])],
})

/** What the options say of the action; nothing when they leave it open. */
const actionOf = ({ action, goto: target, table }: RuleOptions): { action?: number; table?: number } => ({
  ...(action !== undefined && { action: wordOption('action', action, RULE_ACTION_NUMBERS) }),
  ...(target !== undefined && { action: FR_ACT_GOTO }),
  ...(table !== undefined && { table: wordOption('table', table, TABLE_NUMBERS) }),
})

const specOf = (options: RuleOptions): RuleSpec => {
  checkOptions('rule', options, OPTIONS)
  const { not, from, to, iif, oif, fwmark, fwmask, tos, ipproto, sport, dport, uidrange, priority, proto } = options
  return {
    ...actionOf(options),
    ...defined({
      not,
      src: from === undefined ? undefined : prefixOption('from', from),
      dst: to === undefined ? undefined : prefixOption('to', to),
      iif,
      oif,
      mark: fwmark === undefined ? undefined : fwmark | 0,
      markMask: fwmask === undefined ? undefined : fwmask | 0,
      tos,
      ipProto: ipproto === undefined ? undefined : wordOption('ipproto', ipproto, IPPROTO_NUMBERS),
      sport: sport === undefined ? undefined : rangeOf(sport),
      dport: dport === undefined ? undefined : rangeOf(dport),
      uidRange: uidrange,
      priority,
      goto: options.goto,
      suppressPrefixlen: options.suppressPrefixlength,
      suppressIfgroup: options.suppressIfgroup,
      protocol: proto === undefined ? undefined : wordOption('proto', proto, PROTOCOL_NUMBERS),
    }),
  }
}

/** The `ip rule` of a namespace: `netns.rule`. */
export class RuleApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Adds a rule. Throws EEXIST, and EINVAL in the kernel's words.
   *
   * @example
   * h1.rule.add({ from: '10.0.2.1', table: 102, priority: 1000 })
   * h1.rule.add({ fwmark: 1, action: 'prohibit' })
   */
  add(options: RuleOptions): void {
    const spec = specOf(options)
    ruleAdd(
      this.#netns,
      spec.action === undefined && spec.table === undefined ? { ...spec, table: RT_TABLE_MAIN } : spec,
    )
  }

  /** Deletes the first rule that matches; what is absent matches anything. Throws ENOENT. */
  del(options: RuleOptions): void {
    ruleDel(this.#netns, specOf(options))
  }

  /** The rules in the order in which they are walked. */
  list(): RuleInfo[] {
    return ruleList(this.#netns).map(publicInfo)
  }
}
