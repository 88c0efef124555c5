/**
 * What a command line of iptables does to a table, which is put back by the caller.
 *
 * @see iptables iptables/iptables.c do_command4
 */
import { NetloomError } from '../../errors.js'
import { IPT_F_GOTO, type IptcHandle, type IptRule, STANDARD_TARGETS, type XtEntry } from '../../rtnl/iptables.js'
import { entryOf, type ParsedCommand } from './iptables-parse.js'
import { listRulesText, listText, verboseRule } from './iptables-text.js'
import { xtablesError } from './xtables.js'

/** Where a command writes. */
export interface Output {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

const NO_INFO: object = Object.freeze({})

const targetOf = (p: ParsedCommand, handle: IptcHandle, output: Output): XtEntry => {
  const { jumpto, target } = p
  const isChain = handle.isChain(jumpto)
  if (target !== null) {
    if (!isChain) return entryOf(target)
    output.err(`Warning: using chain ${jumpto}, not extension\n`)
  }
  if (jumpto === '' || isChain) return { name: jumpto, info: NO_INFO }
  if (p.flags & IPT_F_GOTO) xtablesError(`goto '${jumpto}' is not a chain\n`.trimEnd())
  if (STANDARD_TARGETS.includes(jumpto)) return { name: jumpto, info: NO_INFO }
  return xtablesError(`Couldn't load target \`${jumpto}':No such file or directory\n`)
}

/** A rule for each pair of a source and a destination. */
const rulesOf = (p: ParsedCommand, handle: IptcHandle, output: Output): IptRule[] => {
  const target = targetOf(p, handle, output)
  const matches = p.matches.map(entryOf)
  const { iniface, outiface, proto, flags, invflags } = p
  return p.source.flatMap(s =>
    p.destination.map(d => ({
      ip: { src: s.addr, smsk: s.mask, dst: d.addr, dmsk: d.mask, iniface, outiface, proto, flags, invflags },
      matches,
      target,
    })),
  )
}

const CHAIN_COMMANDS: Readonly<Record<string, (h: IptcHandle, chain: string) => void>> = {
  F: (h, chain) => h.flush(chain),
  Z: (h, chain) => h.zero(chain),
  X: (h, chain) => h.deleteChain(chain),
}
const CHAIN_WORDS: Readonly<Record<string, string>> = { F: 'Flushing', Z: 'Zeroing', X: 'Deleting' }

/** -F, -Z and -X: for one chain, or for all; all are tried, and the last refusal is what is told. */
const forChains = (letter: string, p: ParsedCommand, handle: IptcHandle, output: Output): void => {
  const act = CHAIN_COMMANDS[letter]!
  const chains =
    p.chain !== null
      ? [p.chain]
      : handle
          .chains()
          .filter(c => letter !== 'X' || c.policy === null)
          .map(c => c.name)
  let failed: NetloomError | null = null
  for (const chain of chains) {
    if (p.verbose > 0) output.out(`${CHAIN_WORDS[letter]} chain \`${chain}'\n`)
    try {
      act(handle, chain)
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      failed = e
    }
  }
  if (failed !== null) throw failed
}

const zero = (p: ParsedCommand, handle: IptcHandle, output: Output): void => {
  if (p.byNumber) handle.zeroCounter(p.chain!, p.rulenum)
  else forChains('Z', p, handle, output)
}

const list = (p: ParsedCommand, handle: IptcHandle, output: Output): void => {
  const verbose = p.verbose > 0
  const text =
    p.command === 'S'
      ? listRulesText(handle, p.chain, p.rulenum, verbose)
      : listText(handle, p.chain, p.rulenum, {
          numeric: p.options.has('n'),
          verbose,
          exact: p.options.has('x'),
          lineNumbers: p.options.has('0'),
        })
  if (text === null) throw new NetloomError('ENOENT', 'No chain/target/match by that name')
  output.out(text)
  if (p.zero) zero(p, handle, output)
}

const editRules = (p: ParsedCommand, handle: IptcHandle, output: Output): void => {
  const chain = p.chain!
  const rules = rulesOf(p, handle, output)
  let failed: NetloomError | null = null
  for (const rule of rules) {
    if (p.verbose > 0) output.out(verboseRule(rule, handle.isChain(rule.target.name)))
    try {
      if (p.command === 'A') handle.append(chain, rule, p.counters)
      else if (p.command === 'I') handle.insert(chain, rule, p.rulenum - 1, p.counters)
      else if (p.command === 'R') handle.replace(chain, rule, p.rulenum - 1, p.counters)
      else if (p.command === 'D') handle.delete(chain, rule)
      else handle.check(chain, rule)
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      failed = e
    }
  }
  if (failed !== null) throw failed
}

/** Does what a command line says. Throws a NetloomError with the tool's words where the table refuses it. */
export const doCommand = (p: ParsedCommand, handle: IptcHandle, output: Output): void => {
  switch (p.command) {
    case 'D':
      return p.byNumber ? handle.deleteNum(p.chain!, p.rulenum - 1) : editRules(p, handle, output)
    case 'A':
    case 'I':
    case 'R':
    case 'C':
      return editRules(p, handle, output)
    case 'L':
    case 'S':
      return list(p, handle, output)
    case 'F':
    case 'X':
      return forChains(p.command, p, handle, output)
    case 'Z':
      return zero(p, handle, output)
    case 'N':
      return handle.create(p.chain!)
    case 'E':
      return handle.rename(p.chain!, p.newname)
    default:
      return handle.setPolicy(p.chain!, p.policy, p.options.has('c') ? p.counters : null)
  }
}
