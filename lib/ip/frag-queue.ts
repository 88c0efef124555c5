/**
 * Reassembly of fragments for local delivery.
 *
 * @see net/ipv4/ip_fragment.c, net/ipv4/inet_fragment.c; RFC 791, RFC 815, RFC 5722 (overlaps)
 */
import { DROP } from '../core/drop.js'
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { allocSkb, consumeSkb, kfreeSkb, type Skb, skbMorph, skbPut } from '../core/skb.js'
import type { SimEvent } from '../sim/queue.js'
import { NSEC_PER_SEC } from '../sim/time.js'
import { wheelExpiry } from '../sim/timer.js'
import { ETH_HLEN } from '../wire/ethernet.js'
import { ICMP_EXC_FRAGTIME, ICMP_TIME_EXCEEDED } from '../wire/icmp.js'
import {
  IP_DF,
  IP_MF,
  IP_OFFSET,
  ipv4Daddr,
  ipv4FragOff,
  ipv4Id,
  ipv4Ihl,
  ipv4Proto,
  ipv4Saddr,
  ipv4Tos,
  putIpv4Csum,
  putIpv4FragOff,
  putIpv4TotLen,
} from '../wire/ipv4.js'
import { icmpSend } from './icmp-send.js'
import { ipv4 } from './ipv4.js'
import { ipRouteInput } from './route.js'
import { RTN_LOCAL } from './rtnetlink.js'
import { skbTruesize } from './truesize.js'

/**
 * For whom fragments are put together (enum ip_defrag_users): each has datagrams of its own. Connection tracking adds the
 * number of its zone, up to 65535.
 */
export const IP_DEFRAG_LOCAL_DELIVER = 0
export const IP_DEFRAG_CALL_RA_CHAIN = 1
export const IP_DEFRAG_CONNTRACK_IN = 2
const IP_DEFRAG_CONNTRACK_IN_END = IP_DEFRAG_CONNTRACK_IN + 0xffff
export const IP_DEFRAG_CONNTRACK_OUT: number = IP_DEFRAG_CONNTRACK_IN_END + 1
const IP_DEFRAG_CONNTRACK_OUT_END = IP_DEFRAG_CONNTRACK_OUT + 0xffff
export const IP_DEFRAG_CONNTRACK_BRIDGE_IN: number = IP_DEFRAG_CONNTRACK_OUT_END + 1
const IP_DEFRAG_CONNTRACK_BRIDGE_IN_END = IP_DEFRAG_CONNTRACK_BRIDGE_IN + 0xffff
export const IP_DEFRAG_AF_PACKET: number = IP_DEFRAG_CONNTRACK_BRIDGE_IN_END + 4
export const IP_DEFRAG_MACVLAN: number = IP_DEFRAG_AF_PACKET + 1

/** Is the sender told of a timeout only where the datagram was for this host (frag_expire_skip_icmp)? */
const isQuietUser = (user: number): boolean =>
  user === IP_DEFRAG_AF_PACKET ||
  (user >= IP_DEFRAG_CONNTRACK_IN && user <= IP_DEFRAG_CONNTRACK_IN_END) ||
  (user >= IP_DEFRAG_CONNTRACK_BRIDGE_IN && user <= IP_DEFRAG_CONNTRACK_BRIDGE_IN_END)

/** Longest IPv4 packet. */
const IP_MAX_LEN = 65535
/** sizeof(struct ipq) on x86_64, which counts for each datagram besides its fragments. */
const QUEUE_SIZE = 200

/** Fragments that came one behind the other at the end of what was there: octets `start` to `end` of the payload. */
interface Run {
  readonly start: number
  end: number
  /** In order of offset, without gaps. */
  readonly skbs: Skb[]
}

/** The fragments of one datagram (struct ipq). */
class FragQueue {
  readonly key: string
  readonly saddr: number
  readonly user: number
  /** Device of the fragment that came last. */
  dev: NetDevice
  /** In order of offset. Runs that have grown together stay apart. */
  readonly runs: Run[] = []
  /** The fragments' ECN fields, as 1 << field. */
  ecn = 0
  /** Octets of the payload as far as known; final once the last fragment is there. */
  len = 0
  lastIn = false
  meat = 0
  mem = QUEUE_SIZE
  maxSize = 0
  maxDfSize = 0
  /** Value of the peer's fragment counter when a fragment came last. */
  rid = 0
  timer: SimEvent | null = null

  constructor(key: string, saddr: number, user: number, dev: NetDevice) {
    this.key = key
    this.saddr = saddr
    this.user = user
    this.dev = dev
  }
}

/** All datagrams of a namespace that are being put together. */
export class FragQueues {
  readonly #netns: Netns
  readonly #queues = new Map<string, FragQueue>()
  readonly #rids = new Map<number, number>()
  #mem = 0

  constructor(netns: Netns) {
    this.#netns = netns
  }

  /** Octets of memory in use, as ipfrag_high_thresh counts it. */
  get mem(): number {
    return this.#mem
  }

  /** Datagrams being put together. */
  get size(): number {
    return this.#queues.size
  }

  /**
   * Takes a fragment for a user IP_DEFRAG_* (ip_defrag). Returns true when the datagram is complete: the skb has become
   * the whole of it, `data` at its header, and still is the caller's. Otherwise the skb is the caller's no more.
   */
  defrag(skb: Skb, user: number): boolean {
    const { sysctls } = ipv4(this.#netns)
    if (sysctls.ipfragHighThresh === 0 || this.#mem > sysctls.ipfragHighThresh) {
      kfreeSkb(skb, DROP.NOMEM)
      return false
    }
    const q = this.#find(skb, user, sysctls.ipfragTimeSec)
    if (this.#isTooFar(q, sysctls.ipfragMaxDist)) this.#restart(q, sysctls.ipfragTimeSec)
    return this.#queue(q, skb)
  }

  /** Ends everything, when the namespace goes. */
  flush(): void {
    for (const q of [...this.#queues.values()]) this.#kill(q, DROP.DEVICE_GONE)
  }

  #find(skb: Skb, user: number, timeSec: number): FragQueue {
    const { buf: b, networkHeader: ip } = skb
    const saddr = ipv4Saddr(b, ip)
    const key = `${saddr} ${ipv4Daddr(b, ip)} ${ipv4Id(b, ip)} ${ipv4Proto(b, ip)} ${user}`
    let q = this.#queues.get(key)
    if (q === undefined) {
      q = new FragQueue(key, saddr, user, skb.dev!)
      q.rid = this.#rids.get(saddr) ?? 0
      this.#queues.set(key, q)
      this.#mem += QUEUE_SIZE
      this.#arm(q, timeSec)
    }
    return q
  }

  #arm(q: FragQueue, timeSec: number): void {
    const { sim } = this.#netns.world
    if (q.timer !== null) sim.cancel(q.timer)
    const due = wheelExpiry(sim.now, timeSec * NSEC_PER_SEC) - sim.now
    q.timer = sim.schedule(due, () => this.#expire(q), null, 0, `reassembly of ${q.key}`)
  }

  /** Too many other fragments of the same sender have come between (ip_frag_too_far). */
  #isTooFar(q: FragQueue, maxDist: number): boolean {
    const end = (this.#rids.get(q.saddr) ?? 0) + 1
    this.#rids.set(q.saddr, end)
    const far = maxDist > 0 && q.runs.length > 0 && end - q.rid > maxDist
    q.rid = end
    return far
  }

  #restart(q: FragQueue, timeSec: number): void {
    this.#dropFragments(q, DROP.FRAG_TOO_FAR)
    q.ecn = q.len = q.meat = q.maxSize = q.maxDfSize = 0
    q.lastIn = false
    this.#arm(q, timeSec)
  }

  #queue(q: FragQueue, skb: Skb): boolean {
    const { buf: b, networkHeader: ip } = skb
    const raw = ipv4FragOff(b, ip)
    const ihl = ipv4Ihl(b, ip)
    const start = (raw & IP_OFFSET) << 3
    let end = start + (skb.tail - ip - ihl)
    if (raw & IP_MF) {
      end &= ~7
      if (end > q.len) {
        if (q.lastIn) return this.#discard(q, skb)
        q.len = end
      }
    } else {
      if (end < q.len || (q.lastIn && end !== q.len)) return this.#discard(q, skb)
      q.lastIn = true
      q.len = end
    }
    if (end === start) return this.#discard(q, skb)
    skb.tail = ip + ihl + end - start
    const placed = place(q.runs, skb, start, end)
    if (placed === DUPLICATE) {
      kfreeSkb(skb, DROP.DUP_FRAG)
      return false
    }
    if (placed === OVERLAP) return this.#discard(q, skb)
    q.dev = skb.dev!
    q.ecn |= 1 << (ipv4Tos(b, ip) & ECN_MASK)
    q.meat += end - start
    q.mem += skbTruesize(skb)
    this.#mem += skbTruesize(skb)
    const size = end - start + ihl
    q.maxSize = Math.max(q.maxSize, size)
    if (raw & IP_DF) q.maxDfSize = Math.max(q.maxDfSize, size)
    return q.lastIn && q.runs[0]!.start === 0 && q.meat === q.len ? this.#reasm(q, skb) : false
  }

  /** The datagram is not to be trusted any more: everything of it goes. */
  #discard(q: FragQueue, skb: Skb): false {
    kfreeSkb(skb, DROP.FRAG_REASM_TIMEOUT)
    this.#kill(q, DROP.FRAG_REASM_TIMEOUT)
    return false
  }

  #dropFragments(q: FragQueue, reason: number): void {
    for (const { skbs } of q.runs.splice(0)) for (const skb of skbs) kfreeSkb(skb, reason)
    this.#mem -= q.mem - QUEUE_SIZE
    q.mem = QUEUE_SIZE
  }

  #kill(q: FragQueue, reason: number): void {
    if (q.timer !== null) this.#netns.world.sim.cancel(q.timer)
    this.#queues.delete(q.key)
    this.#dropFragments(q, reason)
    this.#mem -= QUEUE_SIZE
  }

  /**
   * Time is up (ip_expire): the sender hears of it when the first fragment has come, and by the routes of this moment
   * the datagram may be answered.
   */
  #expire(q: FragQueue): void {
    const first = q.runs[0]
    const head = first?.start === 0 ? first.skbs[0]! : null
    if (head !== null && q.dev.registered) {
      const { buf: b, networkHeader: ip } = head
      head.dev = q.dev
      head.dst = null
      const isRouted = ipRouteInput(head, ipv4Daddr(b, ip), ipv4Saddr(b, ip), q.dev) === 0
      if (isRouted && (!isQuietUser(q.user) || head.dst!.type === RTN_LOCAL))
        icmpSend(head, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0)
    }
    q.timer = null
    this.#kill(q, DROP.FRAG_REASM_TIMEOUT)
  }

  /**
   * Puts the pieces together (ip_frag_reasm); `last`, the one that came last, becomes the whole, so that its holder can go
   * on with it. It keeps its device and route.
   */
  #reasm(q: FragQueue, last: Skb): boolean {
    const head = q.runs[0]!.skbs[0]!
    const ecn = ecnOfWhole(q.ecn)
    const ihl = ipv4Ihl(head.buf, head.networkHeader)
    if (ecn < 0 || ihl + q.len > IP_MAX_LEN) {
      this.#kill(q, ecn < 0 ? DROP.NOT_SPECIFIED : DROP.PKT_TOO_BIG)
      return false
    }
    const whole = allocSkb(head.netns, ihl + q.len)
    const at = skbPut(whole, ihl + q.len)
    whole.buf.set(head.buf.subarray(head.networkHeader, head.networkHeader + ihl), at)
    const fragments = q.runs.flatMap(run => run.skbs)
    let to = at + ihl
    for (const { buf, networkHeader, tail } of fragments) {
      const payload = buf.subarray(networkHeader + ipv4Ihl(buf, networkHeader), tail)
      whole.buf.set(payload, to)
      to += payload.length
    }
    whole.buf[at + 1]! |= ecn
    const wasDf = q.maxDfSize === q.maxSize
    putIpv4FragOff(whole.buf, at, wasDf ? IP_DF : 0)
    putIpv4TotLen(whole.buf, at, ihl + q.len)
    putIpv4Csum(whole.buf, at)
    takeMeta(whole, head, last, at, ihl)
    whole.fragMaxSize = Math.max(q.maxDfSize, q.maxSize)
    whole.fragListSize = whole.fragMaxSize
    if (q.timer !== null) this.#netns.world.sim.cancel(q.timer)
    this.#queues.delete(q.key)
    this.#mem -= q.mem
    skbMorph(last, whole)
    for (const skb of fragments) if (skb !== last) consumeSkb(skb)
    consumeSkb(whole)
    return true
  }
}

const takeMeta = (whole: Skb, head: Skb, last: Skb, at: number, ihl: number): void => {
  whole.networkHeader = at
  whole.transportHeader = at + ihl
  const linkHeader = head.networkHeader - head.macHeader
  if (linkHeader === ETH_HLEN) {
    whole.macHeader = at - ETH_HLEN
    whole.buf.set(head.buf.subarray(head.macHeader, head.networkHeader), whole.macHeader)
  }
  whole.protocol = head.protocol
  whole.pktType = head.pktType
  whole.dev = last.dev
  whole.dst = last.dst
  whole.skbIif = head.skbIif
  whole.ipFlags = head.ipFlags
  whole.ipOptLen = head.ipOptLen
  whole.mark = head.mark
  whole.nfct = head.nfct
  whole.nfctinfo = head.nfctinfo
  whole.nfTrace = head.nfTrace
  whole.nfBridge = head.nfBridge
}

const ECN_MASK = 3
/** ECN fields, as 1 << field: not capable of ECN, and congestion experienced. */
const ECN_NOT_ECT = 1
const ECN_CE = 8

/** ECN field that a datagram of such fragments gets besides its own, -1 when they do not go together (RFC 3168 5.3). */
const ecnOfWhole = (seen: number): number => {
  if (seen & ECN_NOT_ECT) return seen === ECN_NOT_ECT ? 0 : -1
  return seen & ECN_CE && seen !== ECN_CE ? 3 : 0
}

const PLACED = 0
const DUPLICATE = 1
const OVERLAP = 2

/**
 * Puts a fragment where it belongs (inet_frag_queue_insert): within an earlier run it is a duplicate, across it an
 * overlap.
 */
const place = (runs: Run[], skb: Skb, start: number, end: number): number => {
  const last = runs[runs.length - 1]
  if (last !== undefined && start === last.end) {
    last.end = end
    last.skbs.push(skb)
    return PLACED
  }
  for (const run of runs)
    if (start < run.end && end > run.start) return start >= run.start && end <= run.end ? DUPLICATE : OVERLAP
  const at = runs.findIndex(run => run.start >= end)
  runs.splice(at < 0 ? runs.length : at, 0, { start, end, skbs: [skb] })
  return PLACED
}
