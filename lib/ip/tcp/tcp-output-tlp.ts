/**
 * Tail loss probes: what was sent last is sent again, or something new, when no acknowledgement comes (RFC 8985 section 7).
 *
 * @see net/ipv4/tcp_output.c tcp_schedule_loss_probe, tcp_send_loss_probe
 */
import { tcpSysctls } from './netns-tcp.js'
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
