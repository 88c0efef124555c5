/**
 * Packets of a recorded flow: told by their key, checked for what a key cannot say, and taken where the stage leads.
 *
 * @see net/netfilter/nf_flow_table_ip.c nf_flow_offload_ip_hook
 */
import { getU16, putU16 } from '../wire/bytes.js'
import { devXmit } from './dev-tx.js'
import { csumFold, csumPartial } from '../wire/checksum.js'
import { ETH_HLEN } from '../wire/ethernet.js'
import { IPPROTO_UDP, IPV4_HLEN, ipv4DecTtl, ipv4Proto } from '../wire/ipv4.js'
import { FLOW_CSUM, FLOW_ID, FLOW_TOT_LEN, FLOW_UDP_CSUM, FLOW_UDP_LEN } from './flow-key.js'
import type { FlowHooks, FlowSocket, FlowStage, FlowTunnel, FlowTx, FlowVerify } from './flow-stage.js'
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  type Skb,
  skbChecksumHelp,
  skbOrphan,
  skbSetNetns,
} from './skb.js'

/** Offset of the addresses in the IPv4 header. */
const SADDR = 12

/** Does a packet belong to the stage's flow? Its frame begins at `mac`. */
export const flowMatches = (s: FlowStage, skb: Skb, mac: number): boolean => {
  if (
    s.dev !== skb.dev ||
    s.route !== skb.dst ||
    s.phase !== (mac & 3) ||
    s.hash !== skb.hash ||
    s.l4Hash !== skb.l4Hash
  )
    return false
  if (s.hasOwner !== (skb.owner !== null)) return false
  if (s.pktType !== skb.pktType || s.priority !== skb.priority || s.ipSummed !== skb.ipSummed) return false
  if (s.ipSummed === CHECKSUM_PARTIAL && s.csumStart !== skb.csumStart - mac) return false
  const { key } = s
  const { words } = skb.frame
  let w = (mac + s.keyAt) >> 2
  for (let i = 0; i < key.length; i += 2) if (((words[w++]! ^ key[i]!) & key[i + 1]!) !== 0) return false
  return true
}

/**
 * What is known of checksums of UDP and TCP, one bit for each packet, the outermost first: it is right, or absent. Nobody
 * touches a packet between stages that follow at once, so that what has been found once need not be looked at again.
 */
export const NOTHING_KNOWN = 0
export const CSUM_RIGHT = 1

/** What is known when a packet takes a stage, and when it has taken it. */
export const flowKnownIn = (s: FlowStage, known: number): number => (s.verify === null ? known : known | CSUM_RIGHT)
export const flowKnownOut = (s: FlowStage, known: number): number => {
  if (s.tunnel !== null) return (known << 1) | CSUM_RIGHT
  return s.shift > 0 ? known >> 1 : known
}

/** May a packet of the stage's flow, with its IP header at `data`, take the recorded way now? */
export const flowFits = (s: FlowStage, skb: Skb, known: number): boolean => {
  const b = skb.buf
  const o = skb.data
  const totLen = getU16(b, o + FLOW_TOT_LEN)
  if (totLen !== skb.tail - o) return false
  if (csumFold(s.headerSum + totLen + getU16(b, o + FLOW_ID) + getU16(b, o + FLOW_CSUM)) !== 0) return false
  return flowFitsStill(s, skb, known)
}

/** The same for a packet whose IP header another stage has left right. */
export const flowFitsStill = (s: FlowStage, skb: Skb, known: number): boolean => {
  if (s.gen !== s.netns.flowGenid || s.toGen !== s.toNetns.flowGenid) return false
  if (s.netns.world.sim.now >= s.until) return false
  const { data: o, frame } = skb
  const len = skb.tail - o
  if (len < s.minLen || len > s.maxLen || o < s.minAt || frame.refs !== 1) return false
  if (s.endsInUdp && getU16(skb.buf, o + FLOW_UDP_LEN) !== len - IPV4_HLEN) return false
  if (s.hooks !== null && s.hooks.conn !== null && !s.hooks.conn.accepts(skb)) return false
  if (s.outerHooks !== null && s.outerHooks.conn !== null && !s.outerHooks.conn.accepts(skb)) return false
  return s.verify === null || (known & CSUM_RIGHT) !== 0 || verifies(s.verify, skb)
}

const verifies = (verify: FlowVerify, skb: Skb): boolean => {
  skb.networkHeader = skb.data
  skb.transportHeader = skb.data + IPV4_HLEN
  return verify(skb)
}

const countTx = (tx: FlowTx, len: number): void => {
  const { stats } = tx
  stats.txPackets++
  stats.txBytes += len + tx.extra
}

/** Moves counters and times as the long way does. */
const count = (s: FlowStage, len: number): void => {
  // Not a parameter: a number of that size is boxed for each call.
  const { now } = s.netns.world.sim
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

/** Sum of the pseudo header of the packet with its IP header at `o`, inverted: what a right one adds up to. */
const rightSum = (b: Uint8Array, o: number, tail: number): number =>
  csumFold(csumPartial(b, o + SADDR, 8, ipv4Proto(b, o) + tail - o - IPV4_HLEN))

/** Has the packet with its IP header at `o` a checksum? That of TCP is never absent. */
const hasCsum = (b: Uint8Array, o: number): boolean =>
  ipv4Proto(b, o) !== IPPROTO_UDP || getU16(b, o + FLOW_UDP_CSUM) !== 0

/**
 * Completes the outer headers of a tunnel; the IP header inside is at `inner`. What a right checksum inside covers adds up
 * to what is known without looking, as the kernel uses it where the one inside is left to the device (lco_csum).
 */
const finishOuter = (s: FlowStage, tunnel: FlowTunnel, skb: Skb, mac: number, inner: number, known: number): void => {
  const b = skb.buf
  const o = mac + ETH_HLEN
  const totLen = skb.tail - o
  const len = totLen - IPV4_HLEN
  const id = tunnel.nextIdent()
  putU16(b, o + FLOW_TOT_LEN, totLen)
  putU16(b, o + FLOW_ID, id)
  putU16(b, o + FLOW_CSUM, csumFold(s.outerSum + totLen + id))
  putU16(b, o + FLOW_UDP_LEN, len)
  if (!tunnel.hasCsum) return
  if (s.lcoSum >= 0 && (known & CSUM_RIGHT) !== 0 && hasCsum(b, inner)) {
    const csum = csumFold(s.lcoSum + 2 * len + rightSum(b, inner, skb.tail))
    putU16(b, o + FLOW_UDP_CSUM, csum === 0 ? 0xffff : csum)
    return
  }
  putU16(b, o + FLOW_UDP_CSUM, 0)
  tunnel.setCsum(skb, o + IPV4_HLEN)
}

const toSocket = (s: FlowStage, socket: FlowSocket, skb: Skb, known: number): void => {
  const o = skb.data
  skb.networkHeader = o
  skb.transportHeader = skb.data = o + IPV4_HLEN
  skb.dev = s.toDev
  skb.pktType = s.toPktType
  skb.skbIif = s.toIif
  skb.dst = s.dst
  if ((known & CSUM_RIGHT) !== 0 && skb.ipSummed === CHECKSUM_NONE) skb.ipSummed = CHECKSUM_UNNECESSARY
  socket.receive(skb)
}

/** What netfilter does before it is known where a packet with its IP header at `o` goes, and what it counts. */
const passHooks = (hooks: FlowHooks, skb: Skb, o: number): void => {
  const { conn, pre, counters } = hooks
  skb.networkHeader = o
  if (conn !== null) conn.refresh(skb)
  for (let i = 0; i < counters.length; i++) {
    const counter = counters[i]!
    counter.packets++
    counter.bytes += skb.tail - o
  }
  if (pre !== null) pre.rewrite(skb)
}

const passOuterHooks = (hooks: FlowHooks, skb: Skb, o: number): void => {
  passHooks(hooks, skb, o)
  if (hooks.post !== null) hooks.post.rewrite(skb)
}

/** Lets a device with a qdisc have a packet, which begins at `at`. */
const toQdisc = (s: FlowStage, skb: Skb, at: number): void => {
  skb.macHeader = skb.data = at
  skb.networkHeader = at + s.networkOff
  skb.transportHeader = at + s.transportOff
  skb.dev = s.toDev
  skb.pktType = s.toPktType
  skb.protocol = s.toProtocol
  skb.priority = s.toPriority
  skb.ipSummed = s.toIpSummed
  skb.skbIif = s.toIif
  skb.dst = s.dst
  skb.ipFlags = s.toIpFlags
  skb.nfct = s.nfct
  skb.nfctinfo = s.nfctinfo
  skb.brPort = s.brPort
  skb.brFlags = s.brFlags
  devXmit(skb)
}

/** What its socket and its route have decided about a packet stays behind (skbScrub). */
const leaveHost = (skb: Skb): void => {
  skb.sk = null
  skb.dst = null
  skb.ignoreDf = false
}

/**
 * Takes a packet the recorded way. True when a socket or a device with a qdisc has it; otherwise it is due to be received
 * by `skb.dev`.
 */
export const flowReplay = (s: FlowStage, skb: Skb, known: number): boolean => {
  const o = skb.data
  if (s.orphans) skbOrphan(skb)
  count(s, skb.tail - o)
  const { hooks } = s
  if (hooks !== null) passHooks(hooks, skb, o)
  if (s.decTtl) {
    // What is forwarded has bytes of its own, as after skbCow in ipForward.
    skb.fclone = null
    ipv4DecTtl(skb.buf, o)
  }
  if (hooks !== null && hooks.post !== null) hooks.post.rewrite(skb)
  if (s.socket !== null) {
    toSocket(s, s.socket, skb, known)
    return true
  }
  const mac = o - ETH_HLEN + s.shift
  if (s.headLen > 0) putHead(s, skb, mac)
  if (s.egress !== null) {
    toQdisc(s, skb, o - s.networkOff)
    return true
  }
  if (s.route !== null) leaveHost(skb)
  if (s.tunnel !== null) {
    finishOuter(s, s.tunnel, skb, mac, o, known)
    if (s.outerHooks !== null) passOuterHooks(s.outerHooks, skb, mac + ETH_HLEN)
  }
  if (s.finishesCsum && skb.ipSummed === CHECKSUM_PARTIAL) skbChecksumHelp(skb)
  skb.macHeader = mac
  skb.data = mac + ETH_HLEN
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
