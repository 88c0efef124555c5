/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Which rules of iptables packets meet: every one that they match, in each table, with what it does.
 */
import { compileFilter, type FrameFilter } from '../capture/filter.js'
import type { NfLogEntry } from '../core/netfilter.js'
import type { World as Kernel } from '../core/world.js'
import { NetloomError } from '../errors.js'
import type { NfConn } from '../netfilter/conntrack/nf-conn.js'
import { conntrackText } from '../report/conntrack-text.js'
import { conntrackInfo } from '../rtnl/conntrack.js'
import { iptablesHasChain, iptablesRule } from '../rtnl/iptables.js'
import { NfTracer, traceCtState } from '../rtnl/nf-trace.js'
import { saveRule } from '../shell/iptables/iptables-text.js'
import { formatTime } from '../sim/time.js'
import { dissect } from '../wire/dissect.js'
import { Printable } from '../app/printable.js'
import type { NetnsRef } from './refs.js'
import { checkOptions } from '../app/text.js'

/** Options of `world.trace`. */
export interface TraceOptions {
  /** The only namespaces where packets begin to be traced; by default all, those that come later as well. */
  readonly netns?: NetnsRef | readonly NetnsRef[]
  /**
   * Packets that are traced, in tcpdump's language (`icmp and host 10.0.0.1`) or as a function over octets, which begin with the
   * IP header; all by default. Asked in PREROUTING and OUTPUT, before any rule.
   */
  readonly filter?: string | FrameFilter
  /** Called for each rule that a packet matches, before the rule acts. It must only look. */
  readonly onRecord?: (record: TraceRecord) => void
}

const OPTIONS = ['netns', 'filter', 'onRecord']
const HOOKS = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const

/** One rule that a packet matched. */
export class TraceRecord extends Printable {
  /** Virtual time in nanoseconds. */
  readonly timeNs: number
  readonly netns: string
  readonly hook: (typeof HOOKS)[number]
  readonly table: string
  readonly chain: string
  /** A rule, the end of a chain of a user, or the policy of a built-in chain, as the kernel's line has it. */
  readonly kind: 'rule' | 'return' | 'policy'
  /** Counts from 1. */
  readonly rulenum: number
  /** The rule as `iptables -S` prints it; empty for the end of a chain. */
  readonly rule: string
  /** INVALID, NEW, ESTABLISHED, RELATED or UNTRACKED; empty where connections are not tracked, or not yet. */
  readonly ctState: string
  /** The packet's connection as `conntrack -L` prints it, empty for none. */
  readonly conntrack: string
  /** The packet from its IP header on; a copy. */
  readonly data: Uint8Array
  /** As the kernel writes it to its log. */
  readonly line: string
  readonly #entry: NfLogEntry

  /** @internal */
  constructor(world: Kernel, entry: NfLogEntry) {
    super()
    const trace = entry.trace!
    const { table, chain, comment, rulenum } = trace
    const netns = world.netns(entry.netns)
    const rule = iptablesRule(netns, table, chain, rulenum)
    const counters = { packets: 0, bytes: 0 }
    this.timeNs = entry.time
    this.netns = entry.netns
    this.hook = HOOKS[entry.hook]!
    this.table = table
    this.chain = chain
    this.kind = comment
    this.rulenum = rulenum
    const isJump = rule !== null && iptablesHasChain(netns, table, rule.target.name)
    this.rule = rule === null ? '' : saveRule({ rule, counters }, chain, isJump, 'none').trimEnd()
    this.ctState = traceCtState(netns, trace)
    this.conntrack = trace.ct === null ? '' : conntrackText(conntrackInfo(trace.ct as NfConn), {}, entry.time)
    this.data = entry.packet
    this.line = entry.line
    this.#entry = entry
  }

  /**
   * What the rule does: ACCEPT, DROP, STOLEN, QUEUE or REPEAT; RETURN; CONTINUE with the next rule; the name of the chain that it
   * jumps or goes to. Empty while a target that is no verdict acts.
   */
  get verdict(): string {
    return this.#entry.trace!.verdict
  }

  /** The packet as `tcpdump -n` prints it. */
  get packet(): string {
    return dissect(this.data, { linkType: 'raw' })
  }

  override toString(): string {
    const { timeNs, netns, table, chain, kind, rulenum, rule, verdict, packet } = this
    const what = rule === '' ? '' : ` ${rule}`
    return `${formatTime(timeNs)} ${netns} ${table}:${chain}:${kind}:${rulenum}${what} => ${verdict}: ${packet}`
  }

  override toJSON(): Record<string, string | number> {
    const { timeNs, netns, hook, table, chain, kind, rulenum, rule, verdict, ctState, conntrack, line, packet } = this
    return { timeNs, netns, hook, table, chain, kind, rulenum, rule, verdict, ctState, conntrack, line, packet }
  }

  /** @internal */
  protected override inspectText(): string {
    return `TraceRecord ${this}`
  }
}

const filterOf = (filter: string | FrameFilter | undefined): FrameFilter => {
  if (filter === undefined) return () => true
  return typeof filter === 'string' ? compileFilter(filter, { linkType: 'raw' }) : filter
}

const namesOf = (world: Kernel, netns: TraceOptions['netns']): ReadonlySet<string> | null => {
  if (netns === undefined) return null
  const list: readonly NetnsRef[] = Array.isArray(netns) ? netns : [netns as NetnsRef]
  return new Set(list.map(ref => (typeof ref === 'string' ? world.netns(ref) : ref.kernel).name))
}

/**
 * A trace; make one with `world.trace`. It ends with {@link stop}, or with the block of a `using` declaration.
 *
 * @example
 * const trace = world.trace({ netns: 'r', filter: 'icmp' })
 * h1.ping('10.0.2.2')
 * world.run()
 * for (const r of trace.records) console.log(`${r.table} ${r.chain} ${r.rulenum} ${r.rule} => ${r.verdict}`)
 */
export class Trace extends Printable {
  /** What has been met so far, in order. */
  readonly records: TraceRecord[] = []
  readonly #tracer: NfTracer

  /** @internal use `world.trace` */
  constructor(world: Kernel, options: TraceOptions) {
    super()
    checkOptions('trace', options, OPTIONS)
    const { netns, filter, onRecord } = options
    if (onRecord !== undefined && typeof onRecord !== 'function')
      throw new NetloomError('EINVAL', 'trace: onRecord is not a function')
    const only = namesOf(world, netns)
    this.#tracer = new NfTracer(world, only, filterOf(filter), entry => {
      if (entry.trace === null || (only !== null && !only.has(entry.netns))) return
      const record = new TraceRecord(world, entry)
      this.records.push(record)
      onRecord?.(record)
    })
  }

  /** Lines as the kernel writes them to its log. */
  get lines(): string[] {
    return this.records.map(r => r.line)
  }

  /** Ends it; {@link records} stay. */
  stop(): void {
    this.#tracer.stop()
  }

  /** Ends it with the block of a `using` declaration. */
  [Symbol.dispose](): void {
    this.stop()
  }

  override toString(): string {
    return this.records.map(String).join('\n')
  }

  override toJSON(): TraceRecord[] {
    return this.records
  }

  /** @internal */
  protected override inspectText(): string {
    return `Trace of ${this.records.length} records`
  }
}
