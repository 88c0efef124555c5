/**
 * Tells of each rule that a traced packet matches: of the table, the chain and the number of the rule.
 *
 * @see net/ipv4/netfilter/ip_tables.c trace_packet
 */
import type { NfHookState } from '../core/netfilter.js'
import type { Skb } from '../core/skb.js'
import type { IptEntry, XtTableInfo } from './ipt-table.js'
import { nfLogPacket } from './nf-log.js'

/** What was matched: a rule; the end of a chain of a user; the policy of a built-in one. */
export type XtTraceComment = 'rule' | 'return' | 'policy'

/** A place in a table. */
export interface XtTracePlace {
  readonly table: string
  readonly chain: string
  readonly comment: XtTraceComment
  /** Counts from 1; of `return` and `policy`, one more than there are rules, unless it is a rule for all packets that ends a chain. */
  readonly rulenum: number
}

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

/** The place of entry `at` (get_chainname_rulenum). */
export const tracePlace = (table: XtTableInfo, at: number): XtTracePlace => {
  const chain = table.chains.findLast(c => c.start <= at)!
  const comment = !isTail(table.entries[at]!) ? 'rule' : chain.isBuiltin ? 'policy' : 'return'
  return { table: table.name, chain: chain.name, comment, rulenum: at - chain.start + 1 }
}

/** A traced packet matches entry `at`: told before the rule acts. */
export const tracePacket = (skb: Skb, state: NfHookState, table: XtTableInfo, at: number): void => {
  if (state.netns.world.nfLoggers.length === 0) return
  const { table: name, chain, comment, rulenum } = tracePlace(table, at)
  const prefix = `TRACE: ${name}:${chain}:${comment}:${rulenum} `
  nfLogPacket(skb, state, { target: 'TRACE', level: TRACE_LEVEL, logflags: NF_LOG_DEFAULT_MASK, prefix, group: -1 })
}
