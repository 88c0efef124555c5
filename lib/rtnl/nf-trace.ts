/**
 * Switches the tracing of packets on without a rule: a function in front of all others at PREROUTING and OUTPUT marks those that
 * are to be traced, as the target TRACE does.
 */
import {
  NF_ACCEPT,
  NF_INET_LOCAL_OUT,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI_FIRST,
  NFPROTO_IPV4,
  type NfHookFn,
  type NfHookOps,
  type NfLogger,
  type NfTrace,
  nfRegisterNetHooks,
  nfUnregisterNetHooks,
} from '../core/netfilter.js'
import type { Netns } from '../core/netns.js'
import type { World } from '../core/world.js'
import { type NfConn, nfCtIsTemplate } from '../netfilter/conntrack/nf-conn.js'
import { IP_CT_IS_REPLY, IP_CT_UNTRACKED } from '../netfilter/conntrack/nf-conntrack-common.js'
import { nfConntrack } from '../netfilter/conntrack/nf-conntrack-net.js'

/** Names by enum ip_conntrack_info modulo IP_CT_IS_REPLY. */
const STATES: readonly string[] = ['ESTABLISHED', 'RELATED', 'NEW']

/**
 * What a traced packet is to its connection, as `--ctstate` names it; empty where connections are not tracked, and in the table
 * raw, which comes before.
 */
export const traceCtState = (netns: Netns, { ct, ctinfo, table }: Pick<NfTrace, 'ct' | 'ctinfo' | 'table'>): string => {
  if (ct !== null) return nfCtIsTemplate(ct as NfConn) ? '' : STATES[ctinfo % IP_CT_IS_REPLY]!
  if (ctinfo === IP_CT_UNTRACKED) return 'UNTRACKED'
  return table === 'raw' || nfConntrack(netns).users === 0 ? '' : 'INVALID'
}

/** Is a packet to be traced? Gets octets, the offset of its IP header, and its end. */
export type NfTraceFilter = (b: Uint8Array, off: number, end: number) => boolean

const mark: NfHookFn = (skb, _state, priv) => {
  if ((priv as { readonly filter: NfTraceFilter }).filter(skb.buf, skb.networkHeader, skb.tail)) skb.nfTrace = true
  return NF_ACCEPT
}

/** Traces packets in all namespaces, those that come later included, until {@link stop}. */
export class NfTracer {
  readonly #world: World
  readonly #logger: NfLogger
  readonly #only: ReadonlySet<string> | null
  readonly #filter: NfTraceFilter
  readonly #hooked = new Map<Netns, readonly NfHookOps[]>()
  #isOn = true

  /** `only`: names of the namespaces, null for all. `logger` is told of what every trace tells. */
  constructor(world: World, only: ReadonlySet<string> | null, filter: NfTraceFilter, logger: NfLogger) {
    this.#world = world
    this.#only = only
    this.#filter = filter
    this.#logger = logger
    for (const netns of world.listNetns()) this.#hook(netns)
    world.registerPernet({
      init: netns => this.#hook(netns),
      exit: netns => this.#hooked.delete(netns),
    })
    world.nfLoggers.push(logger)
  }

  #hook(netns: Netns): void {
    if (!this.#isOn || (this.#only !== null && !this.#only.has(netns.name))) return
    const priv = { filter: this.#filter }
    const ops = [NF_INET_PRE_ROUTING, NF_INET_LOCAL_OUT].map(
      (hooknum): NfHookOps => ({ hook: mark, priv, pf: NFPROTO_IPV4, hooknum, priority: NF_IP_PRI_FIRST }),
    )
    nfRegisterNetHooks(netns, ops)
    this.#hooked.set(netns, ops)
  }

  /** Ends the tracing. Packets under way that are marked stay so. */
  stop(): void {
    if (!this.#isOn) return
    this.#isOn = false
    for (const [netns, ops] of this.#hooked) nfUnregisterNetHooks(netns, ops)
    this.#hooked.clear()
    const at = this.#world.nfLoggers.indexOf(this.#logger)
    if (at >= 0) this.#world.nfLoggers.splice(at, 1)
  }
}
