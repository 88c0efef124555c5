/**
 * A table of rules as packets meet it: one list of entries with all chains one behind the other, and where each hook
 * starts. It is made anew by every change, and never changed but for its counters.
 *
 * @see include/linux/netfilter/x_tables.h struct xt_table_info, include/uapi/linux/netfilter_ipv4/ip_tables.h
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import type { Skb } from '../core/skb.js'
import {
  type IptIp,
  XT_CONTINUE,
  type XtActionParam,
  type XtMatch,
  type XtPortTest,
  type XtTarget,
} from './x-tables.js'

/** Verdict of a standard target that means RETURN; others are -NF_* - 1, and from 0 on the number of an entry. */
export const XT_RETURN = -5

/** A name of a device that a rule asks for, and what it said about the device that was asked about last. */
export class IfaceTest {
  readonly #name: string
  readonly #isPrefix: boolean
  #lastDev: NetDevice | null = null
  #lastName = ''
  #lastResult = false

  /** `pattern` is a name, or the beginning of one and a `+`. */
  constructor(pattern: string) {
    this.#isPrefix = pattern.endsWith('+')
    this.#name = this.#isPrefix ? pattern.slice(0, -1) : pattern
  }

  /** Is it this device? No device has the empty name. */
  matches(dev: NetDevice | null): boolean {
    if (dev === null) return this.#name === ''
    if (dev !== this.#lastDev || dev.name !== this.#lastName) {
      this.#lastDev = dev
      this.#lastName = dev.name
      this.#lastResult = this.#isPrefix ? dev.name.startsWith(this.#name) : dev.name === this.#name
    }
    return this.#lastResult
  }
}

/** A match of an entry, ready to be asked. */
export class EntryMatch {
  readonly match: (skb: Skb, par: XtActionParam, info: object) => boolean
  readonly info: object
  /** For the end of the rule. */
  readonly kind: XtMatch

  constructor(kind: XtMatch, info: object) {
    this.kind = kind
    this.match = kind.match
    this.info = info
  }
}

const isPerFlow = ({ kind, info }: EntryMatch): boolean =>
  typeof kind.isPerFlow === 'function' ? kind.isPerFlow(info) : kind.isPerFlow === true

const NO_INFO: object = Object.freeze({})

const noTarget = (): number => XT_CONTINUE

/** One rule, or the end of a chain (struct ipt_entry). One shape for all. */
export class IptEntry {
  readonly src: number
  readonly smsk: number
  readonly dst: number
  readonly dmsk: number
  readonly proto: number
  readonly flags: number
  readonly invflags: number
  /** null: any device. */
  readonly inif: IfaceTest | null
  readonly outif: IfaceTest | null
  readonly matches: readonly EntryMatch[]
  /** The first match and its data, which most rules have no more of; null without one. */
  readonly match0: ((skb: Skb, par: XtActionParam, info: object) => boolean) | null
  readonly info0: object
  /** What ports the first match wants; null for any. */
  readonly ports: XtPortTest | null
  /** Its matches say the same to all packets of a flow. */
  readonly isPerFlow: boolean
  /** True for a verdict, a jump or no target at all: {@link verdict} holds it. */
  readonly isStandard: boolean
  readonly verdict: number
  readonly target: (skb: Skb, par: XtActionParam, info: object) => number
  readonly targetInfo: object
  /** For the end of the rule; null for a standard target. */
  readonly targetKind: XtTarget | null
  packets: number
  bytes: number

  constructor(
    ip: IptIp,
    matches: readonly EntryMatch[],
    verdict: number,
    targetKind: XtTarget | null,
    targetInfo: object | null,
    packets: number,
    bytes: number,
  ) {
    this.src = ip.src
    this.smsk = ip.smsk
    this.dst = ip.dst
    this.dmsk = ip.dmsk
    this.proto = ip.proto
    this.flags = ip.flags
    this.invflags = ip.invflags
    this.inif = ip.iniface === '' || ip.iniface === '+' ? null : new IfaceTest(ip.iniface)
    this.outif = ip.outiface === '' || ip.outiface === '+' ? null : new IfaceTest(ip.outiface)
    this.matches = matches
    this.match0 = matches.length === 0 ? null : matches[0]!.match
    this.info0 = matches.length === 0 ? NO_INFO : matches[0]!.info
    this.ports = matches.length === 0 ? null : (matches[0]!.kind.ports?.(this.info0) ?? null)
    this.isPerFlow = matches.every(isPerFlow)
    this.isStandard = targetKind === null
    this.verdict = verdict
    this.target = targetKind === null ? noTarget : targetKind.target
    this.targetInfo = targetInfo ?? NO_INFO
    this.targetKind = targetKind
    this.packets = packets
    this.bytes = bytes
  }

  /** Gives back what its matches and target took when it was loaded (cleanup_entry). */
  destroy(netns: Netns): void {
    for (const { kind, info } of this.matches) kind.destroy?.(netns, info)
    this.targetKind?.destroy?.(netns, this.targetInfo)
  }
}

/** A chain as it lies in a table: its rules are the entries from `start` on, then comes its end. */
export interface XtChainPlace {
  readonly name: string
  readonly isBuiltin: boolean
  readonly start: number
  readonly rules: number
}

/** The rules of a table (struct xt_table_info). */
export class XtTableInfo {
  /** Name of the table, and its chains in the order of their entries: for traces. */
  readonly name: string
  readonly chains: readonly XtChainPlace[]
  readonly entries: readonly IptEntry[]
  /** Number of the first entry at each hook, and of the entry with its policy; -1 where the table has no hook. */
  readonly hookEntry: Int32Array
  readonly underflow: Int32Array
  /** Entries that a packet goes back to, and how many there are: a target may send a packet through the same table. */
  readonly jumpstack: Int32Array
  stackptr = 0

  constructor(
    name: string,
    chains: readonly XtChainPlace[],
    entries: readonly IptEntry[],
    hookEntry: Int32Array,
    underflow: Int32Array,
  ) {
    this.name = name
    this.chains = chains
    this.entries = entries
    this.hookEntry = hookEntry
    this.underflow = underflow
    this.jumpstack = new Int32Array(chains.filter(c => !c.isBuiltin).length * 2 + 2)
  }
}
