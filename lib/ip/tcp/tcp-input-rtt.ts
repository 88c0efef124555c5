/**
 * Round-trip times, the retransmission timeout and the pacing rate.
 *
 * @see net/ipv4/tcp_input.c tcp_rtt_estimator, tcp_set_rto; RFC 6298
 */
import type { Dst } from '../../core/dst.js'
import type { TcpSock } from './tcp-sock.js'

/** RTO from the estimates, within its bounds (tcp_set_rto). */
export const tcpSetRto = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** Rate of pacing from window and RTT (tcp_update_pacing_rate). */
export const tcpUpdatePacingRate = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** First congestion window in packets (tcp_init_cwnd). */
export const tcpInitCwnd = (_tp: TcpSock, _dst: Dst | null): number => {
  throw new Error('being written')
}

/** The peer has answered the SYN,ACK that was first sent at `synackNs`, 0 when it was sent again (tcp_synack_rtt_meas). */
export const tcpSynackRttMeas = (_tp: TcpSock, _synackNs: number, _isRetrans: boolean): void => {
  throw new Error('being written')
}

/** Minimal RTT of the last minutes in microseconds (tcp_min_rtt). */
export const tcpMinRtt = (tp: TcpSock): number => tp.rttMin.v[0]

/** Sets the retransmission timer anew after an acknowledgement (tcp_rearm_rto). */
export const tcpRearmRto = (_tp: TcpSock): void => {
  throw new Error('being written')
}
