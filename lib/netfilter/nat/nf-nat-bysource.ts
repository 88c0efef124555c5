/**
 * Connections by their source before translation, so that one source keeps its translated port towards several
 * destinations. The chains run through the connections themselves.
 *
 * @see net/netfilter/nf_nat_core.c hash_by_src
 */
import type { NfConn } from '../conntrack/nf-conn.js'

const FIRST_BITS = 4
const MAX_BITS = 22
const GOLDEN = 0x9e3779b1

const hashOf = (src: number, sport: number, protonum: number): number =>
  Math.imul(src ^ Math.imul(sport | (protonum << 16), 0x85ebca6b), GOLDEN)

const hashOfConn = (ct: NfConn): number => hashOf(ct.origSrc, ct.origPorts >>> 16, ct.protonum)

/** The table of one namespace. */
export class NatBysource {
  #bits = FIRST_BITS
  #heads: (NfConn | null)[] = new Array<NfConn | null>(1 << FIRST_BITS).fill(null)
  #count = 0

  /** First of a chain that holds, among others, the connections of this source; the newest first. */
  chain(src: number, sport: number, protonum: number): NfConn | null {
    return this.#heads[hashOf(src, sport, protonum) >>> (32 - this.#bits)]!
  }

  /** Puts a connection at the beginning of its chain. */
  insert(ct: NfConn): void {
    if (this.#count++ >= this.#heads.length && this.#bits < MAX_BITS) this.#grow()
    this.#push(ct)
  }

  /** Takes a connection out; nothing happens when it is not in. */
  remove(ct: NfConn): void {
    const bucket = hashOfConn(ct) >>> (32 - this.#bits)
    let at: NfConn | null = this.#heads[bucket]!
    if (at === ct) this.#heads[bucket] = ct.natBysource
    else {
      while (at !== null && at.natBysource !== ct) at = at.natBysource
      if (at === null) return
      at.natBysource = ct.natBysource
    }
    ct.natBysource = null
    this.#count--
  }

  #push(ct: NfConn): void {
    const bucket = hashOfConn(ct) >>> (32 - this.#bits)
    ct.natBysource = this.#heads[bucket]!
    this.#heads[bucket] = ct
  }

  /** Doubles the chains; each keeps its order. */
  #grow(): void {
    const old = this.#heads
    this.#bits++
    this.#heads = new Array<NfConn | null>(1 << this.#bits).fill(null)
    for (const head of old) {
      const all: NfConn[] = []
      for (let ct = head; ct !== null; ct = ct.natBysource) all.push(ct)
      for (let i = all.length - 1; i >= 0; i--) this.#push(all[i]!)
    }
  }
}
