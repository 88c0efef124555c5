/**
 * Marks segments of the retransmission queue that the peer has. Neighbours that it has become one, so that the queue stays
 * short.
 *
 * @see net/ipv4/tcp_input.c tcp_sacktag_walk, tcp_sacktag_one, tcp_shift_skb_data, tcp_match_skb_to_sack
 */
import { TH_FIN } from '../../wire/tcp.js'
import { netnsTcp } from './netns-tcp.js'
import { FLAG_DATA_SACKED, FLAG_ORIG_SACK_ACKED } from './tcp-ack-sample.js'
import { tcpAdvanceHighestSack, tcpHighestSackSeq } from './tcp-highest-sack.js'
import { tcpSkbSeglen } from './tcp-input-loss.js'
import { tcpSegLen } from './tcp-seg.js'
import { tcpFragment, tcpRtxQueueUnlinkAndFree } from './tcp-output-segs.js'
import { tcpRackAdvance } from './tcp-rack.js'
import { tcpRateSkbDelivered } from './tcp-rate.js'
import {
  TCPCB_EVER_RETRANS,
  TCPCB_LOST,
  TCPCB_RETRANS,
  TCPCB_SACKED_ACKED,
  TCPCB_SACKED_RETRANS,
  TCPCB_TAGBITS,
  type TcpSeg,
} from './tcp-seg.js'
import { after, before } from './tcp-seq.js'
import type { SackBlock, TcpSock } from './tcp-sock.js'
import { tcpSegUs } from './tcp-time.js'

/** Most octets and frames of one segment. */
const MAX_LEN = 65535 * 8
const MAX_SEGS = 65535

/** The segment in which `seq` lies, searched from `from` on where that is before it, or null (tcp_sacktag_skip). */
export const tcpSacktagSkip = (tp: TcpSock, from: TcpSeg | null, seq: number): TcpSeg | null => {
  if (from !== null && after(from.seq, seq)) return from
  const { highSack } = tp
  let seg = from ?? tp.rtxQueue.head
  if (highSack !== null && seg !== null && !after(highSack.seq, seq) && after(highSack.seq, seg.seq)) seg = highSack
  for (; seg !== null && !after(seg.seq, seq); seg = seg.next) if (before(seq, seg.endSeq)) return seg
  return null
}

/** Cuts a segment so that a block covers a whole one: 1 it is covered, 0 not, negative: it could not be cut (tcp_match_skb_to_sack). */
const matchSkbToSack = (tp: TcpSock, seg: TcpSeg, start: number, end: number): number => {
  let inSack = !after(start, seg.seq) && !before(end, seg.endSeq)
  if (seg.pcount <= 1 || inSack || !after(seg.endSeq, start)) return inSack ? 1 : 0
  const mss = seg.gsoSize
  inSack = !after(start, seg.seq)
  let len = inSack ? (end - seg.seq) | 0 : (start - seg.seq) | 0
  if (len < mss) {
    if (inSack) return -1
    len = mss
  }
  // Whole frames, and what is left over.
  if (len > mss) {
    const whole = Math.floor(len / mss) * mss
    len = !inSack && whole < len ? whole + mss : whole
  }
  if (len >= tcpSegLen(seg) && !inSack) return 0
  return tcpFragment(tp, tp.rtxQueue, seg, len, mss) < 0 ? -1 : inSack ? 1 : 0
}

/** Counts a range that is newly acknowledged; the new marks (tcp_sacktag_one). */
const sacktagOne = (
  tp: TcpSock,
  marks: number,
  start: number,
  end: number,
  isDup: boolean,
  pcount: number,
  us: number,
): number => {
  const { ackState } = tp
  let sacked = marks
  if (isDup && sacked & TCPCB_RETRANS) {
    if (tp.undoMarker !== 0 && tp.undoRetrans > 0 && after(end, tp.undoMarker))
      tp.undoRetrans = Math.max(0, tp.undoRetrans - pcount)
    if (sacked & TCPCB_SACKED_ACKED && before(start, ackState.reord)) ackState.reord = start
  }
  if (!after(end, tp.sndUna)) return sacked
  if ((sacked & TCPCB_SACKED_ACKED) === 0) {
    tcpRackAdvance(tp, sacked, end, us)
    if (sacked & TCPCB_SACKED_RETRANS) {
      // While it does not count as lost, the retransmission is still believed to be on its way.
      if (sacked & TCPCB_LOST) {
        sacked &= ~(TCPCB_LOST | TCPCB_SACKED_RETRANS)
        tp.lostOut -= pcount
        tp.retransOut -= pcount
      }
    } else {
      if ((sacked & TCPCB_RETRANS) === 0) noteOriginal(tp, start, end, us)
      if (sacked & TCPCB_LOST) {
        sacked &= ~TCPCB_LOST
        tp.lostOut -= pcount
      }
    }
    sacked |= TCPCB_SACKED_ACKED
    ackState.flag |= FLAG_DATA_SACKED
    tp.sackedOut += pcount
    ackState.sackDelivered += pcount
  }
  if (isDup && sacked & TCPCB_SACKED_RETRANS) {
    sacked &= ~TCPCB_SACKED_RETRANS
    tp.retransOut -= pcount
  }
  return sacked
}

/** Something arrived that was sent once: reordering when it fills a hole, and a sample of the RTT. */
const noteOriginal = (tp: TcpSock, start: number, end: number, us: number): void => {
  const { ackState } = tp
  if (before(start, tcpHighestSackSeq(tp)) && before(start, ackState.reord)) ackState.reord = start
  if (!after(end, tp.highSeq)) ackState.flag |= FLAG_ORIG_SACK_ACKED
  if (ackState.firstSacktUs < 0) ackState.firstSacktUs = us
  ackState.lastSacktUs = us
}

/** Moves acknowledged octets into the segment before; true when nothing is left of `seg` (tcp_shifted_skb). */
const shifted = (
  tp: TcpSock,
  prev: TcpSeg,
  seg: TcpSeg,
  pcount: number,
  len: number,
  mss: number,
  isDup: boolean,
): boolean => {
  const { mib } = netnsTcp(tp.netns)
  const start = seg.seq
  const end = (start + len) | 0
  sacktagOne(tp, seg.sacked, start, end, isDup, pcount, tcpSegUs(seg))
  tcpRateSkbDelivered(tp, seg, tp.rate)
  prev.endSeq = (prev.endSeq + len) | 0
  seg.seq = end
  prev.truesize += len
  seg.truesize -= len
  prev.pcount += pcount
  seg.pcount -= pcount
  if (prev.gsoSize === 0) prev.gsoSize = mss
  if (seg.pcount <= 1) seg.gsoSize = 0
  prev.sacked |= seg.sacked & TCPCB_EVER_RETRANS
  if (tcpSegLen(seg) > 0) {
    mib.TCPSackShifted++
    return false
  }
  if (seg === tp.retransHint) tp.retransHint = prev
  prev.flags |= seg.flags
  prev.eor = seg.eor
  if (seg.flags & TH_FIN) prev.endSeq = (prev.endSeq + 1) | 0
  if (seg === tp.highSack) tcpAdvanceHighestSack(tp, seg)
  if (prev.txDeliveredMstamp >= 0) prev.txDeliveredMstamp = -1
  tcpRtxQueueUnlinkAndFree(tp, seg)
  mib.TCPSackMerged++
  return true
}

/** The segment has octets that can be moved, and room for them is not at an end. */
const canShift = (to: TcpSeg, len: number, pcount: number): boolean =>
  !to.eor && tcpSegLen(to) + len < MAX_LEN && to.pcount + pcount <= MAX_SEGS

const isSackedOnly = (seg: TcpSeg): boolean => (seg.sacked & TCPCB_TAGBITS) === TCPCB_SACKED_ACKED

/** Octets of `seg` from its start on that the block covers in whole frames; 0: nothing to do, -1: not by moving. */
const shiftLen = (seg: TcpSeg, prev: TcpSeg, start: number, end: number): number => {
  if (!after(start, seg.seq) && !before(end, seg.endSeq)) {
    return tcpSkbSeglen(seg) === tcpSkbSeglen(prev) ? tcpSegLen(seg) : -1
  }
  if (!after(seg.endSeq, start) || seg.pcount <= 1) return 0
  if (after(start, seg.seq)) return -1
  const mss = seg.gsoSize
  if (mss !== tcpSkbSeglen(prev)) return -1
  return Math.floor(((end - seg.seq) | 0) / mss) * mss
}

/** The hole before is filled: what follows may be joined as well. */
const shiftNext = (tp: TcpSock, prev: TcpSeg, mss: number): void => {
  const seg = prev.next
  if (seg === null || tcpSegLen(seg) === 0 || !isSackedOnly(seg) || tcpSkbSeglen(seg) !== mss) return
  const len = tcpSegLen(seg)
  if (canShift(prev, len, seg.pcount)) shifted(tp, prev, seg, seg.pcount, len, mss, false)
}

/**
 * Joins what a block covers with the acknowledged segment before it: that segment; `seg` itself when there is nothing to
 * do; null when it cannot be joined (tcp_shift_skb_data).
 */
const shiftSkbData = (tp: TcpSock, seg: TcpSeg, start: number, end: number, isDup: boolean): TcpSeg | null => {
  const { prev } = seg
  const isOnWayAgain = !isDup && (seg.sacked & (TCPCB_LOST | TCPCB_SACKED_RETRANS)) === TCPCB_SACKED_RETRANS
  const has = tcpSegLen(seg)
  if (isOnWayAgain || has === 0 || !after(seg.endSeq, tp.sndUna) || prev === null || !isSackedOnly(prev) || prev.eor)
    return fallback(tp)
  const len = shiftLen(seg, prev, start, end)
  if (len === 0) return seg
  if (len < 0 || !after((seg.seq + len) | 0, tp.sndUna)) return fallback(tp)
  const mss = tcpSkbSeglen(seg)
  const pcount = len === has ? seg.pcount : Math.floor(len / mss)
  if (!canShift(prev, len, pcount)) return fallback(tp)
  if (shifted(tp, prev, seg, pcount, len, mss, isDup)) shiftNext(tp, prev, mss)
  return prev
}

const fallback = (tp: TcpSock): null => {
  netnsTcp(tp.netns).mib.TCPSackShiftFallback++
  return null
}

/** Marks one segment that is covered. */
const tag = (tp: TcpSock, seg: TcpSeg, isDup: boolean): void => {
  seg.sacked = sacktagOne(tp, seg.sacked, seg.seq, seg.endSeq, isDup, seg.pcount, tcpSegUs(seg))
  tcpRateSkbDelivered(tp, seg, tp.rate)
  if (seg.sacked & TCPCB_SACKED_ACKED) tp.tsorted.remove(seg)
  if (!before(seg.seq, tcpHighestSackSeq(tp))) tcpAdvanceHighestSack(tp, seg)
}

/** Marks what lies from `start` to `end`, from a segment on; where it ended (tcp_sacktag_walk). */
export const tcpSacktagWalk = (
  tp: TcpSock,
  from: TcpSeg | null,
  nextDup: SackBlock | null,
  start: number,
  end: number,
  isDupBlock: boolean,
): TcpSeg | null => {
  let seg = from
  while (seg !== null && before(seg.seq, end)) {
    let isDup = isDupBlock
    let inSack = 0
    if (nextDup !== null && before(seg.seq, nextDup.end)) {
      inSack = matchSkbToSack(tp, seg, nextDup.start, nextDup.end)
      if (inSack > 0) isDup = true
    }
    if (inSack <= 0) {
      const at = shiftSkbData(tp, seg, start, end, isDup)
      if (at === null) inSack = matchSkbToSack(tp, seg, start, end)
      else if (at === seg) inSack = 0
      else {
        seg = at.next
        continue
      }
    }
    if (inSack < 0) break
    if (inSack > 0) tag(tp, seg, isDup)
    seg = seg.next
  }
  return seg
}
