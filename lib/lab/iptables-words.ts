/**
 * Words of iptables in calls, and what the tool refuses as errors.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import { iptcInit } from '../rtnl/iptables.js'
import { ToolExit } from '../shell/command/args.js'
import { doCommand, type Output } from '../shell/iptables/do-command.js'
import { type ParsedCommand, parseIptables } from '../shell/iptables/iptables-parse.js'
import { XtablesError } from '../shell/iptables/xtables.js'

/** Words of iptables: a line, where quotes hold blanks together, or the words themselves. */
export type IptablesWords = string | readonly string[]

/** The tables. */
export type IptablesTable = 'raw' | 'mangle' | 'nat' | 'filter' | 'security'

const IGNORE = (): void => {}

/** The words of a line as a shell has them: quotes of both kinds hold blanks together, and touch what stands beside them. */
const splitWords = (line: string): string[] => {
  const words = line.match(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+|["']/gs) ?? []
  return words.map(word => {
    if (word === '"' || word === "'")
      throw new NetloomError('EINVAL', `iptables: a quote ${word} stays open in: ${line}`)
    return word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/gs, (_, double?: string, single?: string) =>
      double === undefined ? single! : double.replace(/\\(.)/gs, '$1'),
    )
  })
}

/** @internal the words of a line */
export const wordsOf = (words: IptablesWords): string[] => {
  if (typeof words === 'string') return splitWords(words)
  if (Array.isArray(words) && words.every(w => typeof w === 'string')) return [...words]
  throw new NetloomError('EINVAL', 'iptables: a rule is a string of words, or a list of them')
}

const lineOf = (words: readonly string[]): string =>
  `iptables ${words.map(w => (/^[^\s"']+$/.test(w) ? w : JSON.stringify(w))).join(' ')}`

/** @internal what a tool refuses, as an error that names the call and the namespace; other errors as they are */
export const refusalOf = (e: unknown, call: string, netns: KernelNetns): unknown => {
  const context = { netns: netns.name, command: call }
  if (e instanceof NetloomError) return new NetloomError(e.code, `${call}: ${e.message}`, { ...e.context, ...context })
  if (e instanceof XtablesError) return new NetloomError('EINVAL', `${call}: ${e.message.trim()}`, context)
  if (e instanceof ToolExit) return new NetloomError('EINVAL', `${call}: ${e.text.split('\n')[0]}`, context)
  return e
}

const parseWords = (words: readonly string[], table: string | undefined, output: Output): ParsedCommand => {
  const p = parseIptables('iptables', words, table ?? 'filter', 0, output.err)
  if (p.help !== false) throw new NetloomError('EINVAL', '-h and -V print; say them to the shell, world.sh')
  if (p.ignored) throw new NetloomError('EINVAL', '-6 is for ip6tables, which netloom has not')
  if (table !== undefined && p.table !== table)
    throw new NetloomError('EINVAL', `-t ${p.table} and the option table: '${table}' contradict each other`)
  return p
}

/** @internal does what words of iptables say, wholly or not at all. Throws a NetloomError. */
export const runIptables = (
  netns: KernelNetns,
  words: readonly string[],
  table: string | undefined,
  output: Output = { out: IGNORE, err: IGNORE },
): void => {
  try {
    const p = parseWords(words, table, output)
    const handle = iptcInit(netns, p.table)
    doCommand(p, handle, output)
    handle.commit()
  } catch (e) {
    throw refusalOf(e, lineOf(table === undefined ? words : ['-t', table, ...words]), netns)
  }
}
