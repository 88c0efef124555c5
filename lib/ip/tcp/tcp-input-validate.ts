/**
 * Whether a segment is acceptable: PAWS, sequence, RST, SYN.
 *
 * @see net/ipv4/tcp_input.c tcp_validate_incoming, tcp_reset, tcp_send_challenge_ack; RFC 5961
 */
import type { Skb } from '../../core/skb.js'
import type { TcpSock } from './tcp-sock.js'

/** Ends a connection whose peer has sent a RST (tcp_reset). Does not end the skb. */
export const tcpReset = (_tp: TcpSock, _skb: Skb | null): void => {
  throw new Error('being written')
}

/** Asks the peer to prove itself (tcp_send_challenge_ack). */
export const tcpSendChallengeAck = (_tp: TcpSock): void => {
  throw new Error('being written')
}
