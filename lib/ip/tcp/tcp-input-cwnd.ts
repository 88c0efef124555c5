/**
 * The congestion window in recovery: proportional rate reduction and its ends.
 *
 * @see net/ipv4/tcp_input.c tcp_init_cwnd_reduction, tcp_cwnd_reduction, tcp_try_keep_open; RFC 6937
 */
import { netnsTcp } from './netns-tcp.js'
import { FLAG_ECE, FLAG_SND_UNA_ADVANCED } from './tcp-ack-sample.js'
import { tcpCaEvent, tcpSetCaState } from './tcp-cong.js'
import { tcpEcnQueueCwr } from './tcp-ecn.js'
import { tcpMssToMtu, tcpSyncMss } from './tcp-output-mss.js'
import { TCPCB_EVER_RETRANS } from './tcp-seg.js'
import { TCP_CA_CWR, TCP_CA_DISORDER, TCP_CA_OPEN, TCP_CA_RECOVERY } from './tcp-states.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpJiffies } from './tcp-time.js'

/** No threshold yet (TCP_INFINITE_SSTHRESH). */
export const TCP_INFINITE_SSTHRESH = 0x7fffffff

/** The window is being reduced (tcp_in_cwnd_reduction). */
export const tcpInCwndReduction = (tp: TcpSock): boolean => tp.caState === TCP_CA_CWR || tp.caState === TCP_CA_RECOVERY

/** Slow start threshold for a later one (tcp_current_ssthresh). */
export const tcpCurrentSsthresh = (tp: TcpSock): number =>
  tcpInCwndReduction(tp) ? tp.sndSsthresh : Math.max(tp.sndSsthresh, (tp.sndCwnd >> 1) + (tp.sndCwnd >> 2))

/** Begins a reduction (tcp_init_cwnd_reduction). */
export const tcpInitCwndReduction = (tp: TcpSock): void => {
  tp.highSeq = tp.sndNxt
  tp.tlpHighSeq = 0
  tp.sndCwndCnt = 0
  tp.priorCwnd = tp.sndCwnd
  tp.prrDelivered = 0
  tp.prrOut = 0
  tp.sndSsthresh = tp.caOps!.ssthresh(tp)
  tcpEcnQueueCwr(tp)
}

/** Lets so much leave as arrived, in proportion to the reduction (tcp_cwnd_reduction). */
export const tcpCwndReduction = (tp: TcpSock, newlyAckedSacked: number, newlyLost: number, flag: number): void => {
  if (newlyAckedSacked <= 0 || tp.priorCwnd === 0) return
  const delta = tp.sndSsthresh - tp.inFlight
  tp.prrDelivered += newlyAckedSacked
  let sndcnt: number
  if (delta < 0) {
    const dividend = tp.sndSsthresh * tp.prrDelivered + tp.priorCwnd - 1
    sndcnt = Math.floor(dividend / tp.priorCwnd) - tp.prrOut
  } else {
    sndcnt = Math.max(tp.prrDelivered - tp.prrOut, newlyAckedSacked)
    if (flag & FLAG_SND_UNA_ADVANCED && newlyLost === 0) sndcnt++
    sndcnt = Math.min(delta, sndcnt)
  }
  // One packet at least at the beginning: that of the fast retransmission.
  sndcnt = Math.max(sndcnt, tp.prrOut !== 0 ? 0 : 1)
  tp.sndCwnd = tp.inFlight + sndcnt
}

/** Ends a reduction (tcp_end_cwnd_reduction). */
export const tcpEndCwndReduction = (tp: TcpSock): void => {
  if (tp.caOps!.congControl !== undefined) return
  if (tp.sndSsthresh < TCP_INFINITE_SSTHRESH && (tp.caState === TCP_CA_CWR || tp.undoMarker !== 0)) {
    tp.sndCwnd = tp.sndSsthresh
    tp.sndCwndStampJiffies = tcpJiffies(tp.netns)
  }
  tcpCaEvent(tp, 'complete-cwr')
}

/** The window is reduced without loss: ECN, local congestion (tcp_enter_cwr). */
export const tcpEnterCwr = (tp: TcpSock): void => {
  tp.priorSsthresh = 0
  if (tp.caState >= TCP_CA_CWR) return
  tp.undoMarker = 0
  tcpInitCwndReduction(tp)
  tcpSetCaState(tp, TCP_CA_CWR)
}

/** Something was sent again that is not yet acknowledged (tcp_any_retrans_done). */
export const tcpAnyRetransDone = (tp: TcpSock): boolean => {
  if (tp.retransOut !== 0) return true
  const { head } = tp.rtxQueue
  return head !== null && (head.sacked & TCPCB_EVER_RETRANS) !== 0
}

/** Forgets the time of the first retransmission when none is out (tcp_retrans_stamp_cleanup). */
export const tcpRetransStampCleanup = (tp: TcpSock): void => {
  if (!tcpAnyRetransDone(tp)) tp.retransStamp = 0
}

/** Open, or Disorder while something is missing (tcp_try_keep_open). */
export const tcpTryKeepOpen = (tp: TcpSock): void => {
  const state = tp.leftOut !== 0 || tcpAnyRetransDone(tp) ? TCP_CA_DISORDER : TCP_CA_OPEN
  if (tp.caState === state) return
  tcpSetCaState(tp, state)
  tp.highSeq = tp.sndNxt
}

/** Back to Open, or to CWR by ECN (tcp_try_to_open). */
export const tcpTryToOpen = (tp: TcpSock, flag: number): void => {
  tcpRetransStampCleanup(tp)
  if (flag & FLAG_ECE) tcpEnterCwr(tp)
  if (tp.caState !== TCP_CA_CWR) tcpTryKeepOpen(tp)
}

/** A probe of the path's MTU was lost (tcp_mtup_probe_failed). */
export const tcpMtupProbeFailed = (tp: TcpSock): void => {
  tp.mtup.searchHigh = tp.mtup.probeSize - 1
  tp.mtup.probeSize = 0
  netnsTcp(tp.netns).mib.TCPMTUPFail++
}

/** A probe of the path's MTU arrived (tcp_mtup_probe_success). */
export const tcpMtupProbeSuccess = (tp: TcpSock): void => {
  tp.priorSsthresh = tcpCurrentSsthresh(tp)
  // The window stays the same in octets.
  tp.sndCwnd = Math.max(1, Math.floor((tp.sndCwnd * tcpMssToMtu(tp, tp.mssCache)) / tp.mtup.probeSize))
  tp.sndCwndCnt = 0
  tp.sndCwndStampJiffies = tcpJiffies(tp.netns)
  tp.sndSsthresh = tcpCurrentSsthresh(tp)
  tp.mtup.searchLow = tp.mtup.probeSize
  tp.mtup.probeSize = 0
  tcpSyncMss(tp, tp.pmtuCookie)
  netnsTcp(tp.netns).mib.TCPMTUPSuccess++
}
