/**
 * Retransmission.
 *
 * @see net/ipv4/tcp_output.c tcp_retransmit_skb, tcp_xmit_retransmit_queue
 */
import type { TcpSeg } from './tcp-seg.js'
import type { TcpSock } from './tcp-sock.js'


/** Sends a segment again (tcp_retransmit_skb): 0 or a negative errno. */
export const tcpRetransmitSkb = (_tp: TcpSock, _seg: TcpSeg, _segs: number): number => {
  throw new Error('tcpRetransmitSkb is being written')
}

/** Sends again what is marked lost, as the window allows (tcp_xmit_retransmit_queue). */
export const tcpXmitRetransmitQueue = (_tp: TcpSock): void => {
  throw new Error('tcpXmitRetransmitQueue is being written')
}
