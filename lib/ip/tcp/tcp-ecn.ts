/**
 * Explicit congestion notification of a connection (RFC 3168).
 *
 * @see include/net/tcp_ecn.h
 */
import type { TcpSock } from './tcp-sock.js'

/** Bits of `tp.ecnFlags`: agreed on; the next segment tells that the window was reduced; the peer is asked to; CE was seen. */
export const TCP_ECN_OK = 1
export const TCP_ECN_QUEUE_CWR = 2
export const TCP_ECN_DEMAND_CWR = 4
export const TCP_ECN_SEEN = 8

/** Congestion bits of a type of service, and ECT(0). */
export const INET_ECN_MASK = 3
export const INET_ECN_ECT_0 = 2

/** What is sent from now on can be marked (INET_ECN_xmit). */
export const inetEcnXmit = (tp: TcpSock): void => {
  tp.tos |= INET_ECN_ECT_0
}

/** What is sent from now on cannot be marked (INET_ECN_dontxmit). */
export const inetEcnDontxmit = (tp: TcpSock): void => {
  tp.tos &= ~INET_ECN_MASK
}

/** The next data segment tells the peer that the window was reduced (tcp_ecn_queue_cwr). */
export const tcpEcnQueueCwr = (tp: TcpSock): void => {
  if (tp.ecnFlags & TCP_ECN_OK) tp.ecnFlags |= TCP_ECN_QUEUE_CWR
}

/** The reduction was wrong and need not be told (tcp_ecn_withdraw_cwr). */
export const tcpEcnWithdrawCwr = (tp: TcpSock): void => {
  tp.ecnFlags &= ~TCP_ECN_QUEUE_CWR
}
