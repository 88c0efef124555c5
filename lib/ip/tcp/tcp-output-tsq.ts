/**
 * TCP small queues: a connection goes on sending when what it has in the queues of this machine has left.
 *
 * @see net/ipv4/tcp_output.c tcp_tsq_handler, tcp_tsq_write, tcp_pace_kick
 */
import { tcpMstampRefresh } from './tcp-time.js'
import { tcpCurrentMss } from './tcp-output-mss.js'
import { tcpXmitRetransmitQueue } from './tcp-output-rtx.js'
import { tcpWriteXmit } from './tcp-output-xmit.js'
import { type TcpSock, TCP_TSQ_DEFERRED, TSQ_QUEUED } from './tcp-sock.js'
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
