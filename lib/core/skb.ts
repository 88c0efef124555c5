/**
 * A packet: one frame buffer with headroom, and integer offsets into it. Headers are prepended and pulled by moving
 * offsets; clones share the bytes and copy on the first write.
 *
 * Who receives an skb passes it on, queues it, or ends it with one of `kfreeSkb` (dropped, with a reason), `consumeSkb`
 * (its purpose is fulfilled) or `deliverSkb` (it reached a socket). Frames and skbs return to the World's free list.
 *
 * @see include/linux/skbuff.h, net/core/skbuff.c
 */
import { csumFold, csumPartialWords } from '../wire/checksum.js'
import type { Dst } from './dst.js'
import type { FlowRecorder } from './flow-recorder.js'
import type { NetDevice } from './netdev.js'
import type { Netns } from './netns.js'

/** Octets in front of the network header of a fresh skb: room for VXLAN's 50 and an Ethernet header at 2 mod 4. */
export const SKB_HEADROOM = 144

export const PACKET_HOST = 0
export const PACKET_BROADCAST = 1
export const PACKET_MULTICAST = 2
export const PACKET_OTHERHOST = 3
export const PACKET_OUTGOING = 4
/** Looped back to this host by IP's output; captures do not see it again. */
export const PACKET_LOOPBACK = 5

/** Checksum state of an skb: not looked at, verified, or to be finished by the device. */
export const CHECKSUM_NONE = 0
export const CHECKSUM_UNNECESSARY = 1
export const CHECKSUM_PARTIAL = 3

/** Smallest and largest frame that is kept for reuse, as powers of two. */
const MIN_CLASS = 11
const MAX_CLASS = 17

/** The bytes of one or more skbs. `refs` counts them. */
export class Frame {
  readonly bytes: Uint8Array
  /** The same memory as native words, for checksums. */
  readonly words: Int32Array
  readonly sizeClass: number
  refs: number
  constructor(sizeClass: number) {
    this.bytes = new Uint8Array(2 ** sizeClass)
    this.words = new Int32Array(this.bytes.buffer)
    this.sizeClass = sizeClass
    this.refs = 0
  }
}

/** Who sent a packet and wants to know when it has left this machine (skb->destructor with struct sock). */
export interface SkbOwner {
  /** Octets of packets on their way (sk_wmem_alloc). */
  wmemAlloc: number
  /** A packet that counted as `octets` has ended or is no longer its (sock_wfree, tcp_wfree). */
  wfree(octets: number): void
}

/** One packet on its way. Offsets index `buf`. */
export class Skb {
  frame: Frame
  /** The frame's bytes. */
  buf: Uint8Array
  /** First and one past the last octet that the present layer sees. */
  data: number
  tail: number
  macHeader: number
  networkHeader: number
  transportHeader: number
  /** EtherType in host order. */
  protocol: number
  /** PACKET_HOST ... PACKET_OUTGOING. */
  pktType: number
  /** Device that it arrived on or leaves by. */
  dev: NetDevice | null
  /** Namespace that accounts for it. */
  netns: Netns
  dst: Dst | null
  /** Socket that sent it; typed above core. */
  sk: object | null
  ipSummed: number
  /** With CHECKSUM_PARTIAL: where the sum starts, and where it is stored relative to that. */
  csumStart: number
  csumOffset: number
  mark: number
  priority: number
  /** ifindex of the device that it came in by, 0 for local ones. */
  skbIif: number
  /** Hash of the flow, 0 while nobody has computed it; `l4Hash` when it covers ports. A socket may have set it. */
  hash: number
  l4Hash: boolean
  /** EtherType of a VLAN tag that stands beside the frame, 0 for none, and its control information. */
  vlanProto: number
  vlanTci: number
  /** IPSKB_* flags. */
  ipFlags: number
  /** Octets of IP options that were checked; 0 none. */
  ipOptLen: number
  /** Fragment by the sender although DF is set (local sockets without path MTU discovery). */
  ignoreDf: boolean
  /** Largest fragment seen when it was put together, 0 when it was not. */
  fragMaxSize: number
  /** Octets of each of the packets that it was put together from and still hangs together of (frag_list), 0 for none. */
  fragListSize: number
  /** Number of its last passage by captures, by which they know it again when it is dropped; 0 none. */
  tapSeq: number
  /** Bridge port that it entered by; typed in dev/bridge. */
  brPort: object | null
  /** Bridge: flags of the bridge's control block (BR_*), see dev/bridge. */
  brFlags: number
  /** Octets of payload of each segment but the last, 0 when it is not to be cut; and how many segments (skb_shared_info). */
  gsoSize: number
  gsoSegs: number
  /** Octets that it counts as where its sender has said so, 0 otherwise; and who is told when it ends. */
  truesize: number
  owner: SkbOwner | null
  /** TCP's control block (struct tcp_skb_cb), int32 and TH_* flags; set by tcpV4Rcv and not cleared. */
  seq: number
  endSeq: number
  ackSeq: number
  tcpFlags: number
  /** TCP's segment that these bytes are shared with while it waits for its acknowledgement; typed in ip/tcp. */
  fclone: { readonly skb: Skb | null } | null
  /** In a receive queue of TCP: one buffer with the skb in front of it, and fragments of that buffer so far. */
  coalesced: boolean
  nrFrags: number
  /** Connection that it belongs to (struct nf_conn), typed in netfilter/; null when nobody has looked yet. */
  nfct: object | null
  /** How it belongs to {@link nfct} (enum ip_conntrack_info). */
  nfctinfo: number
  /** Rules that it meets are to be traced (nf_trace). */
  nfTrace: boolean
  /** What br_netfilter keeps of a bridged frame (struct nf_bridge_info), typed in dev/; null for others. */
  nfBridge: object | null
  /** @internal records what becomes of it, null for nearly every packet. Stays with the packet, not with clones. */
  flowRec: FlowRecorder | null
  /** @internal in the backlog, behind a stage: what is known of its checksums; 0 elsewhere. See core/flow-replay.ts. */
  csumKnown: number
  /** False once it has ended; guards against use after the end. */
  alive: boolean

  constructor(frame: Frame, netns: Netns) {
    this.frame = frame
    this.buf = frame.bytes
    this.data = SKB_HEADROOM
    this.tail = SKB_HEADROOM
    this.macHeader = 0
    this.networkHeader = SKB_HEADROOM
    this.transportHeader = 0
    this.protocol = 0
    this.pktType = PACKET_HOST
    this.dev = null
    this.netns = netns
    this.dst = null
    this.sk = null
    this.ipSummed = CHECKSUM_NONE
    this.csumStart = 0
    this.csumOffset = 0
    this.mark = 0
    this.priority = 0
    this.skbIif = 0
    this.hash = 0
    this.l4Hash = false
    this.vlanProto = 0
    this.vlanTci = 0
    this.ipFlags = 0
    this.ipOptLen = 0
    this.ignoreDf = false
    this.fragMaxSize = 0
    this.fragListSize = 0
    this.tapSeq = 0
    this.brPort = null
    this.brFlags = 0
    this.gsoSize = 0
    this.gsoSegs = 0
    this.truesize = 0
    this.owner = null
    this.seq = 0
    this.endSeq = 0
    this.ackSeq = 0
    this.tcpFlags = 0
    this.fclone = null
    this.coalesced = false
    this.nrFrags = 0
    this.nfct = null
    this.nfctinfo = 0
    this.nfTrace = false
    this.nfBridge = null
    this.flowRec = null
    this.csumKnown = 0
    this.alive = true
  }

  /** Octets from `data` to `tail`. */
  get len(): number {
    return this.tail - this.data
  }
}

/** Free frames and skbs of one World, and how many are in use. */
export class SkbPool {
  /** Skbs in use. 0 at rest. */
  live = 0
  /** Frame buffers made so far; constant in a steady state. */
  framesMade = 0
  /** Ended skbs that keep a small frame of their own, and ended ones without. */
  readonly #ready: Skb[] = []
  readonly #bare: Skb[] = []
  readonly #frames: Frame[][] = []

  constructor() {
    for (let c = 0; c <= MAX_CLASS; c++) this.#frames.push([])
  }

  /** A fresh skb with a frame of its own that has room for `octets`. */
  alloc(octets: number, netns: Netns): Skb {
    if (octets <= 1 << MIN_CLASS) {
      const skb = this.#ready.pop()
      if (skb !== undefined) {
        this.live++
        skb.frame.refs = 1
        return reset(skb, netns)
      }
    }
    return this.over(this.frame(octets), netns)
  }

  /** A frame with room for `octets`, counted once. */
  frame(octets: number): Frame {
    const sizeClass = octets <= 1 << MIN_CLASS ? MIN_CLASS : 32 - Math.clz32(octets - 1)
    const free = sizeClass <= MAX_CLASS ? this.#frames[sizeClass]!.pop() : undefined
    const frame = free ?? (sizeClass === MIN_CLASS ? this.#takeReady() : null) ?? this.#newFrame(sizeClass)
    frame.refs = 1
    return frame
  }

  /** The frame of an ended skb that kept one: else copies, whose skbs keep theirs in turn, make new ones for ever. */
  #takeReady(): Frame | null {
    const skb = this.#ready.pop()
    if (skb === undefined) return null
    this.#bare.push(skb)
    return skb.frame
  }

  #newFrame(sizeClass: number): Frame {
    this.framesMade++
    return new Frame(sizeClass)
  }

  /** Gives back one reference to a frame. */
  putFrame(frame: Frame): void {
    if (--frame.refs === 0 && frame.sizeClass <= MAX_CLASS) this.#frames[frame.sizeClass]!.push(frame)
  }

  /** An skb over a frame that is counted already, with all fields as they are at first. */
  over(frame: Frame, netns: Netns): Skb {
    this.live++
    const skb = this.#bare.pop()
    if (skb === undefined) return new Skb(frame, netns)
    skb.frame = frame
    skb.buf = frame.bytes
    return reset(skb, netns)
  }

  /** Gives an skb that goes on with its frame the fields that one has at first. */
  renew(skb: Skb, netns: Netns): void {
    reset(skb, netns)
  }

  /** Takes an skb that has ended, and its reference to the frame. */
  put(skb: Skb): void {
    if (!skb.alive) throw new Error('skb ended twice')
    skb.alive = false
    this.live--
    if (skb.owner !== null) skbOrphan(skb)
    const { frame } = skb
    if (frame.refs === 1 && frame.sizeClass === MIN_CLASS) {
      frame.refs = 0
      this.#ready.push(skb)
    } else {
      this.putFrame(frame)
      this.#bare.push(skb)
    }
  }
}

/** Gives an skb that is used again the fields of a new one, but for its frame. */
const reset = (skb: Skb, netns: Netns): Skb => {
  skb.data = SKB_HEADROOM
  skb.tail = SKB_HEADROOM
  skb.macHeader = 0
  skb.networkHeader = SKB_HEADROOM
  skb.transportHeader = 0
  skb.protocol = 0
  skb.pktType = PACKET_HOST
  skb.dev = null
  skb.netns = netns
  skb.dst = null
  skb.sk = null
  skb.ipSummed = CHECKSUM_NONE
  skb.mark = 0
  skb.priority = 0
  skb.skbIif = 0
  skb.hash = 0
  skb.l4Hash = false
  skb.vlanProto = 0
  skb.ipFlags = 0
  skb.ipOptLen = 0
  skb.ignoreDf = false
  skb.fragMaxSize = 0
  skb.fragListSize = 0
  skb.tapSeq = 0
  skb.brPort = null
  skb.brFlags = 0
  skb.gsoSize = 0
  skb.gsoSegs = 0
  skb.truesize = 0
  skb.fclone = null
  skb.nfct = null
  skb.nfctinfo = 0
  skb.nfTrace = false
  skb.nfBridge = null
  skb.flowRec = null
  skb.csumKnown = 0
  skb.alive = true
  return skb
}

/** A fresh, empty skb with room for `octets` behind the headroom; counted as created in `netns`. */
export const allocSkb = (netns: Netns, octets: number): Skb => {
  netns.acct.created++
  netns.acct.alive++
  return netns.world.skbs.alloc(SKB_HEADROOM + octets, netns)
}

const noRoom = (where: string, octets: number): never => {
  throw new Error(`skb ${where} exhausted by ${octets} octets`)
}

/** Prepends `n` octets and returns the new `data` (skb_push). */
export const skbPush = (skb: Skb, n: number): number => {
  const at = skb.data - n
  skb.data = at
  if (at < 0) noRoom('headroom', -at)
  return at
}

/** Takes `n` octets from the front and returns the new `data` (skb_pull); the caller has checked the length. */
export const skbPull = (skb: Skb, n: number): number => {
  skb.data += n
  return skb.data
}

/** Appends `n` octets and returns the offset of the first (skb_put). */
export const skbPut = (skb: Skb, n: number): number => {
  const at = skb.tail
  const tail = at + n
  skb.tail = tail
  if (tail > skb.buf.length) noRoom('tailroom', tail - skb.buf.length)
  return at
}

/** Takes over all fields but bytes, owner and accounting (__copy_skb_header, with the offsets). */
export const skbCopyMeta = (to: Skb, from: Skb): void => {
  to.data = from.data
  to.tail = from.tail
  to.macHeader = from.macHeader
  to.networkHeader = from.networkHeader
  to.transportHeader = from.transportHeader
  to.protocol = from.protocol
  to.pktType = from.pktType
  to.dev = from.dev
  to.dst = from.dst
  to.ipSummed = from.ipSummed
  to.csumStart = from.csumStart
  to.csumOffset = from.csumOffset
  to.mark = from.mark
  to.priority = from.priority
  to.skbIif = from.skbIif
  to.hash = from.hash
  to.l4Hash = from.l4Hash
  to.vlanProto = from.vlanProto
  to.vlanTci = from.vlanTci
  to.ipFlags = from.ipFlags
  to.ipOptLen = from.ipOptLen
  to.ignoreDf = from.ignoreDf
  to.fragMaxSize = from.fragMaxSize
  to.fragListSize = from.fragListSize
  to.tapSeq = from.tapSeq
  to.brPort = from.brPort
  to.brFlags = from.brFlags
  to.gsoSize = from.gsoSize
  to.gsoSegs = from.gsoSegs
  to.truesize = from.truesize
  to.nfct = from.nfct
  to.nfctinfo = from.nfctinfo
  to.nfTrace = from.nfTrace
  to.nfBridge = from.nfBridge
}

/** A second skb over the same bytes (skb_clone); counted as created. Write only after {@link skbCow}. */
export const skbClone = (skb: Skb): Skb => {
  if (skb.flowRec !== null) skb.flowRec.fail()
  const pool = skb.netns.world.skbs
  skb.frame.refs++
  skb.netns.acct.created++
  skb.netns.acct.alive++
  const clone = pool.over(skb.frame, skb.netns)
  skbCopyMeta(clone, skb)
  return clone
}

/** A second skb with bytes of its own and `extra` octets more tailroom (skb_copy); counted as created. */
export const skbCopy = (skb: Skb, extra = 0): Skb => {
  if (skb.flowRec !== null) skb.flowRec.fail()
  const pool = skb.netns.world.skbs
  const frame = pool.frame(skb.tail + extra)
  frame.bytes.set(skb.buf.subarray(0, skb.tail))
  skb.netns.acct.created++
  skb.netns.acct.alive++
  const copy = pool.over(frame, skb.netns)
  skbCopyMeta(copy, skb)
  return copy
}

/**
 * Lets a packet that its holder must keep by name become another one: `skb` gets the bytes and fields of `from`, which
 * gets those bytes that `skb` had, for its end (skb_morph).
 */
export const skbMorph = (skb: Skb, from: Skb): void => {
  const { frame } = skb
  skb.frame = from.frame
  skb.buf = from.buf
  from.frame = frame
  from.buf = frame.bytes
  skbCopyMeta(skb, from)
}

/** Makes the bytes this skb's own before a write (skb_cow). Offsets stay. */
export const skbCow = (skb: Skb): void => {
  if (skb.frame.refs !== 1) unshare(skb)
}

const unshare = (skb: Skb): void => {
  const pool = skb.netns.world.skbs
  const frame = pool.frame(skb.tail)
  frame.bytes.set(skb.buf.subarray(0, skb.tail))
  pool.putFrame(skb.frame)
  skb.frame = frame
  skb.buf = frame.bytes
}

/**
 * Makes sure that `room` octets may be written in front of `data`: the bytes become this skb's own, and move back where
 * there is too little headroom (skb_cow_head).
 */
export const skbCowHead = (skb: Skb, room: number): void => {
  if (skb.data >= room) skbCow(skb)
  else moveBack(skb, (room - skb.data + 3) & ~3)
}

const moveBack = (skb: Skb, by: number): void => {
  const pool = skb.netns.world.skbs
  const frame = pool.frame(skb.tail + by)
  frame.bytes.set(skb.buf.subarray(0, skb.tail), by)
  pool.putFrame(skb.frame)
  skb.frame = frame
  skb.buf = frame.bytes
  skb.data += by
  skb.tail += by
  skb.macHeader += by
  skb.networkHeader += by
  skb.transportHeader += by
  skb.csumStart += by
}

/** Makes sure that `room` octets can be appended: the bytes become this skb's own, in a larger frame if need be. */
export const skbExpandTail = (skb: Skb, room: number): void => {
  skbCow(skb)
  if (skb.tail + room <= skb.buf.length) return
  const pool = skb.netns.world.skbs
  const frame = pool.frame(skb.tail + room)
  frame.bytes.set(skb.buf.subarray(0, skb.tail))
  pool.putFrame(skb.frame)
  skb.frame = frame
  skb.buf = frame.bytes
}

/** The packet's sender need not wait for it any longer (skb_orphan). */
export const skbOrphan = (skb: Skb): void => {
  const { owner } = skb
  if (owner === null) return
  skb.owner = null
  owner.wfree(skb.truesize)
}

/** Truesize of packets that are never kept from their senders' count: pure acknowledgements of TCP (skb_is_tcp_pure_ack). */
const PURE_ACK = 2

/** The packet no longer counts, but its sender is not told and still knows it (skb_orphan_partial). */
export const skbOrphanPartial = (skb: Skb): void => {
  const { owner } = skb
  if (owner === null || skb.truesize === PURE_ACK) return
  skb.owner = null
  owner.wmemAlloc -= skb.truesize
}

/** Ends a packet that was dropped: counts `reason` (a number of DROP) at its device and namespace. */
export const kfreeSkb = (skb: Skb, reason: number): void => {
  skb.netns.countDrop(skb, reason)
  skb.netns.acct.alive--
  skb.netns.world.skbs.put(skb)
}

/** Ends a packet whose purpose is fulfilled inside the kernel (consume_skb). */
export const consumeSkb = (skb: Skb): void => {
  const acct = skb.netns.acct
  acct.consumed++
  acct.alive--
  skb.netns.world.skbs.put(skb)
}

/** Ends a packet that a socket or user code has received. */
export const deliverSkb = (skb: Skb): void => {
  const acct = skb.netns.acct
  acct.delivered++
  acct.alive--
  skb.netns.world.skbs.put(skb)
}

/** Moves a packet into another namespace and forgets what the first one decided about it (skb_scrub_packet). */
export const skbScrub = (skb: Skb, netns: Netns): void => {
  skb.dst = null
  skb.sk = null
  skb.ipFlags = 0
  skb.ipOptLen = 0
  skb.ignoreDf = false
  skb.fragMaxSize = 0
  skb.fragListSize = 0
  skb.brPort = null
  skb.brFlags = 0
  skb.nfct = null
  skb.nfctinfo = 0
  skb.nfTrace = false
  skb.nfBridge = null
  skb.skbIif = 0
  if (skb.netns === netns) return
  skb.mark = 0
  skb.priority = 0
  skbSetNetns(skb, netns)
}

/** Lets another namespace account for a packet that keeps all else: what a stacked device does with its lower one. */
export const skbSetNetns = (skb: Skb, netns: Netns): void => {
  if (skb.netns === netns) return
  const from = skb.netns.acct
  from.consumed++
  from.left++
  from.alive--
  netns.acct.entered++
  netns.acct.alive++
  skb.netns = netns
}

/** Partial checksum over the octets `from` to `to` of the buffer, added to `sum` (skb_checksum). */
export const skbCsum = (skb: Skb, from: number, to: number, sum: number): number =>
  csumPartialWords(skb.buf, skb.frame.words, from, to - from, sum)

/** Finishes a checksum that was left to the device (skb_checksum_help). */
export const skbChecksumHelp = (skb: Skb): void => {
  skbCow(skb)
  const start = skb.csumStart
  const at = start + skb.csumOffset
  const sum = csumFold(skbCsum(skb, start, skb.tail, 0))
  // 0 means "no checksum" in UDP, so an all-zero result is sent as its other representation.
  const out = sum === 0 ? 0xffff : sum
  skb.buf[at] = out >> 8
  skb.buf[at + 1] = out & 0xff
  skb.ipSummed = CHECKSUM_NONE
}
