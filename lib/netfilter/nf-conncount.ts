/**
 * Counts the connections that share a key. A connection counts once; it is forgotten when it has left the table, and a TCP
 * connection when it is closed.
 *
 * @see net/netfilter/nf_conncount.c
 */
import type { Netns } from '../core/netns.js'
import { NSEC_PER_JIFFY } from '../sim/timer.js'
import type { NfConn } from './conntrack/nf-conn.js'
import { nfConntrackFindGet } from './conntrack/nf-conntrack-entry.js'
import { nfConntrack, type NfConntrackNet } from './conntrack/nf-conntrack-net.js'
import { TCP_CONNTRACK_CLOSE, TCP_CONNTRACK_TIME_WAIT } from './conntrack/nf-conntrack-tcp-state.js'
import { NfConntrackTuple, nfCtTupleEqual } from './conntrack/nf-conntrack-tuple.js'

/** Connections that are looked after in one go. */
const GC_MAX_COLLECT = 64
/** So many more than at the last look make another one worth it in the same tick. */
const GC_MAX_NODES = 8

class Counted {
  readonly tuple: NfConntrackTuple = new NfConntrackTuple()
  readonly zone: number
  constructor(tuple: NfConntrackTuple, zone: number) {
    this.tuple.copy(tuple)
    this.zone = zone
  }
}

class List {
  readonly conns: Counted[] = []
  /** Tick at which it was looked through last, and how many there were then. */
  lastGc = -1
  lastGcCount = 0
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

/** Forgets connections that are gone; tells whether the given one is there (nf_conncount_gc_list). */
const collect = (cnet: NfConntrackNet, list: List, tuple: NfConntrackTuple, zone: number, now: number): boolean => {
  const { conns } = list
  let gone = 0
  let isThere = false
  for (let i = 0; i < conns.length && gone <= GC_MAX_COLLECT && !isThere; i++) {
    const conn = conns[i]!
    const found = nfConntrackFindGet(cnet, conn.zone, conn.zone, conn.tuple)
    if (found !== null && nfCtTupleEqual(conn.tuple, tuple) && conn.zone === zone) isThere = true
    else if (found === null || alreadyClosed(found)) {
      conns.splice(i--, 1)
      gone++
    }
  }
  if (isThere) return true
  list.lastGc = now
  list.lastGcCount = conns.length
  return false
}

/**
 * How many connections there are with this key, the given one included (nf_conncount_count_skb). One that is not confirmed is taken
 * for a new one when the others were looked through in this very tick.
 */
export const nfConncountCount = (
  data: NfConncountData,
  key: number,
  tuple: NfConntrackTuple,
  zone: number,
  isConfirmed: boolean,
): number => {
  const now = Math.floor(data.netns.world.sim.now / NSEC_PER_JIFFY)
  // Keys are 32 bits and a zone of 16.
  const at = (key >>> 0) * 65536 + zone
  let list = data.lists.get(at)
  if (list === undefined || list.conns.length === 0) {
    list = new List()
    data.lists.set(at, list)
    list.conns.push(new Counted(tuple, zone))
    return 1
  }
  const { conns } = list
  const skipsLook = !isConfirmed && list.lastGc === now && conns.length - list.lastGcCount < GC_MAX_NODES
  if (!skipsLook && collect(data.cnet, list, tuple, zone, now)) return conns.length
  conns.push(new Counted(tuple, zone))
  return conns.length
}
