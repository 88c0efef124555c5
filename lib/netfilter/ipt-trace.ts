/**
 * Tells of each rule that a traced packet matches: of the table, the chain and the number of the rule.
 *
 * @see net/ipv4/netfilter/ip_tables.c trace_packet
 */
import {
  NF_ACCEPT,
  NF_DROP,
  NF_QUEUE,
  NF_REPEAT,
  NF_STOLEN,
  NF_VERDICT_MASK,
  type NfHookState,
  type NfTrace,
} from '../core/netfilter.js'
import type { Skb } from '../core/skb.js'
import { type IptEntry, XT_RETURN, type XtTableInfo } from './ipt-table.js'
import { nfLogPacket } from './nf-log.js'
import { XT_CONTINUE } from './x-tables.js'

/** Level and flags of what is traced: warning, and all but the kinds of MACs. */
const TRACE_LEVEL = 4
const NF_LOG_DEFAULT_MASK = 0x0f

/** A verdict for every packet. The kernel takes it for the end of a chain, wherever it stands. */
const isTail = (e: IptEntry): boolean =>
  e.isStandard &&
  e.verdict < 0 &&
  e.match0 === null &&
  e.smsk === 0 &&
  e.dmsk === 0 &&
  e.proto === 0 &&
  e.flags === 0 &&
  e.invflags === 0 &&
  e.inif === null &&
  e.outif === null

const VERDICTS: Readonly<Record<number, string>> = {
  [XT_CONTINUE]: 'CONTINUE',
  [NF_DROP]: 'DROP',
  [NF_ACCEPT]: 'ACCEPT',
  [NF_STOLEN]: 'STOLEN',
  [NF_QUEUE]: 'QUEUE',
  [NF_REPEAT]: 'REPEAT',
}

/** Name of what a target returned. */
export const verdictName = (verdict: number): string =>
  verdict === XT_CONTINUE ? 'CONTINUE' : VERDICTS[verdict & NF_VERDICT_MASK]!

/** What a standard target does; empty for another one, which has to act first. */
const standardVerdict = (table: XtTableInfo, e: IptEntry, at: number): string => {
  if (!e.isStandard) return ''
  if (e.verdict === XT_RETURN) return 'RETURN'
  if (e.verdict < 0) return verdictName(-e.verdict - 1)
  return table.chains.find(c => !c.isBuiltin && c.start === e.verdict)?.name ?? (e.verdict === at + 1 ? 'CONTINUE' : '')
}

/** The place of entry `at` (get_chainname_rulenum), and what is to be told of it besides. */
const traceOf = (skb: Skb, table: XtTableInfo, at: number): NfTrace => {
  const chain = table.chains.findLast(c => c.start <= at)!
  const e = table.entries[at]!
  return {
    table: table.name,
    chain: chain.name,
    comment: !isTail(e) ? 'rule' : chain.isBuiltin ? 'policy' : 'return',
    rulenum: at - chain.start + 1,
    verdict: standardVerdict(table, e, at),
    ct: skb.nfct,
    ctinfo: skb.nfctinfo,
  }
}

/** A traced packet matches entry `at`: told before the rule acts. Null when nobody listens. */
export const tracePacket = (skb: Skb, state: NfHookState, table: XtTableInfo, at: number): NfTrace | null => {
  if (state.netns.world.nfLoggers.length === 0) return null
  const trace = traceOf(skb, table, at)
  const { table: name, chain, comment, rulenum } = trace
  const prefix = `TRACE: ${name}:${chain}:${comment}:${rulenum} `
  const info = { target: 'TRACE', level: TRACE_LEVEL, logflags: NF_LOG_DEFAULT_MASK, prefix, group: -1 } as const
  nfLogPacket(skb, state, info, trace)
  return trace
}
