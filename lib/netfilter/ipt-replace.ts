/**
 * Rules as the tool hands them to the kernel and gets them back, and their translation to a table that packets can be sent
 * through: verdicts, chains and loops are resolved, and every match and target is asked whether it may stand there.
 *
 * The real interface is one block of octets with jumps as offsets (struct ipt_replace), which libiptc makes of chains; here
 * the chains themselves cross over.
 *
 * @see net/ipv4/netfilter/ip_tables.c translate_table, mark_source_chains; iptables libiptc/libiptc.c
 */
import { NF_ACCEPT, NF_DROP, NF_INET_NUMHOOKS, NF_QUEUE } from '../core/netfilter.js'
import type { Netns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import { EntryMatch, IptEntry, XT_RETURN, XtTableInfo } from './ipt-table.js'
import { XT_MATCHES } from './matches.js'
import { XT_TARGETS } from './targets.js'
import {
  IPT_ANY,
  type IptIp,
  type XtCheckParam,
  type XtMatch,
  type XtTarget,
  xtCheckMatch,
  xtCheckTarget,
} from './x-tables.js'

/** A match or a target of a rule: its name, and what the tool made of its options (`I` of XtMatch and XtTarget). */
export interface XtEntry {
  readonly name: string
  readonly info: object
}

/** A rule. Never changed; who edits one makes another. */
export interface IptRule {
  readonly ip: IptIp
  readonly matches: readonly XtEntry[]
  /**
   * Name empty: none. ACCEPT, DROP, QUEUE, RETURN: that verdict. The name of a chain: a jump there, or a goto with
   * IPT_F_GOTO. Otherwise a target.
   */
  readonly target: XtEntry
}

/** Counters of a rule or a policy. */
export interface XtCounters {
  readonly packets: number
  readonly bytes: number
}

/** A rule in its chain. */
export interface IptChainRule {
  readonly rule: IptRule
  readonly counters: XtCounters
}

/** A chain. */
export interface IptChain {
  readonly name: string
  /** Verdict of a built-in chain for packets that come to its end; null for a chain of a user. */
  readonly policy: 'ACCEPT' | 'DROP' | null
  /** Those of the policy. */
  readonly counters: XtCounters
  readonly rules: readonly IptChainRule[]
}

/** Counters at zero. */
export const NO_COUNTERS: XtCounters = Object.freeze({ packets: 0, bytes: 0 })

/** Built-in chains by hook. */
export const HOOK_CHAINS = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const

const VERDICTS: ReadonlyMap<string, number> = new Map([
  ['ACCEPT', -NF_ACCEPT - 1],
  ['DROP', -NF_DROP - 1],
  ['QUEUE', -NF_QUEUE - 1],
  ['RETURN', XT_RETURN],
])

/** Names of targets that are verdicts. */
export const STANDARD_TARGETS: readonly string[] = [...VERDICTS.keys()]

const MATCHES: ReadonlyMap<string, XtMatch> = new Map(XT_MATCHES.map(m => [m.name, m]))
const TARGETS: ReadonlyMap<string, XtTarget> = new Map(XT_TARGETS.map(t => [t.name, t]))

const isUnconditional = ({ ip, matches }: IptRule): boolean =>
  matches.length === 0 &&
  ip.smsk === 0 &&
  ip.dmsk === 0 &&
  ip.iniface === '' &&
  ip.outiface === '' &&
  ip.proto === 0 &&
  ip.flags === 0 &&
  ip.invflags === 0

/** Where a chain lies among the entries, and from which hooks its rules can be reached. */
class Placed {
  readonly chain: IptChain
  readonly start: number
  /** Rules up to the first that no packet passes; the rest cannot be reached. */
  readonly reached: number
  hookMask = 0

  constructor(chain: IptChain, start: number) {
    this.chain = chain
    this.start = start
    const stop = chain.rules.findIndex(({ rule }) => VERDICTS.has(rule.target.name) && isUnconditional(rule))
    this.reached = stop < 0 ? chain.rules.length : stop + 1
  }
}

const place = (chains: readonly IptChain[]): Map<string, Placed> => {
  const placed = new Map<string, Placed>()
  let at = 0
  for (const chain of chains) {
    placed.set(chain.name, new Placed(chain, at))
    at += chain.rules.length + 1
  }
  return placed
}

const chainOf = (placed: ReadonlyMap<string, Placed>, { target }: IptRule): Placed | undefined =>
  VERDICTS.has(target.name) ? undefined : placed.get(target.name)

/** Follows all jumps from a hook (mark_source_chains). Throws ELOOP. Without recursion: chains may be nested deeply. */
const markFrom = (placed: ReadonlyMap<string, Placed>, first: Placed, hook: number): void => {
  const bit = 1 << hook
  const path: { readonly at: Placed; next: number }[] = [{ at: first, next: 0 }]
  const open = new Set([first])
  first.hookMask |= bit
  while (path.length > 0) {
    const top = path[path.length - 1]!
    if (top.next === top.at.reached) {
      open.delete(top.at)
      path.pop()
      continue
    }
    const to = chainOf(placed, top.at.chain.rules[top.next++]!.rule)
    if (to === undefined) continue
    if (open.has(to)) throw new NetloomError('ELOOP')
    if (to.hookMask & bit) continue
    to.hookMask |= bit
    open.add(to)
    path.push({ at: to, next: 0 })
  }
}

const refuseJumpsToBuiltins = (placed: ReadonlyMap<string, Placed>): void => {
  for (const { chain } of placed.values())
    for (const { rule } of chain.rules) {
      const to = chainOf(placed, rule)
      if (to !== undefined && to.chain.policy !== null)
        throw new NetloomError('EINVAL', undefined, { chain: to.chain.name })
    }
}

const missing = (what: string, name: string): never => {
  throw new NetloomError('ENOENT', undefined, { [what]: name })
}

/** Checks one rule and makes its entry (find_check_entry). What was taken for it is given back when it is refused. */
const makeEntry = (
  netns: Netns,
  par: XtCheckParam,
  { rule, counters }: IptChainRule,
  at: number,
  jump: Placed | undefined,
): IptEntry => {
  const matches: EntryMatch[] = []
  const { ip, target } = rule
  const { packets, bytes } = counters
  try {
    for (const { name, info } of rule.matches) {
      const kind = MATCHES.get(name) ?? missing('match', name)
      matches.push(new EntryMatch(kind, xtCheckMatch(kind, par, info)))
    }
    const list = matches.length === 0 ? NO_MATCHES : matches
    const verdict = target.name === '' ? at + 1 : (VERDICTS.get(target.name) ?? jump?.start)
    if (verdict !== undefined) return new IptEntry(ip, list, verdict, null, null, packets, bytes)
    const kind = TARGETS.get(target.name) ?? missing('target', target.name)
    return new IptEntry(ip, list, 0, kind, xtCheckTarget(kind, par, target.info), packets, bytes)
  } catch (e) {
    for (const { kind, info } of matches) kind.destroy?.(netns, info)
    throw e
  }
}

const NO_MATCHES: readonly EntryMatch[] = []

const endOf = ({ policy, counters }: IptChain): IptEntry =>
  new IptEntry(
    IPT_ANY,
    NO_MATCHES,
    policy === null ? XT_RETURN : VERDICTS.get(policy)!,
    null,
    null,
    counters.packets,
    counters.bytes,
  )

/**
 * Makes a table of chains: the built-in ones in the order of their hooks, then the others. Throws a NetloomError and keeps
 * nothing: ELOOP for chains that lead back to themselves, ENOENT for a match or target that is not there, EINVAL for one
 * that may not be used where it stands, and what their `checkentry` throws.
 */
export const translateTable = (
  netns: Netns,
  table: string,
  chains: readonly IptChain[],
  hooks: readonly number[],
): XtTableInfo => {
  const placed = place(chains)
  refuseJumpsToBuiltins(placed)
  const hookEntry = new Int32Array(NF_INET_NUMHOOKS).fill(-1)
  const underflow = new Int32Array(NF_INET_NUMHOOKS).fill(-1)
  for (const hook of hooks) {
    const builtin = placed.get(HOOK_CHAINS[hook]!)!
    hookEntry[hook] = builtin.start
    underflow[hook] = builtin.start + builtin.chain.rules.length
    markFrom(placed, builtin, hook)
  }
  const entries: IptEntry[] = []
  try {
    for (const { chain, reached, hookMask } of placed.values()) {
      for (const [i, chained] of chain.rules.entries()) {
        const { rule } = chained
        const jump = chainOf(placed, rule)
        const { ip, matches } = rule
        const par: XtCheckParam = { netns, table, hookMask: i < reached ? hookMask : 0, ip, matches }
        entries.push(makeEntry(netns, par, chained, entries.length, jump))
      }
      entries.push(endOf(chain))
    }
  } catch (e) {
    for (const entry of entries) entry.destroy(netns)
    throw e
  }
  const places = [...placed.values()].map(({ chain: { name, policy, rules }, start }) => ({
    name,
    isBuiltin: policy !== null,
    start,
    rules: rules.length,
  }))
  return new XtTableInfo(table, places, entries, hookEntry, underflow)
}
