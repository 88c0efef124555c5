/**
 * Tables of iptables as their tools edit them: read a table, change it as often as you like, and put it back. This is the
 * door through which shell and lab configure netfilter.
 *
 * Every change of a table keeps the counters of the rules that stay and sets those of the policies to zero. A call that is
 * refused leaves the handle as it was, a commit that is refused the table.
 *
 * @see iptables libiptc/libiptc.c
 */
import type { Netns } from '../core/netns.js'
import { type Errno, NetloomError, strerror } from '../errors.js'
import { iptFindTable, iptGetEntries, iptReplace, iptTableNames, type XtTable } from '../netfilter/ip-tables.js'
import {
  type IptChain,
  type IptChainRule,
  type IptRule,
  NO_COUNTERS,
  STANDARD_TARGETS,
  type XtCounters,
} from '../netfilter/ipt-replace.js'

export type { IptChain, IptChainRule, IptRule, XtCounters, XtEntry } from '../netfilter/ipt-replace.js'
export { NO_COUNTERS, STANDARD_TARGETS } from '../netfilter/ipt-replace.js'
export {
  IPT_ANY,
  IPT_F_FRAG,
  IPT_F_GOTO,
  IPT_INV_DSTIP,
  IPT_INV_FRAG,
  IPT_INV_SRCIP,
  IPT_INV_VIA_IN,
  IPT_INV_VIA_OUT,
  type IptIp,
  XT_INV_PROTO,
} from '../netfilter/x-tables.js'

/** Names of the tables that a namespace has, the newest first (/proc/net/ip_tables_names). */
export const iptablesTables = (netns: Netns): string[] => iptTableNames(netns)

/** A rule where a trace names it, counted from 1; null when there is no such rule (any more). */
export const iptablesRule = (netns: Netns, table: string, chain: string, rulenum: number): IptRule | null => {
  if (!iptTableNames(netns).includes(table)) return null
  const found = iptFindTable(netns, table).chains.find(c => c.name === chain)
  return found?.rules[rulenum - 1]?.rule ?? null
}

/** Is there a chain of that name in a table that is there? */
export const iptablesHasChain = (netns: Netns, table: string, chain: string): boolean =>
  iptTableNames(netns).includes(table) && iptFindTable(netns, table).chains.some(c => c.name === chain)

/** Words of the tools for an errno: those of one operation, or the general ones (iptc_strerror). */
const refuse = (code: Errno, words: string | null = null): never => {
  throw new NetloomError(code, words ?? (code === 'ENOENT' ? 'No chain/target/match by that name' : strerror(code)))
}

/** Words for a rule that is not there: the general ones when its target is no verdict, as the last function to fail is another. */
const badRule = ({ target: { name } }: IptRule): string | null =>
  name === '' || STANDARD_TARGETS.includes(name) ? 'Bad rule (does a matching rule exist in that chain?)' : null

class Chain {
  name: string
  policy: 'ACCEPT' | 'DROP' | null
  counters: XtCounters
  /** The policy's counters were set and stay so. */
  isSet = false
  rules: IptChainRule[]

  constructor(chain: IptChain) {
    this.name = chain.name
    this.policy = chain.policy
    this.counters = chain.counters
    this.rules = [...chain.rules]
  }
}

const byName = (a: Chain, b: Chain): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** Are two rules the same but for their counters? */
const isSameRule = (a: IptRule, b: IptRule): boolean =>
  a === b ||
  (a.target.name === b.target.name &&
    a.matches.length === b.matches.length &&
    a.ip.src === b.ip.src &&
    a.ip.dst === b.ip.dst &&
    JSON.stringify(a) === JSON.stringify(b))

/** A table that is being read or edited (struct xtc_handle). Make one with {@link iptcInit}. */
export class IptcHandle {
  readonly #table: XtTable
  readonly #chains = new Map<string, Chain>()
  #changed = false

  /** @internal use {@link iptcInit} */
  constructor(table: XtTable) {
    this.#table = table
    for (const chain of iptGetEntries(table)) this.#chains.set(chain.name, new Chain(chain))
  }

  /** Name of the table. */
  get table(): string {
    return this.#table.kind.name
  }

  #sorted(): Chain[] {
    const all = [...this.#chains.values()]
    return [...all.filter(c => c.policy !== null), ...all.filter(c => c.policy === null).sort(byName)]
  }

  #chain(name: string): Chain {
    return this.#chains.get(name) ?? refuse('ENOENT')
  }

  /** All chains, the built-in ones first, then those of users by name. */
  chains(): readonly IptChain[] {
    return this.#sorted()
  }

  /** The chain called `name`, or null. */
  chain(name: string): IptChain | null {
    return this.#chains.get(name) ?? null
  }

  /** Is there a chain called `name` (iptc_is_chain)? */
  isChain(name: string): boolean {
    return this.#chains.has(name)
  }

  /** Is there a built-in chain called `name` (iptc_builtin)? */
  isBuiltin(name: string): boolean {
    return (this.#chains.get(name)?.policy ?? null) !== null
  }

  /** How many rules jump to a chain (iptc_get_references). */
  references(name: string): number {
    let n = 0
    for (const { rules } of this.#chains.values()) for (const { rule } of rules) if (rule.target.name === name) n++
    return n
  }

  /** Adds a rule at the end of a chain (iptc_append_entry). Throws ENOENT. */
  append(chain: string, rule: IptRule, counters: XtCounters = NO_COUNTERS): void {
    this.#chain(chain).rules.push({ rule, counters })
    this.#changed = true
  }

  /** Adds a rule in front of number `at`, which counts from 0 (iptc_insert_entry). Throws ENOENT, E2BIG. */
  insert(chain: string, rule: IptRule, at: number, counters: XtCounters = NO_COUNTERS): void {
    const { rules } = this.#chain(chain)
    if (at > rules.length) refuse('E2BIG', 'Index of insertion too big')
    rules.splice(at, 0, { rule, counters })
    this.#changed = true
  }

  /** Puts a rule in the place of number `at` (iptc_replace_entry). Throws ENOENT, E2BIG. */
  replace(chain: string, rule: IptRule, at: number, counters: XtCounters = NO_COUNTERS): void {
    const { rules } = this.#chain(chain)
    if (at >= rules.length) refuse('E2BIG', 'Index of replacement too big')
    rules[at] = { rule, counters }
    this.#changed = true
  }

  /** Takes the first rule away that is equal to `rule` (iptc_delete_entry). Throws ENOENT. */
  delete(chain: string, rule: IptRule): void {
    const { rules } = this.#chain(chain)
    const at = rules.findIndex(other => isSameRule(other.rule, rule))
    if (at < 0) refuse('ENOENT', badRule(rule))
    rules.splice(at, 1)
    this.#changed = true
  }

  /** Takes rule number `at` away (iptc_delete_num_entry). Throws ENOENT, E2BIG. */
  deleteNum(chain: string, at: number): void {
    const { rules } = this.#chain(chain)
    if (at >= rules.length) refuse('E2BIG', 'Index of deletion too big')
    rules.splice(at, 1)
    this.#changed = true
  }

  /** Throws ENOENT when the chain has no rule equal to `rule` (iptc_check_entry). */
  check(chain: string, rule: IptRule): void {
    if (!this.#chain(chain).rules.some(other => isSameRule(other.rule, rule))) refuse('ENOENT', badRule(rule))
  }

  /** Takes all rules of a chain away (iptc_flush_entries). Throws ENOENT. */
  flush(chain: string): void {
    this.#chain(chain).rules = []
    this.#changed = true
  }

  /** Sets the counters of a chain's rules to zero (iptc_zero_entries). Throws ENOENT. */
  zero(chain: string): void {
    const found = this.#chain(chain)
    found.rules = found.rules.map(({ rule }) => ({ rule, counters: NO_COUNTERS }))
    found.counters = NO_COUNTERS
    this.#changed = true
  }

  /** Sets the counters of one rule to zero; `num` counts from 1 (iptc_zero_counter). Throws ENOENT, E2BIG. */
  zeroCounter(chain: string, num: number): void {
    const { rules } = this.#chain(chain)
    const at = rules[num - 1] ?? refuse('E2BIG', 'Index of counter too big')
    rules[num - 1] = { rule: at.rule, counters: NO_COUNTERS }
    this.#changed = true
  }

  /** Makes a chain (iptc_create_chain). Throws EEXIST. */
  create(name: string): void {
    if (this.#chains.has(name)) refuse('EEXIST', 'Chain already exists')
    this.#chains.set(name, new Chain({ name, policy: null, counters: NO_COUNTERS, rules: [] }))
    this.#changed = true
  }

  /** Deletes an empty chain of a user that no rule jumps to (iptc_delete_chain). Throws ENOENT, EINVAL, EMLINK, ENOTEMPTY. */
  deleteChain(name: string): void {
    const chain = this.#chain(name)
    if (chain.policy !== null) refuse('EINVAL')
    if (this.references(name) > 0) refuse('EMLINK')
    if (chain.rules.length > 0) refuse('ENOTEMPTY')
    this.#chains.delete(name)
    this.#changed = true
  }

  /** Gives a chain of a user another name, in the rules that jump there as well (iptc_rename_chain). Throws EEXIST, ENOENT. */
  rename(from: string, to: string): void {
    if (this.#chains.has(to)) refuse('EEXIST')
    const chain = this.#chains.get(from)
    if (chain === undefined || chain.policy !== null) return refuse('ENOENT')
    this.#chains.delete(from)
    chain.name = to
    this.#chains.set(to, chain)
    for (const { rules } of this.#chains.values())
      for (const [i, { rule, counters }] of rules.entries())
        if (rule.target.name === from)
          rules[i] = {
            rule: { ip: rule.ip, matches: rule.matches, target: { name: to, info: rule.target.info } },
            counters,
          }
    this.#changed = true
  }

  /** Sets the policy of a built-in chain, and its counters (iptc_set_policy). Throws ENOENT, EINVAL. */
  setPolicy(name: string, policy: string, counters: XtCounters | null = null): void {
    const chain = this.#chains.get(name)
    if (chain === undefined || chain.policy === null) return refuse('ENOENT', 'Bad built-in chain name')
    if (policy !== 'ACCEPT' && policy !== 'DROP') return refuse('EINVAL', 'Bad policy name')
    chain.policy = policy
    chain.counters = counters ?? NO_COUNTERS
    chain.isSet = counters !== null
    this.#changed = true
  }

  /** Puts the table in place (iptc_commit). Throws what the kernel refuses it with: ELOOP, EINVAL, ENOENT and others. */
  commit(): void {
    if (!this.#changed) return
    const chains: IptChain[] = this.#sorted().map(({ name, policy, counters, isSet, rules }) => ({
      name,
      policy,
      counters: isSet ? counters : NO_COUNTERS,
      rules,
    }))
    try {
      iptReplace(this.#table, chains)
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code !== 'ENOENT') throw e
      throw new NetloomError('ENOENT', 'No chain/target/match by that name', e.context)
    }
    this.#changed = false
  }
}

/** Reads a table of a namespace, which comes into being if it is not there (iptc_init). Throws ENOENT for an unknown one. */
export const iptcInit = (netns: Netns, table: string): IptcHandle => {
  try {
    return new IptcHandle(iptFindTable(netns, table))
  } catch (e) {
    if (!(e instanceof NetloomError) || e.code !== 'ENOENT') throw e
    throw new NetloomError('ENOENT', 'Table does not exist (do you need to insmod?)', { table })
  }
}
