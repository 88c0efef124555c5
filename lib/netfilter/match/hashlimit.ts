/**
 * The match `hashlimit`: a bucket for every address, port, or combination of them. Rules that give the same name share one
 * table of buckets, which the first of them shapes.
 *
 * @see net/netfilter/xt_hashlimit.c
 */
import { type Netns, netnsSlot, type NetnsSlot } from '../../core/netns.js'
import type { Skb } from '../../core/skb.js'
import { HZ, NSEC_PER_JIFFY } from '../../sim/timer.js'
import { getU16 } from '../../wire/bytes.js'
import { maskOf } from '../../wire/ip.js'
import { ipv4Daddr, ipv4Proto, ipv4Saddr } from '../../wire/ipv4.js'
import { nfCtHasPorts } from '../conntrack/nf-conntrack-tuple.js'
import { checkProcName } from '../xt-proc-name.js'
import { type XtActionParam, type XtMatch, xtMatch, xtRefuse } from '../x-tables.js'
import { Rate, RateConfig, user2credits, user2creditsByte } from './hashlimit-rate.js'

export const XT_HASHLIMIT_HASH_DIP = 0x01
export const XT_HASHLIMIT_HASH_DPT = 0x02
export const XT_HASHLIMIT_HASH_SIP = 0x04
export const XT_HASHLIMIT_HASH_SPT = 0x08
export const XT_HASHLIMIT_INVERT = 0x10
export const XT_HASHLIMIT_BYTES = 0x20
export const XT_HASHLIMIT_RATE_MATCH = 0x40

/** What belongs to a rule (struct xt_hashlimit_mtinfo3). */
export interface XtHashlimitInfo {
  readonly name: string
  /** XT_HASHLIMIT_*. */
  readonly mode: number
  /** Time between packets in parts of a million of a second; in byte mode 2^32 over units of 16 octets a second. */
  readonly avg: number
  readonly burst: number
  /** Buckets of the hash, 0: as the machine has memory. */
  readonly size: number
  /** Most entries, 0: eight for each bucket. */
  readonly max: number
  /** Milliseconds. */
  readonly gcInterval: number
  readonly expire: number
  readonly srcmask: number
  readonly dstmask: number
  /** Seconds, for a rate match. */
  readonly interval: number
}

const DEFAULT_SIZE = 8192
const HASHES_PORTS = XT_HASHLIMIT_HASH_DPT | XT_HASHLIMIT_HASH_SPT

/** The bucket of a flow, which is a chain of those with the same hash (struct dsthash_ent). */
class Entry {
  readonly src: number
  readonly dst: number
  readonly ports: number
  readonly rate: Rate
  next: Entry | null
  /** Tick. */
  expires = 0
  constructor(src: number, dst: number, ports: number, rate: Rate, next: Entry | null) {
    this.src = src
    this.dst = dst
    this.ports = ports
    this.rate = rate
    this.next = next
  }
}

const msecsToJiffies = (ms: number): number => Math.ceil((ms * HZ) / 1000)

/** A table of buckets (struct xt_hashlimit_htable). */
class Htable {
  readonly info: XtHashlimitInfo
  readonly netns: Netns
  readonly config: RateConfig
  readonly srcMask: number
  readonly dstMask: number
  readonly max: number
  readonly expireTicks: number
  readonly gcTicks: number
  readonly #buckets: (Entry | null)[]
  readonly #rnd: number
  /** Tick at which the collector runs next. */
  #nextGc: number
  count = 0
  use = 1

  constructor(netns: Netns, info: XtHashlimitInfo) {
    const { mode, avg, burst, interval, max } = info
    const size = info.size === 0 ? DEFAULT_SIZE : info.size
    this.info = info
    this.netns = netns
    const isBytes = (mode & XT_HASHLIMIT_BYTES) !== 0
    this.config = new RateConfig(isBytes, (mode & XT_HASHLIMIT_RATE_MATCH) !== 0, avg, burst, interval)
    this.srcMask = maskOf(info.srcmask)
    this.dstMask = maskOf(info.dstmask)
    this.max = max === 0 ? 8 * size : Math.max(max, size)
    this.expireTicks = msecsToJiffies(info.expire)
    this.gcTicks = msecsToJiffies(info.gcInterval)
    // What shares a bucket changes nothing but the time of a search: few buckets serve a large table as well.
    this.#buckets = new Array<Entry | null>(Math.min(2 ** Math.ceil(Math.log2(size)), DEFAULT_SIZE)).fill(null)
    this.#rnd = netns.rng.u32()
    this.#nextGc = this.now + this.gcTicks
  }

  get now(): number {
    return Math.floor(this.netns.world.sim.now / NSEC_PER_JIFFY)
  }

  #bucket(src: number, dst: number, ports: number): number {
    let h = Math.imul(src ^ this.#rnd, 0x9e3779b1) ^ Math.imul(dst, 0x85ebca6b) ^ Math.imul(ports, 0xc2b2ae35)
    h ^= h >>> 15
    return (Math.imul(h, 0x2c1b3c6d) >>> 7) & (this.#buckets.length - 1)
  }

  /** The bucket of a flow, full when it is new; null when there is no room for it. */
  find(src: number, dst: number, ports: number): Entry | null {
    const { now } = this
    if (now >= this.#nextGc) this.#collect(now)
    const b = this.#bucket(src, dst, ports)
    let e: Entry | null = this.#buckets[b]!
    while (e !== null && (e.src !== src || e.dst !== dst || e.ports !== ports)) e = e.next
    if (e !== null) e.rate.recalc(this.config, now)
    else {
      if (this.count >= this.max) return null
      e = this.#buckets[b] = new Entry(src, dst, ports, new Rate(this.config, now), this.#buckets[b]!)
      this.count++
    }
    e.expires = now + this.expireTicks
    return e
  }

  /** What the timer has done until now: at its last run it took away what had expired by then (htable_gc). */
  #collect(now: number): void {
    const last = this.#nextGc + Math.floor((now - this.#nextGc) / this.gcTicks) * this.gcTicks
    this.#nextGc = last + this.gcTicks
    for (let b = 0; b < this.#buckets.length; b++) {
      let before: Entry | null = null
      for (let e: Entry | null = this.#buckets[b]!; e !== null; e = e.next)
        if (e.expires > last) before = e
        else {
          if (before === null) this.#buckets[b] = e.next
          else before.next = e.next
          this.count--
        }
    }
  }
}

const HTABLES: NetnsSlot<Map<string, Htable>> = netnsSlot('xt_hashlimit', () => new Map())

interface Hashlimit {
  readonly htable: Htable
  readonly name: string
  readonly invert: boolean
}

const refuse = (code: 'EINVAL' | 'ERANGE', why: string): never => xtRefuse(code, 'hashlimit', why)

const check = (info: XtHashlimitInfo): void => {
  const { mode, avg, burst } = info
  if (info.gcInterval === 0 || info.expire === 0) refuse('EINVAL', 'gc interval and expiry must not be 0')
  checkProcName('hashlimit', info.name)
  if (info.srcmask > 32 || info.dstmask > 32) refuse('EINVAL', 'mask too long')
  if (mode & XT_HASHLIMIT_RATE_MATCH) {
    if (avg === 0 || avg > 0xffffffff) refuse('ERANGE', 'invalid rate')
    if (info.interval === 0) refuse('EINVAL', 'invalid interval')
  } else if (mode & XT_HASHLIMIT_BYTES) {
    if (user2creditsByte(avg) === 0) refuse('EINVAL', `overflow, rate too high: ${avg}`)
  } else if (burst === 0 || user2credits(avg * burst) < user2credits(avg))
    refuse('ERANGE', `overflow, try lower: ${avg}/${burst}`)
}

/** Where the ports of a packet are, -1 when it ends before them, 0 when its protocol has none. */
const portsOf = (skb: Skb, thoff: number): number => {
  if (!nfCtHasPorts(ipv4Proto(skb.buf, skb.networkHeader))) return 0
  return thoff + 4 > skb.tail ? -1 : thoff
}

const hashlimitMt = (skb: Skb, par: XtActionParam, { htable, invert }: Hashlimit): boolean => {
  const { mode } = htable.info
  const { buf: b, networkHeader: nh } = skb
  const src = mode & XT_HASHLIMIT_HASH_SIP ? ipv4Saddr(b, nh) & htable.srcMask : 0
  const dst = mode & XT_HASHLIMIT_HASH_DIP ? ipv4Daddr(b, nh) & htable.dstMask : 0
  let ports = 0
  if (mode & HASHES_PORTS) {
    const at = portsOf(skb, par.thoff)
    if (at < 0) {
      par.hotdrop = true
      return false
    }
    if (at > 0 && mode & XT_HASHLIMIT_HASH_SPT) ports = getU16(b, at) << 16
    if (at > 0 && mode & XT_HASHLIMIT_HASH_DPT) ports |= getU16(b, at + 2)
  }
  const entry = htable.find(src, dst, ports)
  if (entry === null) {
    par.hotdrop = true
    return false
  }
  return entry.rate.take(htable.config, skb.len) !== invert
}

/** The match. A packet that finds its table full is dropped. */
export const hashlimitMatch: XtMatch = xtMatch<XtHashlimitInfo, Hashlimit>({
  name: 'hashlimit',
  checkentry: ({ netns }, info) => {
    check(info)
    const { name } = info
    const htables = netns.slot(HTABLES)
    let htable = htables.get(name)
    if (htable !== undefined) htable.use++
    else {
      htable = new Htable(netns, info)
      htables.set(name, htable)
    }
    return { htable, name, invert: (info.mode & XT_HASHLIMIT_INVERT) !== 0 }
  },
  destroy: (netns, { htable, name }) => {
    if (--htable.use === 0) netns.slot(HTABLES).delete(name)
  },
  match: hashlimitMt,
})
