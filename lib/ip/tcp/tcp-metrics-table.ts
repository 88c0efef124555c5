/**
 * What a namespace remembers about peers between connections.
 *
 * @see net/ipv4/tcp_metrics.c, include/uapi/linux/tcp_metrics.h
 */

/** Entries that the same peer may have, one for each of this host's addresses, before the oldest is used again. */
const RECLAIM_DEPTH = 5

/** One pair of addresses (struct tcp_metrics_block). Addresses are int32. */
export class TcpMetrics {
  saddr: number
  readonly daddr: number
  /** Tick of its last use. */
  stampJiffies = 0
  /** Names of the values that the route has locked. */
  lock: ReadonlySet<string> | null = null
  /** Eight times the RTT and four times its variance in microseconds, as sockets keep them; packets. */
  rttUs = 0
  rttvarUs = 0
  ssthresh = 0
  cwnd = 0
  reordering = 0

  constructor(saddr: number, daddr: number) {
    this.saddr = saddr
    this.daddr = daddr
  }
}

/** The table of a namespace. */
export class TcpMetricsTable {
  /** By peer, the newest first. */
  readonly #byPeer = new Map<number, TcpMetrics[]>()

  /** The entry of a pair of addresses, or null. */
  find(saddr: number, daddr: number): TcpMetrics | null {
    const list = this.#byPeer.get(daddr)
    if (list === undefined) return null
    for (let i = 0; i < list.length; i++) if (list[i]!.saddr === saddr) return list[i]!
    return null
  }

  /** A new entry, or the oldest one of the peer when it has too many; the caller fills it. */
  add(saddr: number, daddr: number): TcpMetrics {
    let list = this.#byPeer.get(daddr)
    if (list === undefined) this.#byPeer.set(daddr, (list = []))
    if (list.length > RECLAIM_DEPTH) {
      const oldest = list.reduce((a, b) => (b.stampJiffies < a.stampJiffies ? b : a))
      oldest.saddr = saddr
      return oldest
    }
    const tm = new TcpMetrics(saddr, daddr)
    list.unshift(tm)
    return tm
  }

  /** Forgets the entries of a peer, those of one of this host's addresses only when it is named; how many they were. */
  delete(daddr: number, saddr: number | null): number {
    const list = this.#byPeer.get(daddr) ?? []
    const left = saddr === null ? [] : list.filter(tm => tm.saddr !== saddr)
    if (left.length > 0) this.#byPeer.set(daddr, left)
    else this.#byPeer.delete(daddr)
    return list.length - left.length
  }

  /** Forgets everything. */
  flush(): void {
    this.#byPeer.clear()
  }

  /** All entries. */
  *[Symbol.iterator](): IterableIterator<TcpMetrics> {
    for (const list of this.#byPeer.values()) yield* list
  }
}
