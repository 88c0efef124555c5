/**
 * What a listening socket has besides: requests, and connections that wait to be accepted (struct request_sock_queue).
 *
 * @see include/net/request_sock.h, net/ipv4/inet_connection_sock.c
 */
import type { TcpSock } from './tcp-sock.js'

/** The queues of a listening socket. */
export class TcpListener {
  /** Connections that wait, the oldest first (rskq_accept_head); `ackBacklog` counts them. */
  readonly acceptQueue: TcpSock[] = []
  /** Longest queue (sk_max_ack_backlog). */
  maxAckBacklog = 0
  /** Requests, and those of them that no SYN,ACK has been repeated for. */
  qlen = 0
  young = 0
  /** TCP_DEFER_ACCEPT as timeouts of SYN,ACKs, 0 for off. */
  rskqDeferAccept = 0
  /** Connections that wait to be accepted (sk_ack_backlog). */
  get ackBacklog(): number {
    return this.acceptQueue.length
  }
}

/** Ends what a socket that stops listening has not handed out; `disconnect` is tcpDisconnect (inet_csk_listen_stop). */
export const inetCskListenStop = (_tp: TcpSock, _disconnect: (child: TcpSock) => void): void => {
  throw new Error('being written')
}
