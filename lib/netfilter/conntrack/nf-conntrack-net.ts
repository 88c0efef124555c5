/**
 * Connection tracking of one namespace: its settings, its table and its counters.
 *
 * The kernel has one table for all namespaces; here each has its own, which grows with it. What depends on the kernel's
 * table, which entries share a bucket, is taken from the hash as that table would have it.
 *
 * @see include/net/netns/conntrack.h, include/net/netfilter/nf_conntrack.h struct nf_conntrack_net
 */
import { NSEC_PER_JIFFY } from '../../sim/timer.js'
import type { NfHookOps } from '../../core/netfilter.js'
import { type Netns, type NetnsSlot, netnsSlot } from '../../core/netns.js'
import type { SimEvent } from '../../sim/queue.js'
import type { Simulator } from '../../sim/simulator.js'
import type { Skb } from '../../core/skb.js'
import type { NfConn } from './nf-conn.js'
import { nfCtDelete } from './nf-conntrack-entry.js'
import { NfConntrackSysctls } from './nf-conntrack-sysctls.js'
import { NfConntrackTable } from './nf-conntrack-table.js'

/** Counters that `conntrack -S` prints (struct ip_conntrack_stat). */
export class IpConntrackStat {
  found = 0
  invalid = 0
  insert = 0
  insertFailed = 0
  drop = 0
  earlyDrop = 0
  error = 0
  searchRestart = 0
  clashResolve = 0
  chaintoolong = 0
}

/** Hears of connections of a namespace; `events` are 1 << IPCT_*. It must only look. */
export type NfCtListener = (ct: NfConn, events: number) => void

/** What NAT does when connections come and go (struct nf_nat_hook). */
export interface NfNatHook {
  /** A connection that was translated, or may have been, has come into the table. */
  insert(ct: NfConn): void
  /** It is removed from the table. */
  remove(ct: NfConn): void
}

/** Connection tracking of a namespace. Get it with {@link nfConntrack}. */
export class NfConntrackNet {
  readonly netns: Netns
  readonly sim: Simulator<Skb>
  readonly sysctls: NfConntrackSysctls = new NfConntrackSysctls()
  readonly stat: IpConntrackStat = new IpConntrackStat()
  readonly table: NfConntrackTable
  /** Serial number of the connection made last. */
  serial = 0
  /** How many rules and others use it (users4). */
  users = 0
  /** Programs that listen to events, in the order in which they began. */
  readonly listeners: NfCtListener[] = []
  /** Virtual time from which on a full table gives up entries that may go; -1 while it is not full. */
  earlyDropAt = -1
  /** Wakes up when a connection expires that somebody wants to hear of. */
  gcEvent: SimEvent | null = null
  /** What is happening now is the doing of a program, which events say. */
  byUser = false
  /** NAT, once it is there. */
  natHook: NfNatHook | null = null
  /** What is registered while there are users. */
  hookOps: readonly NfHookOps[] = []
  #now = 0
  #tick = 0

  constructor(netns: Netns) {
    this.netns = netns
    this.sim = netns.world.sim
    this.table = new NfConntrackTable(this, nfCtDelete)
  }

  /** The present tick, int32 (nfct_time_stamp). A burst divides once. */
  get tick(): number {
    const { now } = this.sim
    if (now !== this.#now) {
      this.#now = now
      this.#tick = (now / NSEC_PER_JIFFY) | 0
    }
    return this.#tick
  }
}

const CONNTRACK: NetnsSlot<NfConntrackNet> = netnsSlot('nf_conntrack', netns => new NfConntrackNet(netns))

/** Connection tracking of a namespace; made on first use, and not switched on by that (nf_ct_pernet). */
export const nfConntrack = (netns: Netns): NfConntrackNet => netns.slot(CONNTRACK)
