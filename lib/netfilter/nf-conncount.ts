/**
 * Counts the connections that share a key. A connection counts once; it is forgotten when it has left the table, and a TCP
 * connection when it is closed.
 *
 * @see net/netfilter/nf_conncount.c
 */
import type { Netns } from '../core/netns.js'
import { NSEC_PER_JIFFY } from '../sim/timer.js'
import type { NfConn } from './conntrack/nf-conn.js'
import { IPS_ASSURED, IPS_CONFIRMED } from './conntrack/nf-conntrack-common.js'
import { nfConntrackFindGet } from './conntrack/nf-conntrack-entry.js'
import { nfConntrack, type NfConntrackNet } from './conntrack/nf-conntrack-net.js'
import { TCP_CONNTRACK_CLOSE, TCP_CONNTRACK_TIME_WAIT } from './conntrack/nf-conntrack-tcp-state.js'
import { NfConntrackTuple, nfCtTupleEqual } from './conntrack/nf-conntrack-tuple.js'

/** Connections that are forgotten in one go, and that may come within a tick before the list is looked through again. */
const GC_MAX_NODES = 64

class Counted {
  readonly tuple: NfConntrackTuple = new NfConntrackTuple()
  readonly zone: number
  constructor(tuple: NfConntrackTuple, zone: number) {
    this.tuple.copy(tuple)
    this.zone = zone
  }
}

/** The connections of a key (struct nf_conncount_list). */
class List {
  readonly conns: Counted[] = []
  /** Tick at which it was looked through last; within that tick it is not looked through again. */
  lastGc: number
  /** Connections there were then. */
  lastGcCount = 0
  constructor(now: number) {
    this.lastGc = now
  }
}

/** Counts of one rule (struct nf_conncount_data). */
export class NfConncountData {
  readonly netns: Netns
  readonly cnet: NfConntrackNet
  readonly lists: Map<number, List> = new Map()
  constructor(netns: Netns) {
    this.netns = netns
    this.cnet = nfConntrack(netns)
  }
}

const alreadyClosed = (ct: NfConn): boolean =>
  ct.tcp !== null && (ct.tcp.state === TCP_CONNTRACK_TIME_WAIT || ct.tcp.state === TCP_CONNTRACK_CLOSE)

/** Forgets connections that are gone, unless that was done within this tick (nf_conncount_gc_list). */
const gcList = (cnet: NfConntrackNet, list: List, now: number): void => {
  if (list.lastGc === now) return
  const { conns } = list
  let collected = 0
  for (let i = 0; i < conns.length && collected <= GC_MAX_NODES; i++) {
    const conn = conns[i]!
    const found = nfConntrackFindGet(cnet, conn.zone, conn.zone, conn.tuple)
    if (found !== null && !alreadyClosed(found)) continue
    conns.splice(i--, 1)
    collected++
  }
  list.lastGc = now
  list.lastGcCount = conns.length
}

/** True when the connection is in the list; forgets some of those that are gone on the way. */
const isCounted = (cnet: NfConntrackNet, list: List, tuple: NfConntrackTuple, zone: number, now: number): boolean => {
  const { conns } = list
  let collect = 0
  for (let i = 0; i < conns.length && collect <= GC_MAX_NODES; i++) {
    const conn = conns[i]!
    const found = nfConntrackFindGet(cnet, conn.zone, conn.zone, conn.tuple)
    if (found !== null && nfCtTupleEqual(conn.tuple, tuple) && conn.zone === zone) return true
    if (found !== null && !alreadyClosed(found)) continue
    conns.splice(i--, 1)
    collect++
  }
  list.lastGc = now
  list.lastGcCount = conns.length
  return false
}

/**
 * How many connections there are with this key, that of `tuple` included (nf_conncount_count_skb). `ct` is the packet's
 * connection; one that is assured adds nothing. 0 when all have gone, the packet's own included: what then comes is dropped.
 */
export const nfConncountCount = (
  data: NfConncountData,
  key: number,
  ct: NfConn | null,
  tuple: NfConntrackTuple,
  zone: number,
): number => {
  const { cnet } = data
  const now = Math.floor(data.netns.world.sim.now / NSEC_PER_JIFFY)
  // Keys are 32 bits and a zone of 16.
  const at = (key >>> 0) * 65536 + zone
  const list = data.lists.get(at)
  if (list === undefined) {
    const first = new List(now)
    data.lists.set(at, first)
    first.conns.push(new Counted(tuple, zone))
    return 1
  }
  const known = ct ?? nfConntrackFindGet(cnet, zone, zone, tuple)
  if (known !== null && (known.status & IPS_ASSURED) !== 0) {
    gcList(cnet, list, now)
    return list.conns.length
  }
  const isConfirmed = known !== null && (known.status & IPS_CONFIRMED) !== 0
  const isFresh = !isConfirmed && list.lastGc === now && list.conns.length - list.lastGcCount < GC_MAX_NODES
  if (isFresh || !isCounted(cnet, list, tuple, zone, now)) list.conns.push(new Counted(tuple, zone))
  return list.conns.length
}
