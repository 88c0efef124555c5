/**
 * The tables of a namespace, and the interface by which the tool reads and replaces them (getsockopt and setsockopt of
 * IPPROTO_IP). A table, and its functions at the hooks, come into being when somebody first asks for it.
 *
 * @see net/ipv4/netfilter/ip_tables.c, net/netfilter/x_tables.c
 */
import { flowFlush } from '../core/flow-genid.js'
import { type NfHookOps, nfRegisterNetHooks, nfUnregisterNetHooks } from '../core/netfilter.js'
import { type Netns, netnsSlot, type NetnsSlot } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import type { XtParams } from './ipt-do-table.js'
import { HOOK_CHAINS, type IptChain, type IptChainRule, NO_COUNTERS, translateTable } from './ipt-replace.js'
import type { XtTableInfo } from './ipt-table.js'
import { XT_TABLE_KINDS } from './iptable-kinds.js'

/** What makes a table (struct xt_table and what its module registers). */
export interface XtTableKind {
  readonly name: string
  /** Hooks that it has a chain at: NF_INET_*, in their order. */
  readonly hooks: readonly number[]
  /** What is registered at the hooks for a new table; empty for one whose rules others ask (nat). */
  readonly hookOps: (table: XtTable) => readonly NfHookOps[]
  /** A table has been made in a namespace; undone by `exit`. */
  readonly init?: (table: XtTable) => void
  /** The namespace of the table goes. */
  readonly exit?: (table: XtTable) => void
}

/** A table of a namespace (struct xt_table). */
export class XtTable {
  readonly kind: XtTableKind
  readonly netns: Netns
  /** Its rules as packets meet them. */
  info: XtTableInfo
  /** For iptDoTable. */
  readonly params: XtParams
  /** The chains as the tool wrote them, without counters. */
  chains: readonly IptChain[]
  readonly ops: readonly NfHookOps[]

  constructor(kind: XtTableKind, netns: Netns, params: XtParams) {
    this.kind = kind
    this.netns = netns
    this.params = params
    this.chains = kind.hooks.map(hook => ({
      name: HOOK_CHAINS[hook]!,
      policy: 'ACCEPT',
      counters: NO_COUNTERS,
      rules: [],
    }))
    this.info = translateTable(netns, kind.name, this.chains, kind.hooks)
    this.ops = kind.hookOps(this)
  }
}

/** Tables of a namespace, the newest first, as /proc/net/ip_tables_names lists them. */
class XtNetns {
  tables: XtTable[] = []
  readonly params: XtParams = []
}

const XT_NETNS: NetnsSlot<XtNetns> = netnsSlot('x_tables', () => new XtNetns())

/** Names of the tables that are there, the newest first. */
export const iptTableNames = (netns: Netns): string[] => netns.slot(XT_NETNS).tables.map(t => t.kind.name)

/** The table called `name`, made if it is not there (xt_request_find_table_lock). Throws ENOENT where there is no such kind. */
export const iptFindTable = (netns: Netns, name: string): XtTable => {
  const xt = netns.slot(XT_NETNS)
  const there = xt.tables.find(t => t.kind.name === name)
  if (there !== undefined) return there
  const kind = XT_TABLE_KINDS.find(k => k.name === name)
  if (kind === undefined) throw new NetloomError('ENOENT', undefined, { table: name })
  const table = new XtTable(kind, netns, xt.params)
  xt.tables.unshift(table)
  nfRegisterNetHooks(netns, table.ops)
  kind.init?.(table)
  return table
}

/** The chains of a table with their counters at this moment (IPT_SO_GET_ENTRIES): the built-in ones first. */
export const iptGetEntries = (table: XtTable): IptChain[] => {
  const { entries } = table.info
  let at = 0
  return table.chains.map(chain => {
    const rules: IptChainRule[] = chain.rules.map(({ rule }) => {
      const { packets, bytes } = entries[at++]!
      return { rule, counters: { packets, bytes } }
    })
    const { packets, bytes } = entries[at++]!
    const counters = chain.policy === null ? NO_COUNTERS : { packets, bytes }
    return { name: chain.name, policy: chain.policy, counters, rules }
  })
}

/**
 * Replaces all chains of a table (IPT_SO_SET_REPLACE and IPT_SO_SET_ADD_COUNTERS). The built-in ones come first, in the
 * order in which the table has them. Throws what translateTable throws; the table is then as it was.
 */
export const iptReplace = (table: XtTable, chains: readonly IptChain[]): void => {
  const { netns, kind } = table
  const info = translateTable(netns, kind.name, chains, kind.hooks)
  const old = table.info
  table.info = info
  table.chains = chains
  flowFlush(netns)
  for (const entry of old.entries) entry.destroy(netns)
}

/** Takes all tables of a namespace away, when it goes. */
export const iptExitNetns = (netns: Netns): void => {
  const xt = netns.slot(XT_NETNS)
  for (const table of xt.tables.splice(0)) {
    nfUnregisterNetHooks(netns, table.ops)
    for (const entry of table.info.entries) entry.destroy(netns)
    table.kind.exit?.(table)
  }
}
