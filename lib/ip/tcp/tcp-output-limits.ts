/**
 * What holds a connection back besides its windows: little of it stays in the queues of this machine, and pacing.
 *
 * @see net/ipv4/tcp_output.c tcp_small_queue_check, tcp_pacing_check
 */
import { tcpSysctls } from './netns-tcp.js'
import { TCP_SKB_OVERHEAD } from './tcp-seg.js'
import { type TcpSock, TSQ_THROTTLED } from './tcp-sock.js'

/** True when enough of this connection is in the machine's queues (tcp_small_queue_check); `factor` 1 for retransmissions. */
export const tcpSmallQueueCheck = (tp: TcpSock, octets: number, factor: number): boolean => {
  const { limitOutputBytes } = tcpSysctls(tp.netns)
  const rate = Math.floor(tp.pacingRate / 2 ** tp.pacingShift)
  const wanted = Math.max(2 * (TCP_SKB_OVERHEAD + octets), rate)
  // What is paced does not fill queues.
  const limit = (tp.pacingNeeded ? wanted : Math.min(wanted, limitOutputBytes)) * 2 ** factor
  // The socket itself counts as one (sk_wmem_alloc begins at 1).
  if (tp.wmemAlloc + 1 <= limit) return false
  if (tp.rtxQueue.length <= 1) return false
  tp.deferred |= TSQ_THROTTLED
  return true
}

/** True when the next segment must wait; its timer is set then (tcp_pacing_check). */
export const tcpPacingCheck = (tp: TcpSock): boolean => {
  if (!tp.pacingNeeded || tp.tcpWstampNs <= tp.tcpClockNs) return false
  tp.timers!.startPacing(tp.tcpWstampNs)
  return true
}
