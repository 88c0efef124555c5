/**
 * The connections of a namespace by addresses and ports (struct inet_hashinfo's ehash): sockets, requests and what is left
 * of closed connections (TIME_WAIT), all in one table.
 *
 * The lookup runs for every segment, so the four numbers of each entry stand in one Int32Array with open addressing and
 * no object is looked at before they match.
 *
 * @see net/ipv4/inet_hashtables.c
 */
import type { TcpRequestSock } from './request-sock.js'
import type { TcpSock } from './tcp-sock.js'
import type { TcpTimewaitSock } from './inet-timewait-sock.js'

/** What the table finds; `state` tells them apart. */
export type EhashEntry = TcpSock | TcpRequestSock | TcpTimewaitSock

/** Slots of an empty table; a power of two. */
const MIN_SLOTS = 16

/** Hash of a connection, int32 (inet_ehashfn). */
export const inetEhashfn = (local: number, peer: number, ports: number): number => {
  let h = Math.imul(local ^ 0x9e3779b9, 0x85ebca6b) ^ peer
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35) ^ ports
  h = Math.imul(h ^ (h >>> 13), 0x27d4eb2f)
  return h ^ (h >>> 16)
}

const boundIfindexOf = (e: EhashEntry): number => e.boundIfindex

/** Entries by local and peer address (int32) and ports. */
export class InetEhash {
  /** Local address, peer address, local port << 16 | peer port of each slot. */
  #keys = new Int32Array(MIN_SLOTS * 3)
  #entries: (EhashEntry | null)[] = new Array<EhashEntry | null>(MIN_SLOTS).fill(null)
  #mask = MIN_SLOTS - 1
  #count = 0

  /** Entries. */
  get size(): number {
    return this.#count
  }

  /** The entry of a connection as this side sees it, or null (inet_lookup_established). */
  lookup(local: number, lport: number, peer: number, pport: number, ifindex: number): EhashEntry | null {
    const ports = (lport << 16) | pport
    const keys = this.#keys
    const mask = this.#mask
    for (let i = inetEhashfn(local, peer, ports) & mask; ; i = (i + 1) & mask) {
      const e = this.#entries[i]!
      if (e === null) return null
      const k = i * 3
      if (keys[k] !== local || keys[k + 1] !== peer || keys[k + 2] !== ports) continue
      const bound = boundIfindexOf(e)
      if (bound === 0 || bound === ifindex) return e
    }
  }

  /** Adds an entry; the caller has looked for another one. */
  insert(e: EhashEntry): void {
    if ((this.#count + 1) * 4 > this.#entries.length * 3) this.#grow()
    this.#put(e, e.localAddress, e.peerAddress, (e.localPort << 16) | e.peerPort)
    this.#count++
  }

  #put(e: EhashEntry, local: number, peer: number, ports: number): void {
    let i = inetEhashfn(local, peer, ports) & this.#mask
    while (this.#entries[i] !== null) i = (i + 1) & this.#mask
    this.#entries[i] = e
    this.#keys[i * 3] = local
    this.#keys[i * 3 + 1] = peer
    this.#keys[i * 3 + 2] = ports
  }

  /** Takes an entry out; false when it is not in. */
  remove(e: EhashEntry): boolean {
    const mask = this.#mask
    let i = inetEhashfn(e.localAddress, e.peerAddress, (e.localPort << 16) | e.peerPort) & mask
    while (this.#entries[i] !== e) {
      if (this.#entries[i] === null) return false
      i = (i + 1) & mask
    }
    this.#close(i)
    this.#count--
    return true
  }

  /** Puts `e` where `old` stands, which has the same addresses and ports; false when `old` is not in. */
  replace(old: EhashEntry, e: EhashEntry): boolean {
    if (!this.remove(old)) return false
    this.insert(e)
    return true
  }

  /** Fills a gap with what stands behind it, so that no search ends too early. */
  #close(at: number): void {
    const keys = this.#keys
    const mask = this.#mask
    let gap = at
    for (let i = (gap + 1) & mask; this.#entries[i] !== null; i = (i + 1) & mask) {
      const k = i * 3
      const home = inetEhashfn(keys[k]!, keys[k + 1]!, keys[k + 2]!) & mask
      if (((i - home) & mask) < ((i - gap) & mask)) continue
      this.#entries[gap] = this.#entries[i]!
      keys.copyWithin(gap * 3, k, k + 3)
      gap = i
    }
    this.#entries[gap] = null
  }

  #grow(): void {
    const keys = this.#keys
    const entries = this.#entries
    const slots = entries.length * 2
    this.#keys = new Int32Array(slots * 3)
    this.#entries = new Array<EhashEntry | null>(slots).fill(null)
    this.#mask = slots - 1
    for (let i = 0; i < entries.length; i++) {
      const e = entries[i]!
      if (e !== null) this.#put(e, keys[i * 3]!, keys[i * 3 + 1]!, keys[i * 3 + 2]!)
    }
  }

  /** All entries, in no order that means anything. */
  *[Symbol.iterator](): IterableIterator<EhashEntry> {
    for (const e of [...this.#entries]) if (e !== null) yield e
  }
}
