/**
 * Policy rules, as `ip rule` asks for them.
 *
 * @see net/core/fib_rules.c fib_nl_newrule, fib_nl_delrule; net/ipv4/fib_rules.c fib4_rule_configure
 */
import type { Netns } from '../core/netns.js'
import { extackError, NetloomError } from '../errors.js'
import { DETACHED, FIB_RULE_INVERT, FibRule, type FibRuleConfig } from '../ip/fib-rules.js'
import { ipv4, rtCacheFlush } from '../ip/ipv4.js'
import { FR_ACT_GOTO, FR_ACT_TO_TBL, FR_ACT_UNSPEC, RT_TABLE_UNSPEC, RTPROT_UNSPEC } from '../ip/rtnetlink.js'

/** First and last value of a range. */
export type RuleRange = readonly [start: number, end: number]

/** A rule as it is asked for: to be added, or what one that is to be deleted must match. Absent fields match everything. */
export interface RuleSpec {
  /** FR_ACT_*. */
  readonly action?: number
  readonly not?: boolean
  readonly priority?: number
  readonly table?: number
  readonly protocol?: number
  /** Addresses as int32, with their prefix lengths. */
  readonly src?: { readonly addr: number; readonly len: number }
  readonly dst?: { readonly addr: number; readonly len: number }
  readonly tos?: number
  readonly mark?: number
  readonly markMask?: number
  readonly iif?: string
  readonly oif?: string
  readonly l3mdev?: boolean
  readonly tunId?: number
  readonly uidRange?: RuleRange
  readonly ipProto?: number
  readonly sport?: RuleRange
  readonly dport?: RuleRange
  readonly suppressPrefixlen?: number
  readonly suppressIfgroup?: number
  /** Preference of the rule to go on with. */
  readonly goto?: number
}

/** A rule as a dump shows it. */
export interface RuleInfo extends FibRuleConfig {
  readonly not: boolean
  /** There is no device of the name. */
  readonly iifDetached: boolean
  readonly oifDetached: boolean
  /** There is no rule to go on with. */
  readonly unresolved: boolean
}

const UID_INVALID = 0xffffffff
const IPTOS_TOS_MASK = 0x1e
const ECN_MASK = 3

const refuse = (text: string): never => {
  throw extackError('EINVAL', text)
}

const isPortRange = ([start, end]: RuleRange): boolean => start !== 0 && end < 0xffff && start <= end

/** Checks what is asked for and fills in what was left out (fib_nl2rule). */
const configOf = (netns: Netns, spec: RuleSpec): FibRuleConfig => {
  const { rules } = ipv4(netns).fib
  const action = spec.action ?? FR_ACT_UNSPEC
  const pref = spec.priority ?? rules.defaultPref
  const table = spec.table ?? RT_TABLE_UNSPEC
  const mark = spec.mark ?? 0
  if (spec.goto !== undefined) {
    if (action !== FR_ACT_GOTO) refuse('Unexpected goto')
    if (spec.goto <= pref) refuse('Backward goto not supported')
  } else if (action === FR_ACT_GOTO) refuse('Missing goto target for action goto')
  if (spec.l3mdev === true && table !== RT_TABLE_UNSPEC) refuse('l3mdev and table are mutually exclusive')
  const uid = spec.uidRange
  if (uid !== undefined && (uid[0] === UID_INVALID || uid[1] === UID_INVALID || uid[0] > uid[1]))
    refuse('Invalid uid range')
  if (spec.sport !== undefined && !isPortRange(spec.sport)) refuse('Invalid sport range')
  if (spec.dport !== undefined && !isPortRange(spec.dport)) refuse('Invalid dport range')
  return {
    action,
    pref,
    table,
    proto: spec.protocol ?? RTPROT_UNSPEC,
    flags: spec.not === true ? FIB_RULE_INVERT : 0,
    src: spec.src?.addr ?? 0,
    srcLen: spec.src?.len ?? 0,
    dst: spec.dst?.addr ?? 0,
    dstLen: spec.dst?.len ?? 0,
    tos: spec.tos ?? 0,
    mark,
    markMask: spec.markMask ?? (mark === 0 ? 0 : -1),
    iifname: spec.iif ?? '',
    oifname: spec.oif ?? '',
    l3mdev: spec.l3mdev ?? false,
    tunId: spec.tunId ?? 0,
    uidRange: uid ?? null,
    ipProto: spec.ipProto ?? 0,
    sportRange: spec.sport ?? null,
    dportRange: spec.dport ?? null,
    suppressPrefixlen: spec.suppressPrefixlen ?? -1,
    suppressIfgroup: spec.suppressIfgroup ?? -1,
    target: spec.goto ?? 0,
  }
}

const sameRange = (a: RuleRange | null, b: RuleRange | null): boolean => a?.[0] === b?.[0] && a?.[1] === b?.[1]

/** Compares what the family adds to rules; what is not asked for matches anything (fib4_rule_compare). */
const fits4 = (r: FibRuleConfig, asked: FibRuleConfig): boolean => {
  if (asked.srcLen !== 0 && (r.srcLen !== asked.srcLen || r.src !== asked.src)) return false
  if (asked.dstLen !== 0 && (r.dstLen !== asked.dstLen || r.dst !== asked.dst)) return false
  return asked.tos === 0 || r.tos === asked.tos
}

/** True when a new rule is one that is there already, as far as the kernel looks (rule_exists). */
const isSame = (r: FibRuleConfig, rule: FibRuleConfig): boolean =>
  r.action === rule.action &&
  r.table === rule.table &&
  r.pref === rule.pref &&
  r.iifname === rule.iifname &&
  r.oifname === rule.oifname &&
  r.mark === rule.mark &&
  r.markMask === rule.markMask &&
  r.suppressIfgroup === rule.suppressIfgroup &&
  r.suppressPrefixlen === rule.suppressPrefixlen &&
  r.tunId === rule.tunId &&
  r.l3mdev === rule.l3mdev &&
  r.ipProto === rule.ipProto &&
  r.proto === rule.proto &&
  sameRange(r.uidRange, rule.uidRange) &&
  sameRange(r.sportRange, rule.sportRange) &&
  sameRange(r.dportRange, rule.dportRange) &&
  fits4(r, rule)

/** True when a rule is one that is asked for; zeros ask for anything (rule_find). */
const isAskedFor = (r: FibRuleConfig, asked: FibRuleConfig, withPref: boolean): boolean =>
  (asked.action === 0 || r.action === asked.action) &&
  (asked.table === 0 || r.table === asked.table) &&
  (!withPref || r.pref === asked.pref) &&
  (asked.iifname === '' || r.iifname === asked.iifname) &&
  (asked.oifname === '' || r.oifname === asked.oifname) &&
  (asked.mark === 0 || r.mark === asked.mark) &&
  (asked.markMask === 0 || r.markMask === asked.markMask) &&
  (asked.suppressIfgroup === -1 || r.suppressIfgroup === asked.suppressIfgroup) &&
  (asked.suppressPrefixlen === -1 || r.suppressPrefixlen === asked.suppressPrefixlen) &&
  (asked.tunId === 0 || r.tunId === asked.tunId) &&
  (!asked.l3mdev || r.l3mdev) &&
  (asked.ipProto === 0 || r.ipProto === asked.ipProto) &&
  (asked.proto === 0 || r.proto === asked.proto) &&
  (asked.uidRange === null || sameRange(r.uidRange, asked.uidRange)) &&
  (asked.sportRange === null || sameRange(r.sportRange, asked.sportRange)) &&
  (asked.dportRange === null || sameRange(r.dportRange, asked.dportRange)) &&
  fits4(r, asked)

const contextOf = (
  netns: Netns,
  { pref, table }: FibRuleConfig,
): { netns: string; priority: number; table: number } => ({
  netns: netns.name,
  priority: pref,
  table,
})

const ifindexOf = (netns: Netns, name: string): number =>
  name === '' ? 0 : (netns.devByName(name)?.ifindex ?? DETACHED)

/**
 * Adds a rule; without a priority it comes in front of all but the first one. The first change of the rules takes the
 * tables `local` and `main` apart. Throws EEXIST, and EINVAL with the kernel's texts.
 */
export const ruleAdd = (netns: Netns, spec: RuleSpec): void => {
  const { fib } = ipv4(netns)
  const asked = configOf(netns, { ...spec, action: spec.action ?? FR_ACT_TO_TBL })
  if (fib.rules.list.some(r => isSame(r.config, asked)))
    throw new NetloomError('EEXIST', undefined, contextOf(netns, asked))
  if (asked.tos & ECN_MASK) refuse('Invalid dsfield (tos): ECN bits must be 0')
  if (asked.tos & ~IPTOS_TOS_MASK) refuse('Invalid tos')
  fib.unmerge()
  const needsTable = asked.table === RT_TABLE_UNSPEC && asked.action === FR_ACT_TO_TBL && !asked.l3mdev
  const config = needsTable ? { ...asked, table: fib.makeEmpty() } : asked
  fib.rules.insert(new FibRule(config, ifindexOf(netns, config.iifname), ifindexOf(netns, config.oifname)))
  rtCacheFlush(netns)
}

/** Deletes the first rule that matches; absent fields match anything. Throws ENOENT. */
export const ruleDel = (netns: Netns, spec: RuleSpec): void => {
  const { fib } = ipv4(netns)
  const asked = configOf(netns, spec)
  const rule = fib.rules.list.find(r => isAskedFor(r.config, asked, spec.priority !== undefined))
  if (rule === undefined) throw new NetloomError('ENOENT', undefined, contextOf(netns, asked))
  fib.unmerge()
  fib.rules.remove(rule)
  rtCacheFlush(netns)
}

/** What deletes a rule that was listed, or the first that says the same. */
export const specOfRule = (r: RuleInfo): RuleSpec => ({
  action: r.action,
  table: r.table,
  priority: r.pref,
  protocol: r.proto,
  src: { addr: r.src, len: r.srcLen },
  dst: { addr: r.dst, len: r.dstLen },
  tos: r.tos,
  mark: r.mark,
  markMask: r.markMask,
  iif: r.iifname,
  oif: r.oifname,
  l3mdev: r.l3mdev,
  tunId: r.tunId,
  ipProto: r.ipProto,
  suppressPrefixlen: r.suppressPrefixlen,
  suppressIfgroup: r.suppressIfgroup,
  ...(r.uidRange !== null && { uidRange: r.uidRange }),
  ...(r.sportRange !== null && { sport: r.sportRange }),
  ...(r.dportRange !== null && { dport: r.dportRange }),
  ...(r.target !== 0 && { goto: r.target }),
})

/** The rules of a namespace in the order in which they are walked. */
export const ruleList = (netns: Netns): RuleInfo[] =>
  ipv4(netns).fib.rules.list.map(({ config, iifindex, oifindex, action, ctarget }) => ({
    ...config,
    not: (config.flags & FIB_RULE_INVERT) !== 0,
    iifDetached: iifindex === DETACHED,
    oifDetached: oifindex === DETACHED,
    unresolved: action === FR_ACT_GOTO && ctarget === null,
  }))
