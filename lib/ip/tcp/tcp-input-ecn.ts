/**
 * Congestion marks and flags of incoming segments (RFC 3168).
 *
 * @see net/ipv4/tcp_input.c tcp_data_ecn_check, tcp_ecn_accept_cwr; include/net/tcp_ecn.h
 */
import type { Skb } from '../../core/skb.js'
import { ipv4Tos } from '../../wire/ipv4.js'
import { TH_CWR, TH_ECE, TH_SYN } from '../../wire/tcp.js'
import { ICSK_ACK_NOW } from './tcp-ack-state.js'
import { tcpCaEvent } from './tcp-cong.js'
import { INET_ECN_MASK, TCP_ECN_DEMAND_CWR, TCP_ECN_OK, TCP_ECN_SEEN } from './tcp-ecn.js'
import { tcpEnterQuickackMode } from './tcp-input-quickack.js'
import type { TcpSock } from './tcp-sock.js'

const INET_ECN_NOT_ECT = 0
const INET_ECN_CE = 3

/** The peer has reduced its window: it need not be told again (tcp_ecn_accept_cwr). */
export const tcpEcnAcceptCwr = (tp: TcpSock, skb: Skb): void => {
  if ((skb.tcpFlags & TH_CWR) === 0) return
  tp.ecnFlags &= ~TCP_ECN_DEMAND_CWR
  // Its window may be one packet, for whose acknowledgement it waits.
  if (skb.seq !== skb.endSeq) tp.ack.pending |= ICSK_ACK_NOW
}

/** Looks at the mark of data (tcp_data_ecn_check). */
export const tcpDataEcnCheck = (tp: TcpSock, skb: Skb): void => {
  if ((tp.ecnFlags & TCP_ECN_OK) === 0) return
  const mark = ipv4Tos(skb.buf, skb.networkHeader) & INET_ECN_MASK
  if (mark === INET_ECN_NOT_ECT) {
    // Unmarkable data on a connection that marks is likely a retransmission.
    if (tp.ecnFlags & TCP_ECN_SEEN) tcpEnterQuickackMode(tp, 2)
    return
  }
  const needsEcn = tp.caOps?.needsEcn === true
  if (mark === INET_ECN_CE) {
    if (needsEcn) tcpCaEvent(tp, 'ecn-is-ce')
    if ((tp.ecnFlags & TCP_ECN_DEMAND_CWR) === 0) {
      tcpEnterQuickackMode(tp, 2)
      tp.ecnFlags |= TCP_ECN_DEMAND_CWR
    }
  } else if (needsEcn) tcpCaEvent(tp, 'ecn-no-ce')
  tp.ecnFlags |= TCP_ECN_SEEN
}

/** ECN is off unless the peer's SYN,ACK agrees (tcp_ecn_rcv_synack). */
export const tcpEcnRcvSynack = (tp: TcpSock, flags: number): void => {
  if ((flags & TH_ECE) === 0 || flags & TH_CWR) tp.ecnFlags &= ~TCP_ECN_OK
}

/** ECN is off unless the peer's SYN asks for it (tcp_ecn_rcv_syn). */
export const tcpEcnRcvSyn = (tp: TcpSock, flags: number): void => {
  const both = TH_ECE | TH_CWR
  if ((flags & both) !== both) tp.ecnFlags &= ~TCP_ECN_OK
}

/** The peer tells of congestion (tcp_ecn_rcv_ecn_echo). */
export const tcpEcnRcvEcnEcho = (tp: TcpSock, flags: number): boolean =>
  (flags & (TH_ECE | TH_SYN)) === TH_ECE && (tp.ecnFlags & TCP_ECN_OK) !== 0
