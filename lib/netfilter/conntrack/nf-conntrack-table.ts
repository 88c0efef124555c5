/**
 * The table of connections: both tuples of each, chained by hash.
 *
 * A chain runs through the connections themselves (`origNext`, `replNext`); an entry of it is a connection and the
 * direction in which it stands there. Nothing is allocated but when a connection is made and when the table grows.
 *
 * DIFFERS: the kernel hashes with SipHash, netloom with Jenkins' hash, ten times cheaper here; which connections share a
 * bucket is random in either. The kernel gives up a connection whose bucket holds more than 50 to 80 others.
 *
 * @see net/netfilter/nf_conntrack_core.c
 */
import { HZ } from '../../sim/timer.js'
import { jhash2words } from '../../wire/siphash.js'
import { type NfConn, nfCtIsExpired, nfctTimeStamp } from './nf-conn.js'
import { IP_CT_DIR_ORIGINAL, IP_CT_DIR_REPLY, IPS_CONFIRMED, IPS_NAT_CLASH } from './nf-conntrack-common.js'
import type { NfConntrackNet } from './nf-conntrack-net.js'
import type { NfConntrackTuple } from './nf-conntrack-tuple.js'

/** Buckets of the kernel's table on the reference machine, and its limit of entries there. */
export const NF_CONNTRACK_BUCKETS = 262144
const FIRST_BITS = 4
const MAX_BITS = 22

const rotate = (word: number, n: number): number => (word << n) | (word >>> (32 - n))

/** Jenkins' hash of three words, int32. */
const jhash3 = (first: number, second: number, third: number, init: number): number => {
  let a = (first + init) | 0
  let b = (second + init) | 0
  let c = (third + init) | 0
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  return ((c ^ b) - rotate(b, 24)) | 0
}

/** Keeps the hash apart from other uses of the World's seed: "nfct". */
const SALT = 0x6e666374

/** Connections of one namespace that are confirmed. */
export class NfConntrackTable {
  readonly #cnet: NfConntrackNet
  readonly #onExpired: (ct: NfConn) => void
  readonly #seed: number
  #bits = FIRST_BITS
  /** First entry of each bucket, and the direction in which it stands there. */
  #heads: (NfConn | null)[] = new Array<NfConn | null>(1 << FIRST_BITS).fill(null)
  #dirs: Uint8Array = new Uint8Array(1 << FIRST_BITS)
  /** Connections in the table, expired ones included that nobody has met. */
  count = 0
  /** Direction in which {@link find} found what it returned. */
  foundDir: number = IP_CT_DIR_ORIGINAL
  #sweepBucket = 0
  #sweepTick = 0

  /** `onExpired` removes a connection whose time is over, through {@link remove}. */
  constructor(cnet: NfConntrackNet, onExpired: (ct: NfConn) => void) {
    this.#cnet = cnet
    this.#onExpired = onExpired
    this.#seed = jhash2words(cnet.netns.world.seed, SALT) | 0
  }

  /** Hash of a tuple in a zone, int32 (hash_conntrack_raw). */
  hash(src: number, dst: number, ports: number, protonum: number, zone: number): number {
    return jhash3(src, dst, ports, this.#seed ^ (protonum << 16) ^ zone)
  }

  /** Hash of a tuple object in a zone. */
  hashTuple(t: NfConntrackTuple, zone: number): number {
    return jhash3(t.src, t.dst, t.ports, this.#seed ^ (t.protonum << 16) ^ zone)
  }

  /**
   * The connection that has this tuple in either direction, see {@link foundDir}; null for none. What has expired is
   * removed when it is met (____nf_conntrack_find). `origZone` and `replZone` are the zone of those found in that direction.
   */
  find(t: NfConntrackTuple, origZone: number, replZone: number, hash: number): NfConn | null {
    const bucket = hash >>> (32 - this.#bits)
    let ct: NfConn | null = this.#heads[bucket]!
    let dir = this.#dirs[bucket]!
    while (ct !== null) {
      const isMatch =
        dir === IP_CT_DIR_ORIGINAL ? matchesOrig(ct, t, origZone, hash) : matchesRepl(ct, t, replZone, hash)
      const next: NfConn | null = dir === IP_CT_DIR_ORIGINAL ? ct.origNext : ct.replNext
      const nextDir = (ct.nextDirs >> dir) & 1
      if (isMatch) {
        if (!nfCtIsExpired(ct, nfctTimeStamp(this.#cnet))) {
          this.foundDir = dir
          return ct
        }
        this.#onExpired(ct)
      }
      ct = next
      dir = nextDir
    }
    return null
  }

  /** Puts a connection with its two hashes in; `isReplyOnly` hides its original tuple. */
  insert(ct: NfConn, isReplyOnly = false): void {
    if ((this.count + 1) * 2 > this.#heads.length && this.#bits < MAX_BITS) this.#grow()
    if (!isReplyOnly) this.#push(ct, IP_CT_DIR_ORIGINAL)
    this.#push(ct, IP_CT_DIR_REPLY)
    this.count++
    this.#sweep()
  }

  /** Takes a connection out of its chains. */
  remove(ct: NfConn): void {
    if ((ct.status & IPS_NAT_CLASH) === 0) this.#unlink(ct, IP_CT_DIR_ORIGINAL, ct.origHash)
    this.#unlink(ct, IP_CT_DIR_REPLY, ct.replHash)
    this.count--
  }

  /**
   * Calls `fn` for the connections that are in the kernel's bucket of `hash` or one of the `range - 1` after it, until it
   * has returned true for one of a bucket; tells whether it has.
   */
  someNear(hash: number, buckets: number, range: number, fn: (ct: NfConn) => boolean): boolean {
    const scale = buckets / 4294967296
    const start = Math.floor((hash >>> 0) * scale)
    for (let i = 0; i < range; i++) {
      const bucket = (start + i) % buckets
      // The same bits lead: only these buckets of ours can hold what is in that one of the kernel.
      const first = Math.floor(bucket / scale / 2 ** (32 - this.#bits))
      const last = Math.min(this.#heads.length - 1, Math.floor(((bucket + 1) / scale - 1) / 2 ** (32 - this.#bits)))
      let any = false
      for (let b = first; b <= last; b++)
        for (const ct of this.#bucket(b, null)) {
          const isThere =
            Math.floor((ct.origHash >>> 0) * scale) === bucket || Math.floor((ct.replHash >>> 0) * scale) === bucket
          if (isThere && ct.status & IPS_CONFIRMED && fn(ct)) any = true
        }
      if (any) return true
    }
    return false
  }

  /** All connections in the order of the table, by their tuple of direction `dir`; expired ones are removed first. */
  list(dir: number = IP_CT_DIR_ORIGINAL): NfConn[] {
    this.expire()
    const all: NfConn[] = []
    for (let b = 0; b < this.#heads.length; b++) all.push(...this.#bucket(b, dir))
    return all
  }

  /** Removes everything that has expired, as the kernel's worker does now and then (gc_worker). */
  expire(): void {
    if (this.count === 0) return
    const now = nfctTimeStamp(this.#cnet)
    for (let b = 0; b < this.#heads.length; b++) this.#expireBucket(b, now)
  }

  /** Entries of a bucket, of one direction or of both. */
  #bucket(bucket: number, wanted: number | null): NfConn[] {
    const found: NfConn[] = []
    let ct: NfConn | null = this.#heads[bucket]!
    let dir = this.#dirs[bucket]!
    while (ct !== null) {
      if (wanted === null || wanted === dir) found.push(ct)
      const next: NfConn | null = dir === IP_CT_DIR_ORIGINAL ? ct.origNext : ct.replNext
      dir = (ct.nextDirs >> dir) & 1
      ct = next
    }
    return found
  }

  #expireBucket(bucket: number, now: number): void {
    let ct: NfConn | null = this.#heads[bucket]!
    let dir = this.#dirs[bucket]!
    while (ct !== null) {
      const next: NfConn | null = dir === IP_CT_DIR_ORIGINAL ? ct.origNext : ct.replNext
      const nextDir = (ct.nextDirs >> dir) & 1
      if (nfCtIsExpired(ct, now)) {
        this.#onExpired(ct)
        // Its other entry may have been the next one here.
        return this.#expireBucket(bucket, now)
      }
      ct = next
      dir = nextDir
    }
  }

  /** Looks through two buckets at each insertion, so that what nobody asks for does not stay for ever. */
  #sweep(): void {
    const now = nfctTimeStamp(this.#cnet)
    // Nothing new can have expired within a second of a full round without anything.
    if (this.#sweepBucket === 0 && ((now - this.#sweepTick) | 0) < HZ) return
    for (let i = 0; i < 2; i++) {
      this.#expireBucket(this.#sweepBucket, now)
      this.#sweepBucket = (this.#sweepBucket + 1) & (this.#heads.length - 1)
      if (this.#sweepBucket === 0) this.#sweepTick = now
    }
  }

  #push(ct: NfConn, dir: number): void {
    const bucket = (dir === IP_CT_DIR_ORIGINAL ? ct.origHash : ct.replHash) >>> (32 - this.#bits)
    link(ct, dir, this.#heads[bucket]!, this.#dirs[bucket]!)
    this.#heads[bucket] = ct
    this.#dirs[bucket] = dir
  }

  #unlink(ct: NfConn, dir: number, hash: number): void {
    const bucket = hash >>> (32 - this.#bits)
    const after = dir === IP_CT_DIR_ORIGINAL ? ct.origNext : ct.replNext
    const afterDir = (ct.nextDirs >> dir) & 1
    let at = this.#heads[bucket]!
    let atDir = this.#dirs[bucket]!
    if (at === ct && atDir === dir) {
      this.#heads[bucket] = after
      this.#dirs[bucket] = afterDir
      return
    }
    for (;;) {
      const next: NfConn | null = atDir === IP_CT_DIR_ORIGINAL ? at.origNext : at.replNext
      const nextDir = (at.nextDirs >> atDir) & 1
      if (next === null) return
      if (next === ct && nextDir === dir) break
      at = next
      atDir = nextDir
    }
    link(at, atDir, after, afterDir)
  }

  /** Doubles the buckets: each splits into two by one more bit of the hash, in which entries keep their order. */
  #grow(): void {
    const heads = this.#heads
    const dirs = this.#dirs
    this.#bits++
    this.#heads = new Array<NfConn | null>(1 << this.#bits).fill(null)
    this.#dirs = new Uint8Array(1 << this.#bits)
    this.#sweepBucket = 0
    for (let b = 0; b < heads.length; b++) this.#split(heads[b]!, dirs[b]!, b * 2)
  }

  /** Deals the chain that begins with `ct` out to the buckets `even` and `even + 1`. */
  #split(first: NfConn | null, firstDir: number, even: number): void {
    let ct = first
    let dir = firstDir
    let tail0: NfConn | null = null
    let tail1: NfConn | null = null
    let tailDir0 = 0
    let tailDir1 = 0
    while (ct !== null) {
      const next: NfConn | null = dir === IP_CT_DIR_ORIGINAL ? ct.origNext : ct.replNext
      const nextDir = (ct.nextDirs >> dir) & 1
      const hash = dir === IP_CT_DIR_ORIGINAL ? ct.origHash : ct.replHash
      if ((hash >>> (32 - this.#bits)) & 1) {
        this.#append(even + 1, tail1, tailDir1, ct, dir)
        tail1 = ct
        tailDir1 = dir
      } else {
        this.#append(even, tail0, tailDir0, ct, dir)
        tail0 = ct
        tailDir0 = dir
      }
      ct = next
      dir = nextDir
    }
    if (tail0 !== null) link(tail0, tailDir0, null, 0)
    if (tail1 !== null) link(tail1, tailDir1, null, 0)
  }

  #append(bucket: number, tail: NfConn | null, tailDir: number, ct: NfConn, dir: number): void {
    if (tail !== null) return link(tail, tailDir, ct, dir)
    this.#heads[bucket] = ct
    this.#dirs[bucket] = dir
  }
}

/** Lets `next` follow an entry in its chain. */
const link = (ct: NfConn, dir: number, next: NfConn | null, nextDir: number): void => {
  if (dir === IP_CT_DIR_ORIGINAL) ct.origNext = next
  else ct.replNext = next
  ct.nextDirs = (ct.nextDirs & ~(1 << dir)) | (nextDir << dir)
}

const matchesOrig = (ct: NfConn, t: NfConntrackTuple, zone: number, hash: number): boolean =>
  ct.origHash === hash &&
  ct.origPorts === t.ports &&
  ct.origSrc === t.src &&
  ct.origDst === t.dst &&
  ct.protonum === t.protonum &&
  ct.origZone === zone

const matchesRepl = (ct: NfConn, t: NfConntrackTuple, zone: number, hash: number): boolean =>
  ct.replHash === hash &&
  ct.replPorts === t.ports &&
  ct.replSrc === t.src &&
  ct.replDst === t.dst &&
  ct.protonum === t.protonum &&
  ct.replZone === zone
