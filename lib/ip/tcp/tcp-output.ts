/**
 * From a queued segment to a frame.
 *
 * @see net/ipv4/tcp_output.c __tcp_transmit_skb
 */
import { TCP_SKB_OVERHEAD, tcpSegLen } from './tcp-seg.js'
import { netXmitErrno } from '../../core/dev-tx.js'
import { allocSkb, CHECKSUM_PARTIAL, type Skb, skbPut } from '../../core/skb.js'
import { putU16, putU32 } from '../../wire/bytes.js'
import { csumFold, csumPseudo } from '../../wire/checksum.js'
import { IPPROTO_TCP, IPV4_HLEN } from '../../wire/ipv4.js'
import { TCP_HLEN, TH_ACK, TH_CWR, TH_ECE, TH_PUSH, TH_SYN, TH_URG } from '../../wire/tcp.js'
import { ipQueueXmit } from '../queue-xmit.js'
import { netnsTcp } from './netns-tcp.js'
import { inetEcnDontxmit, inetEcnXmit, TCP_ECN_DEMAND_CWR, TCP_ECN_OK, TCP_ECN_QUEUE_CWR } from './tcp-ecn.js'
import { tcpCaEvent } from './tcp-cong.js'
import { tcpEnterCwr } from './tcp-input-cwnd.js'
import { tcpDecQuickackMode } from './tcp-input-quickack.js'
import { inetCskIncPingpongCnt } from './tcp-ack-state.js'
import { tcpAdvertiseMss } from './tcp-output-mss.js'
import {
  type SynOptions,
  tcpEstablishedOptionsLen,
  tcpEstablishedOptionsWrite,
  tcpSynOptions,
  tcpSynOptionsLen,
  tcpSynOptionsWrite,
} from './tcp-output-options.js'
import { tcpSelectWindow } from './tcp-output-window.js'
import { tcpRateSkbSent } from './tcp-rate.js'
import type { TcpSeg } from './tcp-seg.js'
import { after, before } from './tcp-seq.js'
import { PURE_ACK_TRUESIZE, type TcpSock, TSQ_THROTTLED } from './tcp-sock.js'
import { tcpJiffies } from './tcp-time.js'
import { ICSK_TIME_DACK, inetCskClearXmitTimer, tcpCancelCompressedAckTimer } from './tcp-timer.js'

const NS_PER_MS = 1_000_000
const WINDOW_SHIFT = 14
const TCP_CSUM = 16
const TCP_URG = 18

/** True while what was sent last of a segment is in a queue of this machine: sending it again is of no use. */
export const segStillInHostQueue = (tp: TcpSock, seg: TcpSeg): boolean => {
  const { skb } = seg
  if (skb === null || !skb.alive || skb.sk !== tp || skb.seq !== seg.seq) return false
  tp.deferred |= TSQ_THROTTLED
  netnsTcp(tp.netns).mib.TCPSpuriousRtxHostQueues++
  return true
}

/** Writes the checksum field of a segment whose sum the device finishes (__tcp_v4_send_check); `skb.data` is at the header. */
export const tcpV4SendCheck = (skb: Skb, saddr: number, daddr: number): void => {
  const at = skb.data
  const pseudo = csumPseudo(saddr, daddr, IPPROTO_TCP, skb.tail - at)
  putU16(skb.buf, at + TCP_CSUM, ~csumFold(pseudo) & 0xffff)
  skb.ipSummed = CHECKSUM_PARTIAL
  skb.csumStart = at
  skb.csumOffset = TCP_CSUM
}

/** Writes the fixed part of a header at `o`; the checksum stays 0. */
export const putTcpHeader = (
  b: Uint8Array,
  o: number,
  sport: number,
  dport: number,
  seq: number,
  ack: number,
  headerLen: number,
  flags: number,
  window: number,
): void => {
  putU16(b, o, sport)
  putU16(b, o + 2, dport)
  putU32(b, o + 4, seq)
  putU32(b, o + 8, ack)
  b[o + 12] = (headerLen >> 2) << 4
  b[o + 13] = flags
  putU16(b, o + WINDOW_SHIFT, window)
  putU16(b, o + TCP_CSUM, 0)
  putU16(b, o + TCP_URG, 0)
}

/** A fresh skb for a TCP segment of `octets` octets from the header on; `data` is at the header. */
export const allocTcpSkb = (tp: TcpSock, octets: number): Skb => {
  const skb = allocSkb(tp.netns, IPV4_HLEN + octets)
  skb.data = skb.tail = skb.data + IPV4_HLEN
  skb.transportHeader = skbPut(skb, octets)
  return skb
}

/** Account for an acknowledgement that was sent (tcp_event_ack_sent). */
const eventAckSent = (tp: TcpSock, rcvNxt: number): void => {
  if (tp.compressedAck !== 0) {
    netnsTcp(tp.netns).mib.TCPAckCompressed += tp.compressedAck
    tp.compressedAck = 0
    tcpCancelCompressedAckTimer(tp)
  }
  // An acknowledgement of something older reflects congestion and is not the one that is due.
  if (rcvNxt !== tp.rcvNxt) return
  tcpDecQuickackMode(tp)
  inetCskClearXmitTimer(tp, ICSK_TIME_DACK)
}

/** Account for data that was sent (tcp_event_data_sent). */
const eventDataSent = (tp: TcpSock): void => {
  if (tp.inFlight === 0) tcpCaEvent(tp, 'tx-start')
  const now = tcpJiffies(tp.netns)
  tp.lsndtimeJiffies = now
  // A reply within the time of a delayed acknowledgement: the connection is interactive.
  if (now - tp.ack.lrcvtimeJiffies < tp.ack.atoJiffies) inetCskIncPingpongCnt(tp)
}

/** Marks and flags of congestion (tcp_ecn_send); returns the flags to add. */
const ecnSend = (tp: TcpSock, seq: number, len: number): number => {
  if ((tp.ecnFlags & TCP_ECN_OK) === 0) return 0
  let flags = 0
  if (len !== 0 && !before(seq, tp.sndNxt)) {
    inetEcnXmit(tp)
    if (tp.ecnFlags & TCP_ECN_QUEUE_CWR) {
      tp.ecnFlags &= ~TCP_ECN_QUEUE_CWR
      flags = TH_CWR
    }
  } else if (tp.caOps?.needsEcn !== true) inetEcnDontxmit(tp)
  return tp.ecnFlags & TCP_ECN_DEMAND_CWR ? flags | TH_ECE : flags
}

/** The urgent pointer, where there is urgent data ahead. */
const putUrgent = (tp: TcpSock, b: Uint8Array, o: number, seq: number): void => {
  if (!before(seq, tp.sndUp)) return
  if (before(tp.sndUp, (seq + 0x10000) | 0)) putU16(b, o + TCP_URG, (tp.sndUp - seq) | 0)
  else if (after((seq + 0xffff) | 0, tp.sndNxt)) putU16(b, o + TCP_URG, 0xffff)
  else return
  b[o + 13]! |= TH_URG
}

/** Fills in the header and its options; `flags` as the segment has them. */
const fillHeader = (
  tp: TcpSock,
  skb: Skb,
  seq: number,
  flags: number,
  headerLen: number,
  len: number,
  rcvNxt: number,
): void => {
  const { buf: b, data: o } = skb
  const tsval = (Math.floor(tp.tcpWstampNs / NS_PER_MS) + tp.tsOffset) | 0
  const window = tcpSelectWindow(tp)
  const ecn = ecnSend(tp, seq, len)
  const sport = tp.localPort !== 0 ? tp.localPort : tp.lastPort
  putTcpHeader(b, o, sport, tp.peerPort, seq, rcvNxt, headerLen, flags | ecn, window)
  if (tp.sndUna !== tp.sndUp) putUrgent(tp, b, o, seq)
  tcpEstablishedOptionsWrite(tp, b, o + TCP_HLEN, tsval)
}

const fillSyn = (tp: TcpSock, skb: Skb, seq: number, flags: number, opts: SynOptions, rcvNxt: number): void => {
  const window = Math.min(tp.rcvWnd, 0xffff)
  const headerLen = TCP_HLEN + tcpSynOptionsLen(opts)
  putTcpHeader(skb.buf, skb.data, tp.localPort, tp.peerPort, seq, rcvNxt, headerLen, flags, window)
  tcpSynOptionsWrite(opts, skb.buf, skb.data + TCP_HLEN)
}

/** Gives a finished segment to IPv4 and counts it. `truesize`: what it counts as while it is on its way. */
const sendSkb = (
  tp: TcpSock,
  skb: Skb,
  truesize: number,
  flags: number,
  len: number,
  segs: number,
  rcvNxt: number,
): number => {
  skb.truesize = truesize
  skb.owner = tp
  tp.wmemAlloc += truesize
  tcpV4SendCheck(skb, tp.sourceAddress, tp.peerAddress)
  if (flags & TH_ACK) eventAckSent(tp, rcvNxt)
  if (len !== 0) {
    eventDataSent(tp)
    tp.dataSegsOut += segs
    tp.bytesSent += len
  }
  tp.segsOut += segs
  skb.hash = tp.txHash
  skb.l4Hash = tp.txHash !== 0
  const rc = ipQueueXmit(tp, skb)
  if (rc <= 0) return rc
  tcpEnterCwr(tp)
  return netXmitErrno(rc)
}

/** Sends at the earliest when pacing lets it; the time that the segment bears. */
const stampTransmit = (tp: TcpSock): void => {
  if (tp.tcpWstampNs < tp.tcpClockNs) tp.tcpWstampNs = tp.tcpClockNs
}

const countOut = (tp: TcpSock, seq: number, endSeq: number, segs: number): void => {
  if (after(endSeq, tp.sndNxt) || seq === endSeq) netnsTcp(tp.netns).mib.TcpOutSegs += segs
}

/**
 * Transmits a segment that stays on its queue (tcp_transmit_skb with clone_it): 0 or a negative errno. `seg.mstamp` is the
 * time of transmission afterwards.
 */
export const tcpTransmitSkb = (tp: TcpSock, seg: TcpSeg): number => {
  const priorWstamp = tp.tcpWstampNs
  stampTransmit(tp)
  seg.mstamp = tp.tcpWstampNs
  const rc = seg.flags & TH_SYN ? transmitSyn(tp, seg) : transmitData(tp, seg)
  if (rc !== 0) return rc
  updateSkbAfterSend(tp, seg, priorWstamp)
  tcpRateSkbSent(tp, seg)
  return 0
}

const transmitSyn = (tp: TcpSock, seg: TcpSeg): number => {
  const opts = tcpSynOptions(tp, tcpAdvertiseMss(tp), Math.floor(tp.tcpWstampNs / NS_PER_MS))
  const skb = allocTcpSkb(tp, TCP_HLEN + tcpSynOptionsLen(opts))
  fillSyn(tp, skb, seg.seq, seg.flags, opts, tp.rcvNxt)
  skb.seq = seg.seq
  seg.skb = skb
  countOut(tp, seg.seq, seg.endSeq, 1)
  skb.seq = seg.seq
  seg.skb = skb
  return sendSkb(tp, skb, TCP_SKB_OVERHEAD, seg.flags, 0, 1, tp.rcvNxt)
}

const transmitData = (tp: TcpSock, seg: TcpSeg): number => {
  const len = tcpSegLen(seg)
  const { rcvNxt } = tp
  const headerLen = TCP_HLEN + tcpEstablishedOptionsLen(tp)
  // A packet of several segments is pushed, which lets the receiver's GRO pass it on; what is cut from it later is not.
  const flags = seg.pcount > 1 ? seg.flags | TH_PUSH : seg.flags
  const skb = allocTcpSkb(tp, headerLen + len)
  fillHeader(tp, skb, seg.seq, flags, headerLen, len, rcvNxt)
  if (len !== 0) tp.sendBuffer.copyTo(seg.seq, len, skb.buf, skb.data + headerLen)
  if (seg.pcount > 1) {
    skb.gsoSize = seg.gsoSize
    skb.gsoSegs = seg.pcount
  }
  skb.seq = seg.seq
  // What was sent before and is still somewhere makes this one a copy, otherwise the two share their bytes.
  const last = seg.skb
  if (last === null || !last.alive || last.fclone !== seg) skb.fclone = seg
  seg.skb = skb
  countOut(tp, seg.seq, seg.endSeq, seg.pcount)
  return sendSkb(tp, skb, TCP_SKB_OVERHEAD + len, flags, len, seg.pcount, rcvNxt)
}

/** Transmits a segment without data that is on no queue: acknowledgement, probe or reset (tcp_transmit_skb without clone_it). */
export const tcpTransmitBare = (tp: TcpSock, seq: number, flags: number, rcvNxt: number, truesize: number): number => {
  stampTransmit(tp)
  const headerLen = TCP_HLEN + tcpEstablishedOptionsLen(tp)
  const skb = allocTcpSkb(tp, headerLen)
  fillHeader(tp, skb, seq, flags, headerLen, 0, rcvNxt)
  countOut(tp, seq, seq, 1)
  return sendSkb(tp, skb, truesize, flags, 0, 1, rcvNxt)
}

/** An acknowledgement: it hardly counts, so that it does not hold up data. */
export const tcpTransmitAck = (tp: TcpSock, seq: number, rcvNxt: number): number =>
  tcpTransmitBare(tp, seq, TH_ACK, rcvNxt, PURE_ACK_TRUESIZE)

/** First segments of a connection that are not paced. */
const UNPACED_SEGMENTS = 10

/** Pacing, and the order of transmission (tcp_update_skb_after_send). */
const updateSkbAfterSend = (tp: TcpSock, seg: TcpSeg, priorWstamp: number): void => {
  if (tp.pacingNeeded && tp.pacingRate !== 0 && tp.dataSegsOut >= UNPACED_SEGMENTS) {
    const octets = tcpSegLen(seg)
    const lenNs = Math.floor((octets * 1e9) / tp.pacingRate)
    const credit = tp.tcpWstampNs - priorWstamp
    tp.tcpWstampNs += lenNs - Math.min(Math.floor(lenNs / 2), credit)
  }
  tp.tsorted.moveToTail(seg)
}
