/**
 * TCP small queues: a connection keeps little in the queues of this machine, and goes on when what is there has left.
 *
 * @see net/ipv4/tcp_output.c tcp_small_queue_check, tcp_tsq_handler, tcp_pacing_check
 */
import { tcpSysctls } from './netns-tcp.js'
import { tcpMstampRefresh, TCP_SKB_OVERHEAD } from './tcp-output.js'
import { tcpCurrentMss } from './tcp-output-mss.js'
import { tcpXmitRetransmitQueue } from './tcp-output-rtx.js'
import { tcpWriteXmit } from './tcp-output-xmit.js'
import { type TcpSock, TCP_TSQ_DEFERRED, TSQ_QUEUED, TSQ_THROTTLED } from './tcp-sock.js'
import { TCPF_CLOSE_WAIT, TCPF_CLOSING, TCPF_ESTABLISHED, TCPF_FIN_WAIT1, TCPF_LAST_ACK } from './tcp-states.js'

const SENDING: number = TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_CLOSE_WAIT | TCPF_LAST_ACK

/** Sends again (tcp_tsq_write). */
export const tcpTsqWrite = (tp: TcpSock): void => {
  if (((1 << tp.state) & SENDING) === 0) return
  if (tp.lostOut > tp.retransOut && tp.sndCwnd > tp.inFlight) {
    tcpMstampRefresh(tp)
    tcpXmitRetransmitQueue(tp)
  }
  tcpWriteXmit(tp, tcpCurrentMss(tp), tp.nonagle, 0)
}

/** What a socket does when its packets have left the machine (tcp_tsq_workfn for one socket). */
export const tcpTsqHandler = (tp: TcpSock): void => {
  tp.deferred &= ~TSQ_QUEUED
  tcpPaceKick(tp)
}

/** The time of the next transmission has come (tcp_pace_kick). */
export const tcpPaceKick = (tp: TcpSock): void => {
  if (tp.ownedByUser) tp.deferred |= TCP_TSQ_DEFERRED
  else tcpTsqWrite(tp)
}

/** True when enough of this connection is in the machine's queues (tcp_small_queue_check); `factor` 1 for retransmissions. */
export const tcpSmallQueueCheck = (tp: TcpSock, octets: number, factor: number): boolean => {
  const { limitOutputBytes } = tcpSysctls(tp.netns)
  const rate = Math.floor(tp.pacingRate / 2 ** tp.pacingShift)
  const limit = Math.min(Math.max(2 * (TCP_SKB_OVERHEAD + octets), rate), limitOutputBytes) * 2 ** factor
  // The socket itself counts as one (sk_wmem_alloc begins at 1).
  if (tp.wmemAlloc + 1 <= limit) return false
  if (tp.rtxQueue.length <= 1) return false
  tp.deferred |= TSQ_THROTTLED
  return true
}

/** Jiffies that pacing holds the next segment back (tcp_pacing_delay), rounded down. */
export const tcpPacingDelayNs = (tp: TcpSock): number => Math.max(0, tp.tcpWstampNs - tp.tcpClockNs)

/** True when the next segment must wait; its timer is set then (tcp_pacing_check). */
export const tcpPacingCheck = (tp: TcpSock): boolean => {
  if (!tp.pacingNeeded || tp.tcpWstampNs <= tp.tcpClockNs) return false
  tp.timers!.startPacing(tp.tcpWstampNs)
  return true
}
