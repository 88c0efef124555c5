/**
 * Sizes of segments: from the path's MTU to the MSS.
 *
 * @see net/ipv4/tcp_output.c tcp_mtu_to_mss, tcp_sync_mss, tcp_current_mss, tcp_mtup_init
 */
import type { TcpSock } from './tcp-sock.js'


/** MSS for a path MTU (tcp_mtu_to_mss). */
export const tcpMtuToMss = (_tp: TcpSock, _pmtu: number): number => {
  throw new Error('tcpMtuToMss is being written')
}

/** Path MTU for an MSS (tcp_mss_to_mtu). */
export const tcpMssToMtu = (_tp: TcpSock, _mss: number): number => {
  throw new Error('tcpMssToMtu is being written')
}

/** Starts path MTU probing of a connection (tcp_mtup_init). */
export const tcpMtupInit = (_tp: TcpSock): void => {
  throw new Error('tcpMtupInit is being written')
}

/** Takes a path MTU over and returns the MSS (tcp_sync_mss). */
export const tcpSyncMss = (_tp: TcpSock, _pmtu: number): number => {
  throw new Error('tcpSyncMss is being written')
}

/** MSS with the options of the next segment (tcp_current_mss). */
export const tcpCurrentMss = (_tp: TcpSock): number => {
  throw new Error('tcpCurrentMss is being written')
}

/** MSS to advertise (tcp_advertise_mss). */
export const tcpAdvertiseMss = (_tp: TcpSock): number => {
  throw new Error('tcpAdvertiseMss is being written')
}

/** First bound of the receive MSS estimate (tcp_initialize_rcv_mss) is in input; the sender MSS with the user's limit (tcp_mss_clamp). */
export const tcpMssClamp = (_tp: TcpSock, _mss: number): number => {
  throw new Error('tcpMssClamp is being written')
}
