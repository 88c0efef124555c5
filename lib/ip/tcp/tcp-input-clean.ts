/**
 * Segments that the peer has acknowledged leave the retransmission queue.
 *
 * @see net/ipv4/tcp_input.c tcp_clean_rtx_queue
 */
import { TH_SYN } from '../../wire/tcp.js'
import {
  type CleanState,
  FLAG_ACK_MAYBE_DELAYED,
  FLAG_ACKED,
  FLAG_DATA_ACKED,
  FLAG_ECE,
  FLAG_ORIG_SACK_ACKED,
  FLAG_RETRANS_DATA_ACKED,
  FLAG_SACK_RENEGING,
  FLAG_SET_XMIT_TIMER,
  FLAG_SYN_ACKED,
} from './tcp-ack-sample.js'
import { TCP_CHRONO_BUSY, tcpChronoStop } from './tcp-chrono.js'
import { tcpHighestSackReplace } from './tcp-highest-sack.js'
import { tcpMtupProbeSuccess } from './tcp-input-cwnd.js'
import { tcpCountDelivered, tcpRemoveRenoSacks } from './tcp-input-loss.js'
import { tcpAckUpdateRtt } from './tcp-input-rtt.js'
import { tcpCheckSackReordering } from './tcp-input-sack.js'
import { tcpSkbSpuriousRetrans } from './tcp-input-undo.js'
import { tcpRtxQueueUnlinkAndFree, tcpTrimHead } from './tcp-output-segs.js'
import { tcpRackAdvance } from './tcp-rack.js'
import { tcpRateSkbDelivered } from './tcp-rate.js'
import { TCPCB_LOST, TCPCB_RETRANS, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS, type TcpSeg } from './tcp-seg.js'
import { after, before, between } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpMstampUs, tcpSegUs, usDelta } from './tcp-time.js'

/** Frames of the head that are acknowledged while the rest is not (tcp_tso_acked). */
const tsoAcked = (tp: TcpSock, seg: TcpSeg): number => {
  const before = seg.pcount
  tcpTrimHead(tp, seg, (tp.sndUna - seg.seq) | 0)
  return before - seg.pcount
}

/** Counts `acked` frames of a segment. `startSeq`, `sacked`: as it was before. */
const account = (tp: TcpSock, st: CleanState, seg: TcpSeg, startSeq: number, sacked: number, acked: number): void => {
  if (sacked & TCPCB_RETRANS) {
    if (sacked & TCPCB_SACKED_RETRANS) tp.retransOut -= acked
    st.flag |= FLAG_RETRANS_DATA_ACKED
  } else if ((sacked & TCPCB_SACKED_ACKED) === 0) {
    st.lastAckUs = tcpSegUs(seg)
    if (st.firstAckUs < 0) st.firstAckUs = st.lastAckUs
    if (before(startSeq, st.reord)) st.reord = startSeq
    if (!after(seg.endSeq, tp.highSeq)) st.flag |= FLAG_ORIG_SACK_ACKED
  }
  if (sacked & TCPCB_SACKED_ACKED) tp.sackedOut -= acked
  else if (tp.rxOpt.sackOk) {
    tcpCountDelivered(tp, acked, (tp.ackState.flag & FLAG_ECE) !== 0)
    if (!tcpSkbSpuriousRetrans(tp, seg)) tcpRackAdvance(tp, sacked, seg.endSeq, tcpSegUs(seg))
  }
  if (sacked & TCPCB_LOST) tp.lostOut -= acked
  tp.packetsOut -= acked
  st.pktsAcked += acked
  tcpRateSkbDelivered(tp, seg, tp.rate)
  if ((seg.flags & TH_SYN) === 0) st.flag |= FLAG_DATA_ACKED
  else {
    st.flag |= FLAG_SYN_ACKED
    tp.retransStamp = 0
  }
}

/** Takes what is acknowledged off the queue; true when the last segment was acknowledged whole. */
const walk = (tp: TcpSock, st: CleanState): boolean => {
  for (let seg = tp.rtxQueue.head; seg !== null; seg = tp.rtxQueue.head) {
    const { seq, sacked } = seg
    if (after(seg.endSeq, tp.sndUna)) {
      if (seg.pcount === 1 || !after(tp.sndUna, seq)) return true
      const acked = tsoAcked(tp, seg)
      if (acked === 0) return true
      account(tp, st, seg, seq, sacked, acked)
      return false
    }
    account(tp, st, seg, seq, sacked, seg.pcount)
    if (seg === tp.retransHint) tp.retransHint = null
    tcpHighestSackReplace(tp, seg, seg.next)
    tcpRtxQueueUnlinkAndFree(tp, seg)
  }
  return true
}

/** It was a single small packet, whose acknowledgement the peer may have delayed. */
const maybeDelayed = (tp: TcpSock, st: CleanState, fully: boolean, priorSacked: number, priorSndUna: number): boolean =>
  st.pktsAcked === 1 &&
  fully &&
  priorSacked === 0 &&
  ((tp.sndUna - priorSndUna) | 0) < tp.mssCache &&
  tp.rate.priorDelivered + 1 === tp.delivered &&
  (st.flag & FLAG_SYN_ACKED) === 0

/** What follows from acknowledged data besides the RTT. */
const onAcked = (tp: TcpSock, st: CleanState, priorFack: number): void => {
  st.flag |= FLAG_SET_XMIT_TIMER
  const { mtup } = tp
  if (mtup.probeSize !== 0 && !after(mtup.probeSeqEnd, tp.sndUna)) tcpMtupProbeSuccess(tp)
  if (tp.rxOpt.sackOk) {
    if (before(st.reord, priorFack)) tcpCheckSackReordering(tp, st.reord, false)
    return
  }
  tcpRemoveRenoSacks(tp, st.pktsAcked, (tp.ackState.flag & FLAG_ECE) !== 0)
  // Without SACK nobody knows which transmission was acknowledged.
  if (st.flag & FLAG_RETRANS_DATA_ACKED) st.flag &= ~FLAG_ORIG_SACK_ACKED
}

/** Removes what is acknowledged (tcp_clean_rtx_queue). Flags go to `tp.ackState.flag`, the RTT to `tp.rate`. */
export const tcpCleanRtxQueue = (tp: TcpSock, priorFack: number, priorSndUna: number): void => {
  const { ackState, cleanState: st } = tp
  const priorSacked = tp.sackedOut
  const now = tcpMstampUs(tp)
  st.flag = 0
  st.firstAckUs = st.lastAckUs = -1
  st.pktsAcked = 0
  st.reord = tp.sndNxt
  const fully = walk(tp, st)
  tp.sendBuffer.release(tp.sndUna)
  const { head } = tp.rtxQueue
  if (head === null) tcpChronoStop(tp, TCP_CHRONO_BUSY)
  if (between(tp.sndUp, priorSndUna, tp.sndUna)) tp.sndUp = tp.sndUna
  if (head !== null && head.sacked & TCPCB_SACKED_ACKED) st.flag |= FLAG_SACK_RENEGING
  let seqRtt = -1
  let caRtt = -1
  let sackRtt = -1
  if (st.firstAckUs >= 0 && (st.flag & FLAG_RETRANS_DATA_ACKED) === 0) {
    seqRtt = usDelta(now, st.firstAckUs)
    caRtt = usDelta(now, st.lastAckUs)
    if (maybeDelayed(tp, st, fully, priorSacked, priorSndUna)) st.flag |= FLAG_ACK_MAYBE_DELAYED
  }
  if (ackState.firstSacktUs >= 0) {
    sackRtt = usDelta(now, ackState.firstSacktUs)
    caRtt = usDelta(now, ackState.lastSacktUs)
  }
  const updated = tcpAckUpdateRtt(tp, st.flag, seqRtt, sackRtt, caRtt)
  if (st.flag & FLAG_ACKED) onAcked(tp, st, priorFack)
  else if (head !== null && updated && sackRtt >= 0 && sackRtt > usDelta(now, tcpSegUs(head)))
    st.flag |= FLAG_SET_XMIT_TIMER
  ackState.flag |= st.flag
  if (tp.caPriv === null) return
  const sample = tp.ackSample
  sample.pktsAcked = st.pktsAcked
  sample.rttUs = tp.rate.rttUs
  sample.inFlight = tp.mssCache * (tp.delivered - tp.rate.priorDelivered)
  tp.caOps!.pktsAcked?.(tp, sample)
}
