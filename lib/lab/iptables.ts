/**
 * `iptables`, `iptables-save` and `iptables-restore` as calls.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import {
  type IptChain,
  type IptChainRule,
  type IptcHandle,
  IPT_F_FRAG,
  IPT_F_GOTO,
  IPT_INV_DSTIP,
  IPT_INV_FRAG,
  IPT_INV_SRCIP,
  IPT_INV_VIA_IN,
  IPT_INV_VIA_OUT,
  iptablesTables,
  iptcInit,
  XT_INV_PROTO,
} from '../rtnl/iptables.js'
import { iptablesRestoreCommand } from '../shell/command/iptables-restore.js'
import { iptablesSaveText } from '../shell/command/iptables-save.js'
import { addrText, protoToName } from '../shell/iptables/addresses.js'
import { listText, saveRule } from '../shell/iptables/iptables-text.js'
import { type IptablesTable, type IptablesWords, refusalOf, runIptables, wordsOf } from './iptables-words.js'
import { checkOptions, numberOption, octetsOf } from '../app/text.js'

/** A rule as it stands in its chain. */
export interface IptablesRule {
  readonly table: string
  readonly chain: string
  /** Counts from 1. */
  readonly rulenum: number
  readonly packets: number
  readonly bytes: number
  /** A verdict, a chain or a target; empty for a rule that only counts. */
  readonly target: string
  /** `-g` instead of `-j`. */
  readonly isGoto: boolean
  /** `all`, `tcp`, `udp`, `icmp` ..., or a number; `!` in front inverts, here and below. */
  readonly protocol: string
  /** Names of devices, `*` for any. */
  readonly inInterface: string
  readonly outInterface: string
  /** `ADDRESS`, `ADDRESS/LENGTH` or `ADDRESS/MASK`; `0.0.0.0/0` for all. */
  readonly source: string
  readonly destination: string
  /** `-f`: `only` further fragments, `not` for them; absent: all packets. */
  readonly fragments?: 'only' | 'not'
  /** Names of the matches, in order. */
  readonly matches: readonly string[]
  /** As `iptables -S` prints it: `-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT`. */
  readonly text: string
}

/** A chain with its rules. */
export interface IptablesChain {
  readonly table: string
  readonly name: string
  /** Of a built-in chain; null for a chain of a user. */
  readonly policy: 'ACCEPT' | 'DROP' | null
  /** Counters of the policy. */
  readonly packets: number
  readonly bytes: number
  /** How many rules jump or go here. */
  readonly references: number
  readonly rules: readonly IptablesRule[]
}

/** In which table. */
export interface IptablesOptions {
  /** `filter` when absent, or what the words say (`-t nat`). */
  readonly table?: IptablesTable
}

/** Counters to begin with. */
export interface IptablesRuleOptions extends IptablesOptions {
  /** `-c`; zero when absent. */
  readonly counters?: { readonly packets: number; readonly bytes: number }
}

/** Options of `iptables.listText`, those of `iptables -L`. */
export interface IptablesListOptions extends IptablesOptions {
  /** One chain instead of all. */
  readonly chain?: string
  /** One rule of it, counted from 1. */
  readonly rulenum?: number
  /** `-n` */
  readonly numeric?: boolean
  /** `-v` */
  readonly verbose?: boolean
  /** `-x` */
  readonly exact?: boolean
  readonly lineNumbers?: boolean
}

/** Options of `iptables.save`. */
export interface IptablesSaveOptions {
  /** One table instead of all that are there. */
  readonly table?: IptablesTable
  /** `-c`: counters of the rules. */
  readonly counters?: boolean
}

/** Options of `iptables.restore`. */
export interface IptablesRestoreOptions {
  /** Only this table of the text. */
  readonly table?: IptablesTable
  /** `-c`: with the counters of the text. */
  readonly counters?: boolean
  /** `-n`: what is there stays. */
  readonly noflush?: boolean
  /** `--test`: read all, change nothing. */
  readonly test?: boolean
}

const not = (inverted: number, text: string): string => (inverted !== 0 ? `!${text}` : text)

const publicRule = (handle: IptcHandle, chain: string, at: IptChainRule, rulenum: number): IptablesRule => {
  const { ip, matches, target } = at.rule
  const { flags, invflags: inv } = ip
  return {
    table: handle.table,
    chain,
    rulenum,
    ...at.counters,
    target: target.name,
    isGoto: (flags & IPT_F_GOTO) !== 0,
    protocol: not(inv & XT_INV_PROTO, protoToName(ip.proto) ?? String(ip.proto)),
    inInterface: not(inv & IPT_INV_VIA_IN, ip.iniface || '*'),
    outInterface: not(inv & IPT_INV_VIA_OUT, ip.outiface || '*'),
    source: not(inv & IPT_INV_SRCIP, addrText(ip.src, ip.smsk, true)),
    destination: not(inv & IPT_INV_DSTIP, addrText(ip.dst, ip.dmsk, true)),
    ...(flags & IPT_F_FRAG && { fragments: inv & IPT_INV_FRAG ? ('not' as const) : ('only' as const) }),
    matches: matches.map(m => m.name),
    text: saveRule(at, chain, handle.isChain(target.name), 'none').trimEnd(),
  }
}

const publicChain = (handle: IptcHandle, chain: IptChain): IptablesChain => ({
  table: handle.table,
  name: chain.name,
  policy: chain.policy,
  ...chain.counters,
  references: handle.references(chain.name),
  rules: chain.rules.map((rule, i) => publicRule(handle, chain.name, rule, i + 1)),
})

const countersOf = ({ counters }: IptablesRuleOptions): string[] => {
  if (counters === undefined) return []
  checkOptions('counters', counters, ['packets', 'bytes'])
  const { packets, bytes } = counters
  numberOption('counters.packets', packets, Number.MAX_SAFE_INTEGER)
  numberOption('counters.bytes', bytes, Number.MAX_SAFE_INTEGER)
  return ['-c', `${packets}`, `${bytes}`]
}

const rulenumWord = (rulenum: number): string => {
  if (Number.isInteger(rulenum) && rulenum >= 1 && rulenum <= 0x7fffffff) return `${rulenum}`
  throw new NetloomError('EINVAL', `rulenum: ${rulenum} is not the number of a rule; they count from 1`, { rulenum })
}

/**
 * The `iptables` of a namespace: `netns.iptables`. Rules are said in iptables' own words and checked as the tool (1.8.9,
 * legacy) checks them; {@link list} gives them back as objects. Calls throw a NetloomError whose message is the command with
 * the tool's or the kernel's words and whose context has `netns` and `command`; a call that throws has changed nothing.
 *
 * @example
 * r.iptables.policy('FORWARD', 'DROP')
 * r.iptables.append('FORWARD', '-i lan -o wan -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT')
 * r.iptables.append('POSTROUTING', '-s 10.0.0.0/24 -o wan -j MASQUERADE', { table: 'nat' })
 * r.iptables.list({ chain: 'FORWARD' })[0].rules[0].packets
 */
export class IptablesApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  #edit(call: string, words: readonly string[], options: IptablesRuleOptions, withCounters: boolean): void {
    checkOptions(call, options, withCounters ? ['table', 'counters'] : ['table'])
    runIptables(this.#netns, [...words, ...countersOf(options)], options.table)
  }

  /**
   * Any command line, with or without `iptables` in front; returns what it prints, warnings included.
   *
   * @example
   * r.iptables.run('iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80')
   */
  run(words: IptablesWords): string {
    const list = wordsOf(words)
    if (list[0] === 'iptables') list.shift()
    let text = ''
    const print = (part: string): void => {
      text += part
    }
    runIptables(this.#netns, list, undefined, { out: print, err: print })
    return text
  }

  /** `-A`: adds a rule at the end of a chain. Throws EINVAL for words that the tool refuses, ENOENT, ELOOP. */
  append(chain: string, rule: IptablesWords, options: IptablesRuleOptions = {}): void {
    this.#edit('iptables.append', ['-A', chain, ...wordsOf(rule)], options, true)
  }

  /** `-I`: puts a rule in front of rule number `rulenum`, 1 when absent. Throws E2BIG, and as {@link append}. */
  insert(chain: string, rule: IptablesWords, options: IptablesRuleOptions & { readonly rulenum?: number } = {}): void {
    const { rulenum = 1, ...rest } = options
    this.#edit('iptables.insert', ['-I', chain, rulenumWord(rulenum), ...wordsOf(rule)], rest, true)
  }

  /** `-R`: puts a rule in the place of another. Throws E2BIG, and as {@link append}. */
  replace(chain: string, rulenum: number, rule: IptablesWords, options: IptablesRuleOptions = {}): void {
    this.#edit('iptables.replace', ['-R', chain, rulenumWord(rulenum), ...wordsOf(rule)], options, true)
  }

  /** `-D`: takes a rule away, by its words or its number. Throws ENOENT, E2BIG. */
  delete(chain: string, rule: IptablesWords | number, options: IptablesOptions = {}): void {
    const words = typeof rule === 'number' ? [rulenumWord(rule)] : wordsOf(rule)
    this.#edit('iptables.delete', ['-D', chain, ...words], options, false)
  }

  /** `-C`: is there such a rule? Throws ENOENT for a chain that is not there, EINVAL for words that the tool refuses. */
  check(chain: string, rule: IptablesWords, options: IptablesOptions = {}): boolean {
    try {
      this.#edit('iptables.check', ['-C', chain, ...wordsOf(rule)], options, false)
      return true
    } catch (e) {
      if (e instanceof NetloomError && e.code === 'ENOENT' && /Bad rule|No chain/.test(e.message)) {
        const words = wordsOf(rule)
        const at = words.findIndex(w => w === '-t' || w === '--table')
        const table = options.table ?? (at < 0 ? 'filter' : words[at + 1]!)
        if (iptcInit(this.#netns, table).chain(chain) !== null) return false
      }
      throw e
    }
  }

  /** The chains of a table with their rules and counters, or one. Throws ENOENT. */
  list(options: IptablesOptions & { readonly chain?: string } = {}): IptablesChain[] {
    checkOptions('iptables.list', options, ['table', 'chain'])
    const { table = 'filter', chain } = options
    const handle = this.#init('iptables.list', table)
    const chains = handle.chains().filter(c => chain === undefined || c.name === chain)
    if (chain !== undefined && chains.length === 0) throw this.#noChain('iptables.list', table, chain)
    return chains.map(c => publicChain(handle, c))
  }

  #init(call: string, table: string): IptcHandle {
    try {
      return iptcInit(this.#netns, table)
    } catch (e) {
      throw refusalOf(e, `${call} of table ${table}`, this.#netns)
    }
  }

  #noChain(call: string, table: string, chain: string): NetloomError {
    const known = this.#init(call, table)
      .chains()
      .map(c => c.name)
    const words = `${call}: table ${table} has no chain ${chain}; there are ${known.join(', ')}`
    return new NetloomError('ENOENT', words, { netns: this.#netns.name, table, chain, known })
  }

  /** The text of `-L`. Throws ENOENT. */
  listText(options: IptablesListOptions = {}): string {
    const known = ['table', 'chain', 'rulenum', 'numeric', 'verbose', 'exact', 'lineNumbers']
    checkOptions('iptables.listText', options, known)
    const { table = 'filter', chain, rulenum, numeric = false, verbose = false } = options
    if (rulenum !== undefined) rulenumWord(rulenum)
    const { exact = false, lineNumbers = false } = options
    const handle = this.#init('iptables.listText', table)
    const text = listText(handle, chain ?? null, rulenum ?? 0, { numeric, verbose, exact, lineNumbers })
    if (text === null) throw this.#noChain('iptables.listText', table, chain!)
    return text
  }

  /** `-F`: takes all rules of a chain away, or of all chains. Throws ENOENT. */
  flush(chain?: string, options: IptablesOptions = {}): void {
    this.#edit('iptables.flush', ['-F', ...(chain === undefined ? [] : [chain])], options, false)
  }

  /** `-Z`: sets counters to zero: of one rule, of a chain, or of all. Throws ENOENT, E2BIG. */
  zero(chain?: string, options: IptablesOptions & { readonly rulenum?: number } = {}): void {
    const { rulenum, ...rest } = options
    const words = chain === undefined ? ['-Z'] : ['-Z', chain]
    if (rulenum !== undefined) {
      if (chain === undefined) throw new NetloomError('EINVAL', 'iptables.zero: a rulenum needs its chain', { rulenum })
      words.push(rulenumWord(rulenum))
    }
    this.#edit('iptables.zero', words, rest, false)
  }

  /** `-N`: makes a chain. Throws EEXIST, EINVAL for a name that it cannot have (28 characters at most). */
  newChain(chain: string, options: IptablesOptions = {}): void {
    this.#edit('iptables.newChain', ['-N', chain], options, false)
  }

  /** `-X`: deletes an empty chain that no rule jumps to, or all chains of users. Throws ENOENT, EMLINK, ENOTEMPTY, EINVAL. */
  deleteChain(chain?: string, options: IptablesOptions = {}): void {
    this.#edit('iptables.deleteChain', ['-X', ...(chain === undefined ? [] : [chain])], options, false)
  }

  /** `-E`: gives a chain another name, in the rules that jump there as well. Throws ENOENT, EEXIST. */
  renameChain(from: string, to: string, options: IptablesOptions = {}): void {
    this.#edit('iptables.renameChain', ['-E', from, to], options, false)
  }

  /** `-P`: what happens to packets at the end of a built-in chain. Throws ENOENT, EINVAL. */
  policy(chain: string, target: 'ACCEPT' | 'DROP', options: IptablesRuleOptions = {}): void {
    this.#edit('iptables.policy', ['-P', chain, target], options, true)
  }

  /** Names of the tables that something has used so far, the newest first (/proc/net/ip_tables_names). */
  tables(): string[] {
    return iptablesTables(this.#netns)
  }

  /** The text of `iptables-save`: all tables that are there, or one. */
  save(options: IptablesSaveOptions = {}): string {
    checkOptions('iptables.save', options, ['table', 'counters'])
    const { table = null, counters = false } = options
    try {
      return iptablesSaveText(this.#netns, table, counters)
    } catch (e) {
      throw refusalOf(e, 'iptables-save', this.#netns)
    }
  }

  /**
   * `iptables-restore`: puts the tables of a text in place, each of them at its line COMMIT. As with the tool, an error leaves
   * the table that it is in as it was, and the tables before it in place. Throws EINVAL with the tool's words, which name the line.
   *
   * @example
   * r.iptables.restore('*filter\n:FORWARD DROP [0:0]\n-A FORWARD -p icmp -j ACCEPT\nCOMMIT\n')
   */
  restore(text: string, options: IptablesRestoreOptions = {}): void {
    checkOptions('iptables.restore', options, ['table', 'counters', 'noflush', 'test'])
    const { table, counters = false, noflush = false, test = false } = options
    const argv = ['iptables-restore', ...(table === undefined ? [] : ['-T', table])]
    argv.push(...(counters ? ['-c'] : []), ...(noflush ? ['-n'] : []), ...(test ? ['--test'] : []))
    const netns = this.#netns
    let told = ''
    const err = (part: string): void => {
      told += part
    }
    const ignore = (): void => {}
    const ctx = { world: netns.world, netns, stdin: octetsOf(text), out: ignore, err, addFile: ignore }
    const exit = iptablesRestoreCommand.run(ctx, argv)
    if (exit === 0) return
    const words = told
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('Try `'))
      .join(' ')
    throw new NetloomError('EINVAL', words, { netns: netns.name, command: argv.join(' ') })
  }
}
