/**
 * Policy routing: the list of rules that says which table is looked up for which packet.
 *
 * A rule of an `l3mdev` or with a tunnel id fits nothing here: there are no VRF devices, and no tunnel that hands
 * its id to the lookup.
 *
 * @see net/core/fib_rules.c, net/ipv4/fib_rules.c
 */
import type { NetDevice } from '../core/netdev.js'
import { errnoNumber } from '../errors.js'
import { maskOf } from '../wire/ip.js'
import type { Fib } from './fib.js'
import { type FibResult, type Flow4, IPTOS_RT_MASK } from './fib-table.js'
import {
  FR_ACT_GOTO,
  FR_ACT_NOP,
  FR_ACT_PROHIBIT,
  FR_ACT_TO_TBL,
  FR_ACT_UNREACHABLE,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTPROT_KERNEL,
} from './rtnetlink.js'

const EACCES = errnoNumber('EACCES')
const EAGAIN = errnoNumber('EAGAIN')
const EINVAL = errnoNumber('EINVAL')
const ENETUNREACH = errnoNumber('ENETUNREACH')

/** The rule is the opposite of what it says (FIB_RULE_INVERT). */
export const FIB_RULE_INVERT = 2

/** `iifindex` or `oifindex` of a rule for a device that does not exist now. */
export const DETACHED = -1

/** What a rule says. Addresses and marks are int32; absent fields match everything. */
export interface FibRuleConfig {
  /** FR_ACT_*. */
  readonly action: number
  readonly pref: number
  /** Table to look up; 0 for none. */
  readonly table: number
  /** RTPROT_*: who made it. */
  readonly proto: number
  /** FIB_RULE_INVERT or 0. */
  readonly flags: number
  readonly src: number
  readonly srcLen: number
  readonly dst: number
  readonly dstLen: number
  readonly tos: number
  readonly mark: number
  readonly markMask: number
  /** Names of devices, empty for any. */
  readonly iifname: string
  readonly oifname: string
  readonly l3mdev: boolean
  /** Tunnel id, 0 for any. */
  readonly tunId: number
  /** First and last user id; null for all. */
  readonly uidRange: readonly [start: number, end: number] | null
  readonly ipProto: number
  /** First and last port; null for all. */
  readonly sportRange: readonly [start: number, end: number] | null
  readonly dportRange: readonly [start: number, end: number] | null
  /** A result with a prefix of at most this length is passed over; -1 for none. */
  readonly suppressPrefixlen: number
  /** A result by a device of this group is passed over; -1 for none. */
  readonly suppressIfgroup: number
  /** Preference of the rule to go on with; 0 for none. */
  readonly target: number
}

/** A rule in the list (struct fib4_rule). Fields that the lookup reads are plain numbers. */
export class FibRule {
  readonly config: FibRuleConfig
  readonly action: number
  readonly pref: number
  readonly table: number
  /** ifindex of the devices, 0 for any, {@link DETACHED} while there is no device of the name. */
  iifindex: number
  oifindex: number
  /** The rule that a `goto` goes to; null while there is none. */
  ctarget: FibRule | null = null
  readonly #invert: boolean
  readonly #src: number
  readonly #srcMask: number
  readonly #dst: number
  readonly #dstMask: number
  readonly #tos: number
  readonly #mark: number
  readonly #markMask: number
  readonly #never: boolean
  readonly #uidStart: number
  readonly #uidEnd: number
  readonly #ipProto: number
  readonly #sportStart: number
  readonly #sportEnd: number
  readonly #dportStart: number
  readonly #dportEnd: number

  constructor(config: FibRuleConfig, iifindex: number, oifindex: number) {
    this.config = config
    this.action = config.action
    this.pref = config.pref
    this.table = config.table
    this.iifindex = iifindex
    this.oifindex = oifindex
    this.#invert = (config.flags & FIB_RULE_INVERT) !== 0
    this.#src = config.src
    this.#srcMask = maskOf(config.srcLen)
    this.#dst = config.dst
    this.#dstMask = maskOf(config.dstLen)
    this.#tos = config.tos
    this.#mark = config.mark
    this.#markMask = config.markMask
    this.#never = config.l3mdev || config.tunId !== 0
    this.#uidStart = config.uidRange?.[0] ?? 0
    this.#uidEnd = config.uidRange?.[1] ?? 0xffffffff
    this.#ipProto = config.ipProto
    this.#sportStart = config.sportRange?.[0] ?? 0
    this.#sportEnd = config.sportRange?.[1] ?? 0xffff
    this.#dportStart = config.dportRange?.[0] ?? 0
    this.#dportEnd = config.dportRange?.[1] ?? 0xffff
  }

  /** True when the rule fits (fib_rule_match). */
  matches(fl: Flow4): boolean {
    return this.#selects(fl) !== this.#invert
  }

  #selects(fl: Flow4): boolean {
    if (this.iifindex !== 0 && this.iifindex !== fl.iif) return false
    if (this.oifindex !== 0 && this.oifindex !== fl.oif) return false
    if ((this.#mark ^ fl.mark) & this.#markMask || this.#never) return false
    if (fl.uid < this.#uidStart || fl.uid > this.#uidEnd) return false
    if ((fl.saddr ^ this.#src) & this.#srcMask || (fl.daddr ^ this.#dst) & this.#dstMask) return false
    if (this.#tos !== 0 && this.#tos !== (fl.tos & IPTOS_RT_MASK)) return false
    if (this.#ipProto !== 0 && this.#ipProto !== fl.proto) return false
    if (fl.sport < this.#sportStart || fl.sport > this.#sportEnd) return false
    return fl.dport >= this.#dportStart && fl.dport <= this.#dportEnd
  }

  /** True when it asks for the protocol or ports of a packet (fib_rule_requires_fldissect). */
  get looksAtL4(): boolean {
    return this.#ipProto !== 0 || this.config.sportRange !== null || this.config.dportRange !== null
  }

  /** True when it asks for more than addresses and devices, or for what changes without notice: the group of a device. */
  get looksBeyondAddresses(): boolean {
    return this.#tos !== 0 || this.#markMask !== 0 || this.looksAtL4 || this.config.suppressIfgroup !== -1
  }
}

const lookupRule = (pref: number, table: number): FibRule =>
  new FibRule(
    {
      action: FR_ACT_TO_TBL,
      pref,
      table,
      proto: RTPROT_KERNEL,
      flags: 0,
      src: 0,
      srcLen: 0,
      dst: 0,
      dstLen: 0,
      tos: 0,
      mark: 0,
      markMask: 0,
      iifname: '',
      oifname: '',
      l3mdev: false,
      tunId: 0,
      uidRange: null,
      ipProto: 0,
      sportRange: null,
      dportRange: null,
      suppressPrefixlen: -1,
      suppressIfgroup: -1,
      target: 0,
    },
    0,
    0,
  )

/** The rules of a namespace, in the order of their preference (struct fib_rules_ops). */
export class FibRules {
  readonly list: FibRule[] = [
    lookupRule(0, RT_TABLE_LOCAL),
    lookupRule(0x7ffe, RT_TABLE_MAIN),
    lookupRule(0x7fff, RT_TABLE_DEFAULT),
  ]
  /** Somebody has changed the rules once (fib_has_custom_rules): from then on they are walked for every lookup. */
  custom = false
  /** Some rule asks for the protocol or the ports of a packet. */
  looksAtL4 = false
  /** Some rule asks for more than addresses and devices. */
  looksBeyondAddresses = false

  /** Preference of a rule that was given none: one less than that of the second rule (fib_default_rule_pref). */
  get defaultPref(): number {
    return Math.max((this.list[1]?.pref ?? 0) - 1, 0)
  }

  /** Puts a rule behind those with its preference, and resolves what goes to it. */
  insert(rule: FibRule): void {
    const { list } = this
    const at = list.findIndex(r => r.pref > rule.pref)
    if (rule.action === FR_ACT_GOTO) rule.ctarget = list.find(r => r.pref === rule.config.target) ?? null
    if (at < 0) list.push(rule)
    else list.splice(at, 0, rule)
    for (const r of list)
      if (r.action === FR_ACT_GOTO && r.ctarget === null && r.config.target === rule.pref) r.ctarget = rule
    this.#changed()
  }

  /** Takes a rule out; what went to it goes to the next one of its preference, if there is one. */
  remove(rule: FibRule): void {
    const { list } = this
    const at = list.indexOf(rule)
    list.splice(at, 1)
    const next = list[at]
    const heir = next !== undefined && next.pref === rule.pref ? next : null
    for (const r of list) if (r.ctarget === rule) r.ctarget = heir
    this.#changed()
  }

  #changed(): void {
    this.custom = true
    this.looksAtL4 = this.list.some(r => r.looksAtL4)
    this.looksBeyondAddresses = this.list.some(r => r.looksBeyondAddresses)
  }

  /** A device has appeared, or got this name (attach_rules). True when a rule names it. */
  attach(dev: NetDevice): boolean {
    let found = false
    for (const r of this.list) {
      const isIif = r.iifindex === DETACHED && r.config.iifname === dev.name
      const isOif = r.oifindex === DETACHED && r.config.oifname === dev.name
      if (isIif) r.iifindex = dev.ifindex
      if (isOif) r.oifindex = dev.ifindex
      found ||= isIif || isOif
    }
    return found
  }

  /** A device goes, or loses its name (detach_rules). True when a rule names it. */
  detach(dev: NetDevice): boolean {
    let found = false
    for (const r of this.list) {
      const isIif = r.iifindex === dev.ifindex
      const isOif = r.oifindex === dev.ifindex
      if (isIif) r.iifindex = DETACHED
      if (isOif) r.oifindex = DETACHED
      found ||= isIif || isOif
    }
    return found
  }

  /** Walks the rules (fib_rules_lookup): 0 with `res` filled, or a negative errno. */
  lookup(fl: Flow4, flags: number, fib: Fib, res: FibResult): number {
    const { list } = this
    for (let i = 0; i < list.length; i++) {
      let rule = list[i]!
      while (rule.matches(fl)) {
        if (rule.action === FR_ACT_GOTO && rule.ctarget !== null) {
          rule = rule.ctarget
          i = list.indexOf(rule)
          continue
        }
        if (rule.action !== FR_ACT_GOTO && rule.action !== FR_ACT_NOP) {
          const err = act(rule, fl, flags, fib, res)
          if (err !== -EAGAIN && !(err === 0 && isSuppressed(rule, res))) return err
        }
        break
      }
    }
    return -ENETUNREACH
  }
}

/** What a rule that fits leads to: 0, or a negative errno, -EAGAIN to go on with the next rule (fib4_rule_action). */
const act = (rule: FibRule, fl: Flow4, flags: number, fib: Fib, res: FibResult): number => {
  if (rule.action === FR_ACT_TO_TBL) return fib.get(rule.table)?.lookup(fl, flags, res) ?? -EAGAIN
  if (rule.action === FR_ACT_UNREACHABLE) return -ENETUNREACH
  if (rule.action === FR_ACT_PROHIBIT) return -EACCES
  return -EINVAL
}

/** True for a result that the rule does not want (fib4_rule_suppress). */
const isSuppressed = ({ config }: FibRule, res: FibResult): boolean => {
  if (res.prefixLen <= config.suppressPrefixlen) return true
  return config.suppressIfgroup !== -1 && res.info?.nhs[0]?.dev?.group === config.suppressIfgroup
}
