/**
 * Retransmission.
 *
 * @see net/ipv4/tcp_output.c tcp_retransmit_skb, tcp_xmit_retransmit_queue
 */
import { errnoNumber } from '../../errors.js'
import { TH_CWR, TH_ECE, TH_SYN } from '../../wire/tcp.js'
import { inetSkRebuildHeader } from '../queue-xmit.js'
import { netnsTcp } from './netns-tcp.js'
import { tcpInCwndReduction } from './tcp-input-cwnd.js'
import { tcpHighestSackReplace } from './tcp-highest-sack.js'
import { segStillInHostQueue, tcpTransmitSkb } from './tcp-output.js'
import { tcpSegLen } from './tcp-seg.js'
import { tcpSegTimestampMs } from './tcp-time.js'
import { tcpCurrentMss } from './tcp-output-mss.js'
import {
  tcpAdjustPcount,
  tcpFragment,
  tcpRtxQueueUnlinkAndFree,
  tcpSetSkbTsoSegs,
  tcpTrimHead,
} from './tcp-output-segs.js'
import { tcpTsoSegs, tcpWndEnd } from './tcp-output-tso.js'
import { tcpPacingCheck, tcpSmallQueueCheck } from './tcp-output-limits.js'
import {
  TCPCB_EVER_RETRANS,
  TCPCB_LOST,
  TCPCB_RETRANS,
  TCPCB_SACKED_ACKED,
  TCPCB_SACKED_RETRANS,
  type TcpSeg,
} from './tcp-seg.js'
import { after, before } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_CA_LOSS } from './tcp-states.js'
import { ICSK_TIME_REO_TIMEOUT, ICSK_TIME_RETRANS, tcpResetXmitTimer } from './tcp-timer.js'

const EAGAIN = errnoNumber('EAGAIN')
const EBUSY = errnoNumber('EBUSY')
const EINVAL = errnoNumber('EINVAL')
const EHOSTUNREACH = errnoNumber('EHOSTUNREACH')

/** A segment may be joined to its neighbour when it is sent again (tcp_can_collapse). */
const canCollapse = (seg: TcpSeg): boolean => seg.pcount <= 1 && (seg.sacked & TCPCB_SACKED_ACKED) === 0

/** Joins a segment and the one behind it (tcp_collapse_retrans). */
const collapseRetrans = (tp: TcpSock, seg: TcpSeg, next: TcpSeg): void => {
  tcpHighestSackReplace(tp, next, seg)
  seg.truesize += tcpSegLen(next)
  tp.wmemQueued += tcpSegLen(next)
  seg.endSeq = next.endSeq
  seg.flags |= next.flags
  seg.sacked |= next.sacked & TCPCB_EVER_RETRANS
  seg.eor = next.eor
  if (next === tp.retransHint) tp.retransHint = seg
  tcpAdjustPcount(tp, next, next.pcount)
  tcpRtxQueueUnlinkAndFree(tp, next)
}

/** Joins small segments into one when they are sent again (tcp_retrans_try_collapse). */
const retransTryCollapse = (tp: TcpSock, to: TcpSeg, space: number): void => {
  if (netnsTcp(tp.netns).sysctls.retransCollapse === 0 || to.flags & TH_SYN) return
  if (!canCollapse(to) || to.eor) return
  let left = space - tcpSegLen(to)
  for (let seg = to.next; seg !== null; seg = to.next) {
    if (!canCollapse(seg) || to.eor) return
    left -= tcpSegLen(seg)
    if (left < 0 || after(seg.endSeq, tcpWndEnd(tp))) return
    collapseRetrans(tp, to, seg)
  }
}

/** Cuts off what was acknowledged: 0 or a negative errno. */
const trimAcked = (tp: TcpSock, seg: TcpSeg): number => {
  if (!before(seg.seq, tp.sndUna)) return 0
  if (seg.flags & TH_SYN) {
    seg.flags &= ~TH_SYN
    seg.seq = (seg.seq + 1) | 0
    if (!before(seg.seq, tp.sndUna)) return 0
  }
  if (before(seg.endSeq, tp.sndUna)) return -EINVAL
  tcpTrimHead(tp, seg, (tp.sndUna - seg.seq) | 0)
  return 0
}

/** Makes the segment as long as may be sent at once: 0 or a negative errno. */
const fitToWindow = (tp: TcpSock, seg: TcpSeg, segs: number): number => {
  const mss = tcpCurrentMss(tp)
  let avail = (tcpWndEnd(tp) - seg.seq) | 0
  if (avail <= 0) {
    if (seg.seq !== tp.sndUna) return -EAGAIN
    // The window was closed: one segment is sent as a probe.
    avail = mss
  }
  let len = mss * segs
  if (len > avail) len = Math.floor(avail / mss) * mss || avail
  const has = tcpSegLen(seg)
  if (has > len) return tcpFragment(tp, tp.rtxQueue, seg, len, mss)
  const before = seg.pcount
  tcpSetSkbTsoSegs(seg, mss)
  if (before !== seg.pcount) tcpAdjustPcount(tp, seg, before - seg.pcount)
  const room = Math.min(avail, mss)
  if (has < room) retransTryCollapse(tp, seg, room)
  return 0
}

/** A SYN that asked for ECN and got no answer is repeated without (RFC 3168 section 6.1.1.1). */
const ecnFallback = (tp: TcpSock, seg: TcpSeg): void => {
  const all = TH_SYN | TH_ECE | TH_CWR
  if ((seg.flags & all) === all && netnsTcp(tp.netns).sysctls.ecnFallback !== 0) seg.flags &= ~(TH_ECE | TH_CWR)
}

/** Sends a segment again without a note of it in the counters of recovery (__tcp_retransmit_skb). */
export const tcpRetransmitSkbRaw = (tp: TcpSock, seg: TcpSeg, segs: number): number => {
  if (tp.mtup.probeSize !== 0) tp.mtup.probeSize = 0
  if (segStillInHostQueue(tp, seg)) return -EBUSY
  let err = trimAcked(tp, seg)
  if (err !== 0) return err
  if (inetSkRebuildHeader(tp) === null) return -EHOSTUNREACH
  err = fitToWindow(tp, seg, segs)
  if (err !== 0) return err
  ecnFallback(tp, seg)
  const { mib } = netnsTcp(tp.netns)
  mib.TcpRetransSegs += seg.pcount
  if (seg.flags & TH_SYN) mib.TCPSynRetrans++
  tp.totalRetrans += seg.pcount
  tp.bytesRetrans += tcpSegLen(seg)
  err = tcpTransmitSkb(tp, seg)
  if (err !== 0) mib.TCPRetransFail += seg.pcount
  seg.sacked |= TCPCB_EVER_RETRANS
  return err
}

/** Sends a segment again (tcp_retransmit_skb): 0 or a negative errno. */
export const tcpRetransmitSkb = (tp: TcpSock, seg: TcpSeg, segs: number): number => {
  const err = tcpRetransmitSkbRaw(tp, seg, segs)
  if (err === 0) {
    seg.sacked |= TCPCB_RETRANS
    tp.retransOut += seg.pcount
  }
  if (tp.retransStamp === 0) tp.retransStamp = tcpSegTimestampMs(seg)
  if (tp.undoRetrans < 0) tp.undoRetrans = 0
  tp.undoRetrans += seg.pcount
  return err
}

/** Sends again what is marked lost, as the window allows (tcp_xmit_retransmit_queue). */
export const tcpXmitRetransmitQueue = (tp: TcpSock): void => {
  if (tp.packetsOut === 0) return
  const { head } = tp.rtxQueue
  const maxSegs = tcpTsoSegs(tp, tcpCurrentMss(tp))
  let hasHole = false
  let rearm = false
  for (let seg = (tp.retransHint as TcpSeg | null) ?? head; seg !== null; seg = seg.next) {
    if (tcpPacingCheck(tp)) break
    if (!hasHole) tp.retransHint = seg
    const segs = Math.min(tp.sndCwnd - tp.inFlight, maxSegs)
    if (segs <= 0 || tp.retransOut >= tp.lostOut) break
    const { sacked } = seg
    if ((sacked & TCPCB_LOST) === 0) {
      if ((sacked & (TCPCB_SACKED_RETRANS | TCPCB_SACKED_ACKED)) === 0) hasHole = true
      continue
    }
    if (sacked & (TCPCB_SACKED_ACKED | TCPCB_SACKED_RETRANS)) continue
    if (tcpSmallQueueCheck(tp, tcpSegLen(seg), 1) || tcpRetransmitSkb(tp, seg, segs) !== 0) break
    countRetrans(tp, seg)
    if (seg === head && tp.icskPending !== ICSK_TIME_REO_TIMEOUT) rearm = true
  }
  if (rearm) tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, tp.rtoJiffies, true)
}

const countRetrans = (tp: TcpSock, seg: TcpSeg): void => {
  const { mib } = netnsTcp(tp.netns)
  if (tp.caState !== TCP_CA_LOSS) mib.TCPFastRetrans += seg.pcount
  else mib.TCPSlowStartRetrans += seg.pcount
  if (tcpInCwndReduction(tp)) tp.prrOut += seg.pcount
}
