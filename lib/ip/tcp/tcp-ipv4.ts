/**
 * TCP over IPv4: segments that come in, and ICMP errors.
 *
 * Conventions between the files: tcpRcvEstablished(tp, skb) takes the skb over; tcpRcvStateProcess(tp, skb) too, unless it
 * returns a drop reason (not 0): then the caller sends a reset and drops the skb with it, as in the kernel.
 *
 * @see net/ipv4/tcp_ipv4.c
 */
import type { Skb } from '../../core/skb.js'
import type { TcpSock } from './tcp-sock.js'

/** The handler of IPPROTO_TCP (tcp_v4_rcv). */
export const tcpV4Rcv = (_skb: Skb): void => {
  throw new Error('being written')
}

/** A segment for a socket whose lock is held (tcp_v4_do_rcv). Owns the skb. releaseSock calls it for the backlog. */
export const tcpV4DoRcv = (_tp: TcpSock, _skb: Skb): void => {
  throw new Error('being written')
}

/** An ICMP error about a segment of this host (tcp_v4_err). */
export const tcpV4Err = (_skb: Skb, _type: number, _code: number, _info: number): void => {
  throw new Error('being written')
}

/** The path's MTU went down while a program held the lock: tcp_release_cb calls it for TCP_MTU_REDUCED_DEFERRED (tcp_v4_mtu_reduced). */
export const tcpV4MtuReduced = (_tp: TcpSock): void => {
  throw new Error('being written')
}
