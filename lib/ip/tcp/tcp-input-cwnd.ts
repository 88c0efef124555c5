/**
 * The congestion window in recovery: proportional rate reduction and its ends.
 *
 * @see net/ipv4/tcp_input.c tcp_init_cwnd_reduction, tcp_cwnd_reduction; RFC 6937
 */
import { TCP_CA_CWR, TCP_CA_RECOVERY } from './tcp-states.js'
import type { TcpSock } from './tcp-sock.js'

/** The window is being reduced (tcp_in_cwnd_reduction). */
export const tcpInCwndReduction = (tp: TcpSock): boolean =>
  tp.caState === TCP_CA_CWR || tp.caState === TCP_CA_RECOVERY

/** Slow start threshold for a later one (tcp_current_ssthresh). */
export const tcpCurrentSsthresh = (tp: TcpSock): number =>
  tcpInCwndReduction(tp)
    ? tp.sndSsthresh
    : Math.max(tp.sndSsthresh, (tp.sndCwnd >> 1) + (tp.sndCwnd >> 2))

/** The window is reduced without loss: ECN, local congestion (tcp_enter_cwr). */
export const tcpEnterCwr = (_tp: TcpSock): void => {
  throw new Error('being written')
}
