/**
 * Tail loss probes: what was sent last is sent again, or something new, when no acknowledgement comes (RFC 8985 section 7).
 *
 * @see net/ipv4/tcp_output.c tcp_schedule_loss_probe, tcp_send_loss_probe
 */
import { netnsTcp, tcpSysctls } from './netns-tcp.js'
import { tcpRearmRto } from './tcp-input-rtt.js'
import { segStillInHostQueue, tcpSegLen } from './tcp-output.js'
import { tcpCurrentMss } from './tcp-output-mss.js'
import { tcpRetransmitSkbRaw } from './tcp-output-rtx.js'
import { tcpFragment } from './tcp-output-segs.js'
import { TCP_NAGLE_OFF, tcpSndWndTest } from './tcp-output-tso.js'
import { tcpWriteXmit } from './tcp-output-xmit.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_CA_CWR, TCP_CA_OPEN } from './tcp-states.js'
import { jiffiesToUs, tcpRtoDeltaUs, tcpRtoMinUs, usToJiffies } from './tcp-rto.js'
import { ICSK_TIME_LOSS_PROBE, TCP_TIMEOUT_INIT, TCP_TIMEOUT_MIN_US, tcpResetXmitTimer } from './tcp-timer.js'

/** Schedules a probe; true when it did (tcp_schedule_loss_probe). */
export const tcpScheduleLossProbe = (tp: TcpSock, advancingRto: boolean): boolean => {
  const { earlyRetrans } = tcpSysctls(tp.netns)
  if ((earlyRetrans !== 3 && earlyRetrans !== 4) || tp.packetsOut === 0 || !tp.rxOpt.sackOk) return false
  if (tp.caState !== TCP_CA_OPEN && tp.caState !== TCP_CA_CWR) return false
  let timeout = TCP_TIMEOUT_INIT
  if (tp.srttUs !== 0) {
    // Two round trips, and time for a delayed acknowledgement when one packet is out.
    const us = (tp.srttUs >>> 2) + (tp.packetsOut === 1 ? tcpRtoMinUs(tp) : TCP_TIMEOUT_MIN_US)
    timeout = usToJiffies(us)
  }
  const rtoDelta = advancingRto ? jiffiesToUs(tp.rtoJiffies) : tcpRtoDeltaUs(tp)
  if (rtoDelta > 0) timeout = Math.min(timeout, usToJiffies(rtoDelta))
  tcpResetXmitTimer(tp, ICSK_TIME_LOSS_PROBE, timeout, true)
  return true
}

/** Sends something new, else the last segment again; true when it did. */
const sendProbe = (tp: TcpSock): boolean => {
  const mss = tcpCurrentMss(tp)
  const { head } = tp.writeQueue
  if (head !== null && tcpSndWndTest(tp, head, mss)) {
    const before = tp.packetsOut
    tcpWriteXmit(tp, mss, TCP_NAGLE_OFF, 2)
    return tp.packetsOut > before
  }
  let seg = tp.rtxQueue.tail!
  if (segStillInHostQueue(tp, seg)) return false
  const first = (seg.pcount - 1) * mss
  if (seg.pcount > 1 && tcpSegLen(seg) > first) {
    if (tcpFragment(tp, tp.rtxQueue, seg, first, mss) !== 0) return false
    seg = seg.next!
  }
  if (tcpRetransmitSkbRaw(tp, seg, 1) !== 0) return false
  tp.tlpRetrans = true
  return true
}

/** Sends the probe whose time has come (tcp_send_loss_probe). */
export const tcpSendLossProbe = (tp: TcpSock): void => {
  if (tp.tlpHighSeq === 0) {
    tp.tlpRetrans = false
    if (tp.writeQueue.head === null && tp.rtxQueue.head === null) {
      tp.icskPending = 0
      return
    }
    if (sendProbe(tp)) {
      tp.tlpHighSeq = tp.sndNxt
      netnsTcp(tp.netns).mib.TCPLossProbes++
      // So that the retransmission timer starts from now.
      tp.icskPending = 0
    }
  }
  tcpRearmRto(tp)
}
