/**
 * Operations on segments of the write and retransmission queues: making, cutting, trimming, ending, and what they count.
 *
 * @see net/ipv4/tcp_output.c tcp_fragment, tso_fragment, tcp_trim_head, tcp_set_skb_tso_segs, tcp_adjust_pcount
 */
import { TH_ACK, TH_FIN, TH_PUSH, TH_SYN } from '../../wire/tcp.js'
import { errnoNumber } from '../../errors.js'
import { netnsTcp } from './netns-tcp.js'
import { tcpCheckSpace } from './tcp-sndbuf.js'
import { tcpRearmRto } from './tcp-input-rtt.js'
import { TCP_SKB_OVERHEAD, tcpSegLen } from './tcp-seg.js'
import { TCPCB_LOST, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS, TcpSeg, type TcpSegQueue } from './tcp-seg.js'
import { before, seqAdd } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'
import { ICSK_TIME_LOSS_PROBE } from './tcp-timer.js'

const ENOMEM = errnoNumber('ENOMEM')
/** SKB_TRUESIZE(GSO_LEGACY_MAX_SIZE). */
const GSO_TRUESIZE: number = 65536 + 576

/** A segment without data, which counts like every other; SYN and FIN take a sequence number (tcp_init_nondata_skb). */
export const newNondataSeg = (tp: TcpSock, seq: number, flags: number): TcpSeg => {
  const seg = new TcpSeg(seq, flags & (TH_SYN | TH_FIN) ? seqAdd(seq, 1) : seq, flags)
  seg.truesize = TCP_SKB_OVERHEAD
  tp.wmemQueued += TCP_SKB_OVERHEAD
  return seg
}

/** An empty segment at the end of the write queue (tcp_stream_alloc_skb, tcp_skb_entail). */
export const newDataSeg = (tp: TcpSock): TcpSeg => {
  const seg = newNondataSeg(tp, tp.writeSeq, TH_ACK)
  tp.writeQueue.pushBack(seg)
  return seg
}

/** Takes a segment off the write queue for good (tcp_unlink_write_queue, tcp_wmem_free_skb). */
export const tcpWriteQueueUnlinkAndFree = (tp: TcpSock, seg: TcpSeg): void => {
  tp.writeQueue.unlink(seg)
  tp.wmemQueued -= seg.truesize
  seg.skb = null
}

/** Takes a segment off the retransmission queue for good (tcp_rtx_queue_unlink_and_free). */
export const tcpRtxQueueUnlinkAndFree = (tp: TcpSock, seg: TcpSeg): void => {
  tp.tsorted.remove(seg)
  tp.rtxQueue.unlink(seg)
  tp.wmemQueued -= seg.truesize
  seg.skb = null
}

/** Works out how many frames a segment makes; returns that (tcp_set_skb_tso_segs). */
export const tcpSetSkbTsoSegs = (seg: TcpSeg, mss: number): number => {
  const len = tcpSegLen(seg)
  seg.gsoSize = len <= mss ? 0 : mss
  seg.pcount = len <= mss ? 1 : Math.ceil(len / mss)
  return seg.pcount
}

/** A segment that was sent makes `decr` frames fewer than was counted (tcp_adjust_pcount). */
export const tcpAdjustPcount = (tp: TcpSock, seg: TcpSeg, decr: number): void => {
  tp.packetsOut -= decr
  if (seg.sacked & TCPCB_SACKED_ACKED) tp.sackedOut -= decr
  if (seg.sacked & TCPCB_SACKED_RETRANS) tp.retransOut -= decr
  if (seg.sacked & TCPCB_LOST) tp.lostOut -= decr
  if (!tp.rxOpt.sackOk && decr > 0) tp.sackedOut -= Math.min(tp.sackedOut, decr)
}

/** The second part of a segment that is cut behind `len` octets. */
const cut = (tp: TcpSock, seg: TcpSeg, len: number): TcpSeg => {
  const rest = tcpSegLen(seg) - len
  const at = seqAdd(seg.seq, len)
  const buff = new TcpSeg(at, seg.endSeq, seg.flags)
  buff.truesize = TCP_SKB_OVERHEAD + rest
  seg.truesize -= rest
  tp.wmemQueued += TCP_SKB_OVERHEAD
  seg.endSeq = at
  seg.flags &= ~(TH_FIN | TH_PUSH)
  buff.eor = seg.eor
  seg.eor = false
  return buff
}

const copyTx = (to: TcpSeg, from: TcpSeg): void => {
  to.mstamp = from.mstamp
  to.txDelivered = from.txDelivered
  to.txDeliveredCe = from.txDeliveredCe
  to.txDeliveredMstamp = from.txDeliveredMstamp
  to.txFirstMstamp = from.txFirstMstamp
  to.txInFlight = from.txInFlight
  to.txIsAppLimited = from.txIsAppLimited
}

/** Cuts a segment of either queue in two, the first of `len` octets (tcp_fragment): 0 or -ENOMEM. */
export const tcpFragment = (tp: TcpSock, queue: TcpSegQueue, seg: TcpSeg, len: number, mss: number): number => {
  const isRtx = queue === tp.rtxQueue
  if (isRtx && tp.wmemQueued >> 1 > tp.sndbuf + 2 * GSO_TRUESIZE && seg !== queue.head && seg !== queue.tail) {
    netnsTcp(tp.netns).mib.TCPWqueueTooBig++
    return -ENOMEM
  }
  const buff = cut(tp, seg, len)
  buff.sacked = seg.sacked
  copyTx(buff, seg)
  const old = seg.pcount
  tcpSetSkbTsoSegs(seg, mss)
  tcpSetSkbTsoSegs(buff, mss)
  if (!before(tp.sndNxt, buff.endSeq)) {
    const diff = old - seg.pcount - buff.pcount
    if (diff !== 0) tcpAdjustPcount(tp, seg, diff)
  }
  queue.insertAfter(seg, buff)
  if (isRtx) tp.tsorted.insertAfter(seg, buff)
  return 0
}

/** Cuts a segment that was never sent (tso_fragment). */
export const tsoFragment = (tp: TcpSock, seg: TcpSeg, len: number, mss: number): void => {
  const buff = cut(tp, seg, len)
  tcpSetSkbTsoSegs(seg, mss)
  tcpSetSkbTsoSegs(buff, mss)
  tp.writeQueue.insertAfter(seg, buff)
}

/** Drops the first `len` octets of a segment that were acknowledged (tcp_trim_head). */
export const tcpTrimHead = (tp: TcpSock, seg: TcpSeg, len: number): void => {
  seg.seq = seqAdd(seg.seq, len)
  seg.truesize -= len
  tp.wmemQueued -= len
  if (seg.pcount > 1) tcpSetSkbTsoSegs(seg, seg.gsoSize)
}

/** Moves what it can of the next segment into one that is smaller than may be sent (tcp_grow_skb). */
export const tcpGrowSkb = (tp: TcpSock, seg: TcpSeg, amount: number): void => {
  const { next } = seg
  if (next === null || seg.eor) return
  const n = Math.min(amount, tcpSegLen(next))
  if (n <= 0) return
  seg.endSeq = seqAdd(seg.endSeq, n)
  next.seq = seqAdd(next.seq, n)
  seg.truesize += n
  next.truesize -= n
  if (tcpSegLen(next) > 0) return
  seg.endSeq = next.endSeq
  eatOne(tp, seg, next)
}

/** The payload of `src` was moved to `dst` whole (tcp_eat_one_skb). */
const eatOne = (tp: TcpSock, dst: TcpSeg, src: TcpSeg): void => {
  dst.flags |= src.flags
  dst.eor = src.eor
  tcpWriteQueueUnlinkAndFree(tp, src)
}

/** New data has left: it waits for its acknowledgement now (tcp_event_new_data_sent). */
export const tcpEventNewDataSent = (tp: TcpSock, seg: TcpSeg): void => {
  const prior = tp.packetsOut
  tp.sndNxt = seg.endSeq
  tp.writeQueue.unlink(seg)
  tp.rtxQueue.pushBack(seg)
  if (tp.highSack === null) tp.highSack = seg
  tp.packetsOut += seg.pcount
  if (prior === 0 || tp.icskPending === ICSK_TIME_LOSS_PROBE) tcpRearmRto(tp)
  netnsTcp(tp.netns).mib.TCPOrigDataSent += seg.pcount
  tcpCheckSpace(tp)
}
