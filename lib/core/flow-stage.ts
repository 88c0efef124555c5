/**
 * One stage of a recorded flow: what becomes of the packets of one flow from the moment when a device hands them to the
 * protocols until the next device or a socket has them.
 *
 * A stage is a pure function of the frame's first octets, of its metadata, and of state that `flowGenid` of two
 * namespaces stands for. It holds the outcome: headers to write, counters and times to move, and where the packet is then.
 *
 * @see net/netfilter/nf_flow_table_ip.c nf_flow_offload_ip_hook
 */
import { getU16, putU16 } from '../wire/bytes.js'
import { csumFold } from '../wire/checksum.js'
import { ETH_HLEN } from '../wire/ethernet.js'
import { IPPROTO_ICMP, IPV4_HLEN, ipv4DecTtl } from '../wire/ipv4.js'
import type { Dst } from './dst.js'
import type { DevStats, NetDevice } from './netdev.js'
import type { Netns } from './netns.js'
import { CHECKSUM_PARTIAL, type Skb, skbSetNetns } from './skb.js'

/** A forwarding entry from whose address a frame was seen. */
export interface FlowSeen {
  updated: number
}

/** A forwarding entry that a frame was sent by. */
export interface FlowUsed {
  used: number
}

/** Draws the identification of the outer header of a tunnel's next packet. */
export interface FlowIdent {
  /** The next one. */
  next(): number
}

/** A socket: takes a packet whose `data` is at its UDP header. Owns it. */
export interface FlowSocket {
  /** Takes it. */
  receive(skb: Skb): void
}

// Octets from the link-layer header on.
const NET = ETH_HLEN
const TOT_LEN = 2
const ID = 4
const CSUM = 10
const PROTO = 9
const UDP_LEN: number = IPV4_HLEN + 4
const ICMP_CSUM: number = IPV4_HLEN + 2

/** A counter of transmitted packets, with what it counts of each besides the octets of the IP packet that came in. */
export class FlowTx {
  readonly stats: DevStats
  readonly extra: number
  constructor(stats: DevStats, extra: number) {
    this.stats = stats
    this.extra = extra
  }
}

/** What is known of a stage when it has been recorded. */
export interface FlowStageInit {
  readonly dev: NetDevice
  /** Words of the frame's head and masks, in turn; see {@link flowKey}. */
  readonly key: Int32Array
  /** Offset of the frame in its word: 0 or 2. */
  readonly phase: number
  readonly pktType: number
  readonly hash: number
  readonly l4Hash: boolean
  readonly priority: number
  readonly ipSummed: number
  readonly csumStart: number
  readonly headerSum: number
  readonly minLen: number
  readonly maxLen: number
  readonly endsInUdp: boolean
  readonly gen: number
  readonly until: number
  readonly seen: FlowSeen | null
  readonly used: FlowUsed | null
  readonly tunnelSeen: FlowSeen | null
  readonly tunnelUsed: FlowUsed | null
  readonly rx: FlowTx | null
  readonly tx: readonly FlowTx[]
  readonly decTtl: boolean
  readonly shift: number
  readonly fixes: number
  readonly needs: number
  /** Octets in front of the IP header as they are written; null to leave them as they are. */
  readonly head: Uint8Array | null
  readonly ident: FlowIdent | null
  readonly socket: FlowSocket | null
  readonly dst: Dst | null
  readonly toDev: NetDevice
  readonly skb: Skb
}

/** A recorded stage. Fields are those of {@link FlowStageInit}; a null object stands for "nothing to do". */
export class FlowStage {
  readonly dev: NetDevice
  readonly key: Int32Array
  readonly phase: number
  readonly pktType: number
  readonly hash: number
  readonly l4Hash: boolean
  readonly priority: number
  readonly ipSummed: number
  readonly csumStart: number
  /** Sum over the words of the IP header that are the same in all packets. */
  readonly headerSum: number
  /** Shortest and longest IP packet that take this way. */
  readonly minLen: number
  readonly maxLen: number
  /** The packet's UDP header is looked at, whose length has to be what is there. */
  readonly endsInUdp: boolean
  readonly netns: Netns
  readonly gen: number
  readonly toNetns: Netns
  readonly toGen: number
  /** Virtual time when something that was consulted falls due. */
  readonly until: number
  readonly seen: FlowSeen | null
  readonly used: FlowUsed | null
  readonly tunnelSeen: FlowSeen | null
  readonly tunnelUsed: FlowUsed | null
  readonly rx: FlowTx | null
  readonly tx0: FlowTx | null
  readonly tx1: FlowTx | null
  readonly tx2: FlowTx | null
  readonly decTtl: boolean
  /** How far the frame's beginning moves. */
  readonly shift: number
  /** Octets in front of the IP header: whole words, and the two before or behind them. */
  readonly headLen: number
  readonly headWords: Int32Array
  readonly headFirst: number
  readonly headLast: number
  readonly ident: FlowIdent | null
  /** Sum over the outer IP header but for length and identification. */
  readonly outerSum: number
  readonly socket: FlowSocket | null
  readonly dst: Dst | null
  readonly toDev: NetDevice
  readonly toPktType: number
  readonly toProtocol: number
  readonly toHash: number
  readonly toL4Hash: boolean
  readonly toPriority: number
  readonly toIpSummed: number
  readonly networkOff: number
  readonly transportOff: number
  readonly toIif: number
  /** The stage that its packets came to last. */
  next: FlowStage | null = null
  /** Octets at the beginning of the frame that leaves which follow from the key, and those that the key itself holds. */
  readonly fixes: number
  readonly needs: number

  constructor(init: FlowStageInit) {
    const { skb } = init
    this.dev = init.dev
    this.key = init.key
    this.phase = init.phase
    this.pktType = init.pktType
    this.hash = init.hash
    this.l4Hash = init.l4Hash
    this.priority = init.priority
    this.ipSummed = init.ipSummed
    this.csumStart = init.csumStart
    this.headerSum = init.headerSum
    this.minLen = init.minLen
    this.maxLen = init.maxLen
    this.endsInUdp = init.endsInUdp
    this.netns = init.dev.netns
    this.gen = init.gen
    this.toNetns = init.toDev.netns
    this.toGen = init.toDev.netns.flowGenid
    this.until = init.until
    this.seen = init.seen
    this.used = init.used
    this.tunnelSeen = init.tunnelSeen
    this.tunnelUsed = init.tunnelUsed
    this.rx = init.rx
    this.tx0 = init.tx[0] ?? null
    this.tx1 = init.tx[1] ?? null
    this.tx2 = init.tx[2] ?? null
    this.decTtl = init.decTtl
    this.shift = init.shift
    const head = init.head ?? new Uint8Array(0)
    const lead = head.length > 0 && ((init.phase + init.shift) & 2) !== 0 ? 2 : 0
    const words = (head.length - lead) >> 2
    this.headLen = head.length
    this.headWords = new Int32Array(head.slice(lead, lead + words * 4).buffer)
    this.headFirst = lead === 2 ? getU16(head, 0) : -1
    this.headLast = lead + words * 4 < head.length ? getU16(head, head.length - 2) : -1
    this.ident = init.ident
    this.outerSum = init.ident === null ? 0 : flowHeaderSum(head, NET)
    this.socket = init.socket
    this.dst = init.dst
    this.toDev = init.toDev
    this.toPktType = skb.pktType
    this.toProtocol = skb.protocol
    this.toHash = skb.hash
    this.toL4Hash = skb.l4Hash
    this.toPriority = skb.priority
    this.toIpSummed = skb.ipSummed
    this.networkOff = skb.networkHeader - skb.macHeader
    this.transportOff = skb.transportHeader - skb.macHeader
    this.toIif = skb.skbIif
    this.fixes = init.fixes
    this.needs = init.needs
  }
}

/** Sum over the IPv4 header at `o` but for total length, identification and checksum. */
export const flowHeaderSum = (b: Uint8Array, o: number): number => {
  let sum = 0
  for (let i = 0; i < IPV4_HLEN; i += 2) if (i !== TOT_LEN && i !== ID && i !== CSUM) sum += getU16(b, o + i)
  return sum
}

/**
 * Key of the first `octets` of a frame that stands at `phase` of its first word: each word, and the mask of its bits that
 * count. What differs between packets of a flow does not: lengths, identification, checksums of the header and of ICMP.
 */
export const flowKey = (head: Uint8Array, octets: number, phase: number, isTunnel: boolean): Int32Array => {
  const length = (phase + octets + 3) & ~3
  const isIcmp = head[NET + PROTO] === IPPROTO_ICMP
  const words = new Uint8Array(length)
  const masks = new Uint8Array(length)
  for (let i = 0; i < octets; i++) {
    const varies = i - NET
    const isLength = (varies & ~1) === TOT_LEN || (isTunnel && (varies & ~1) === UDP_LEN)
    if (isLength || (varies & ~1) === ID || (varies & ~1) === CSUM) continue
    if (isIcmp && (varies & ~1) === ICMP_CSUM) continue
    words[phase + i] = head[i]!
    masks[phase + i] = 0xff
  }
  const [w, m] = [new Int32Array(words.buffer), new Int32Array(masks.buffer)]
  const key = new Int32Array(w.length * 2)
  for (let i = 0; i < w.length; i++) {
    key[2 * i] = w[i]!
    key[2 * i + 1] = m[i]!
  }
  return key
}

/** Does a packet belong to the stage's flow? Its frame begins at `mac`. */
export const flowMatches = (s: FlowStage, skb: Skb, mac: number): boolean => {
  if (s.dev !== skb.dev || s.phase !== (mac & 3) || s.hash !== skb.hash || s.l4Hash !== skb.l4Hash) return false
  if (s.pktType !== skb.pktType || s.priority !== skb.priority || s.ipSummed !== skb.ipSummed) return false
  if (s.ipSummed === CHECKSUM_PARTIAL && s.csumStart !== skb.csumStart - mac) return false
  const { key } = s
  const { words } = skb.frame
  let w = mac >> 2
  for (let i = 0; i < key.length; i += 2) if (((words[w++]! ^ key[i]!) & key[i + 1]!) !== 0) return false
  return true
}

/** May a packet of the stage's flow, with its IP header at `data`, take the recorded way now? */
export const flowFits = (s: FlowStage, skb: Skb, now: number): boolean => {
  if (s.gen !== s.netns.flowGenid || s.toGen !== s.toNetns.flowGenid || now >= s.until) return false
  const b = skb.buf
  const o = skb.data
  const len = skb.tail - o
  const totLen = getU16(b, o + TOT_LEN)
  if (totLen !== len || len < s.minLen || len > s.maxLen || skb.frame.refs !== 1) return false
  if (s.endsInUdp && getU16(b, o + UDP_LEN) !== len - IPV4_HLEN) return false
  return csumFold(s.headerSum + totLen + getU16(b, o + ID) + getU16(b, o + CSUM)) === 0
}

const countTx = (tx: FlowTx, len: number): void => {
  const { stats } = tx
  stats.txPackets++
  stats.txBytes += len + tx.extra
}

/** Moves counters and times as the long way does. */
const count = (s: FlowStage, len: number, now: number): void => {
  if (s.seen !== null) s.seen.updated = now
  if (s.used !== null) s.used.used = now
  if (s.tunnelSeen !== null) s.tunnelSeen.updated = now
  if (s.tunnelUsed !== null) s.tunnelUsed.used = now
  if (s.rx !== null) {
    const { stats } = s.rx
    stats.rxPackets++
    stats.rxBytes += len + s.rx.extra
  }
  if (s.tx0 === null) return
  countTx(s.tx0, len)
  if (s.tx1 === null) return
  countTx(s.tx1, len)
  if (s.tx2 !== null) countTx(s.tx2, len)
}

/** Writes the octets in front of the IP header; the frame begins at `mac` then. */
const putHead = (s: FlowStage, skb: Skb, mac: number): void => {
  const { headWords } = s
  const { words } = skb.frame
  let w = mac >> 2
  if (s.headFirst >= 0) {
    putU16(skb.buf, mac, s.headFirst)
    w++
  }
  for (let i = 0; i < headWords.length; i++) words[w++] = headWords[i]!
  if (s.headLast >= 0) putU16(skb.buf, mac + s.headLen - 2, s.headLast)
}

/** Completes the outer headers of a tunnel. */
const finishOuter = (s: FlowStage, ident: FlowIdent, skb: Skb, mac: number): void => {
  const b = skb.buf
  const o = mac + NET
  const totLen = skb.tail - o
  const id = ident.next()
  putU16(b, o + TOT_LEN, totLen)
  putU16(b, o + ID, id)
  putU16(b, o + CSUM, csumFold(s.outerSum + totLen + id))
  putU16(b, o + UDP_LEN, totLen - IPV4_HLEN)
}

const toSocket = (s: FlowStage, socket: FlowSocket, skb: Skb): void => {
  const o = skb.data
  skb.networkHeader = o
  skb.transportHeader = skb.data = o + IPV4_HLEN
  skb.dev = s.toDev
  skb.pktType = s.toPktType
  skb.skbIif = s.toIif
  skb.dst = s.dst
  socket.receive(skb)
}

/** Takes a packet the recorded way. True when a socket has it; otherwise it is due to be received by `skb.dev`. */
export const flowReplay = (s: FlowStage, skb: Skb, now: number): boolean => {
  const o = skb.data
  count(s, skb.tail - o, now)
  if (s.decTtl) ipv4DecTtl(skb.buf, o)
  if (s.socket !== null) {
    toSocket(s, s.socket, skb)
    return true
  }
  const mac = o - NET + s.shift
  if (s.headLen > 0) putHead(s, skb, mac)
  if (s.ident !== null) finishOuter(s, s.ident, skb, mac)
  skb.macHeader = mac
  skb.data = mac + NET
  skb.networkHeader = mac + s.networkOff
  skb.transportHeader = mac + s.transportOff
  skb.dev = s.toDev
  skb.pktType = s.toPktType
  skb.protocol = s.toProtocol
  skb.hash = s.toHash
  skb.l4Hash = s.toL4Hash
  skb.priority = s.toPriority
  skb.ipSummed = s.toIpSummed
  skb.skbIif = s.toIif
  if (skb.netns !== s.toNetns) skbSetNetns(skb, s.toNetns)
  return false
}
