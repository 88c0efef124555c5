/**
 * RACK: losses by time (RFC 8985); NewReno where there is no SACK (RFC 6582).
 *
 * @see net/ipv4/tcp_recovery.c
 */
import { tcpSysctls } from './netns-tcp.js'
import type { RateSample } from './tcp-ack-sample.js'
import { tcpCwndReduction } from './tcp-input-cwnd.js'
import { tcpEnterRecovery, tcpMarkSkbLost } from './tcp-input-loss.js'
import { tcpMinRtt, tcpRearmRto } from './tcp-input-rtt.js'
import { tcpSegLen } from './tcp-seg.js'
import { tcpXmitRetransmitQueue } from './tcp-output-rtx.js'
import { tcpFragment } from './tcp-output-segs.js'
import { tcpRackSkbTimeout } from './tcp-rack.js'
import { usToJiffies } from './tcp-rto.js'
import { TCPCB_LOST, TCPCB_SACKED_RETRANS } from './tcp-seg.js'
import { TCP_CA_RECOVERY } from './tcp-states.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpSegUs, tcpSentAfter } from './tcp-time.js'
import { ICSK_TIME_REO_TIMEOUT, ICSK_TIME_RETRANS, inetCskResetXmitTimer, TCP_TIMEOUT_MIN_US } from './tcp-timer.js'

/** Bits of net.ipv4.tcp_recovery. */
const TCP_RACK_STATIC_REO_WND = 2
const TCP_RACK_NO_DUPTHRESH = 4
/** Recoveries for which a wider window of reordering is kept. */
export const TCP_RACK_RECOVERY_THRESH = 16

/** Microseconds that something may be late by reordering (tcp_rack_reo_wnd). */
const reoWnd = (tp: TcpSock): number => {
  if (tp.reordSeen === 0) {
    if (tp.caState >= TCP_CA_RECOVERY) return 0
    if (tp.sackedOut >= tp.reordering && (tcpSysctls(tp.netns).recovery & TCP_RACK_NO_DUPTHRESH) === 0) return 0
  }
  return Math.min(Math.floor(tcpMinRtt(tp) / 4) * tp.rack.reoWndSteps, Math.floor(tp.srttUs / 8))
}

/** Marks what is lost; microseconds until more may be, 0 for none (tcp_rack_detect_loss). */
const detectLoss = (tp: TcpSock): number => {
  const { rack } = tp
  const wnd = reoWnd(tp)
  let timeout = 0
  for (let seg = tp.tsorted.head; seg !== null; ) {
    const next = seg.tsNext
    const waits = (seg.sacked & TCPCB_LOST) !== 0 && (seg.sacked & TCPCB_SACKED_RETRANS) === 0
    if (!waits) {
      if (!tcpSentAfter(rack.mstamp, tcpSegUs(seg), rack.endSeq, seg.endSeq)) break
      const remaining = tcpRackSkbTimeout(tp, seg, wnd)
      if (remaining <= 0) {
        tcpMarkSkbLost(tp, seg)
        tp.tsorted.remove(seg)
      } else if (remaining > timeout) timeout = remaining
    }
    seg = next
  }
  return timeout
}

/** Marks as lost what was sent long enough before something that has arrived; true when a timer waits for more (tcp_rack_mark_lost). */
export const tcpRackMarkLost = (tp: TcpSock): boolean => {
  if (!tp.rack.advanced) return false
  tp.rack.advanced = false
  const timeout = detectLoss(tp)
  if (timeout === 0) return false
  inetCskResetXmitTimer(tp, ICSK_TIME_REO_TIMEOUT, usToJiffies(timeout + TCP_TIMEOUT_MIN_US), tp.rtoJiffies)
  return true
}

/** The reordering timer has fired (tcp_rack_reo_timeout). */
export const tcpRackReoTimeout = (tp: TcpSock): void => {
  const { lost, inFlight } = tp
  detectLoss(tp)
  if (inFlight !== tp.inFlight) {
    if (tp.caState !== TCP_CA_RECOVERY) {
      tcpEnterRecovery(tp, false)
      tcpCwndReduction(tp, 1, tp.lost - lost, 0)
    }
    tcpXmitRetransmitQueue(tp)
  }
  if (tp.icskPending !== ICSK_TIME_RETRANS) tcpRearmRto(tp)
}

/** Duplicates that the peer tells of widen the window of reordering (tcp_rack_update_reo_wnd). */
export const tcpRackUpdateReoWnd = (tp: TcpSock, rs: RateSample): void => {
  const { rack } = tp
  if (tcpSysctls(tp.netns).recovery & TCP_RACK_STATIC_REO_WND || rs.priorDelivered === 0) return
  if (rs.priorDelivered < rack.lastDelivered) rack.dsackSeen = false
  if (rack.dsackSeen) {
    rack.reoWndSteps = Math.min(0xff, rack.reoWndSteps + 1)
    rack.dsackSeen = false
    rack.lastDelivered = tp.delivered
    rack.reoWndPersist = TCP_RACK_RECOVERY_THRESH
  } else if (rack.reoWndPersist === 0) rack.reoWndSteps = 1
}

/** Without SACK: the head is lost after enough duplicates, and at each partial acknowledgement (tcp_newreno_mark_lost). */
export const tcpNewrenoMarkLost = (tp: TcpSock, sndUnaAdvanced: boolean): void => {
  const begins = tp.caState < TCP_CA_RECOVERY && tp.sackedOut >= tp.reordering
  if (!begins && !(tp.caState === TCP_CA_RECOVERY && sndUnaAdvanced)) return
  const head = tp.rtxQueue.head!
  if (head.sacked & TCPCB_LOST) return
  const mss = head.gsoSize
  if (head.pcount > 1 && tcpSegLen(head) > mss) tcpFragment(tp, tp.rtxQueue, head, mss, mss)
  tcpMarkSkbLost(tp, head)
}
