/**
 * Congestion control: the interface of its algorithms and their registry. An algorithm is one file and one registration.
 *
 * @see net/ipv4/tcp_cong.c, include/net/tcp.h struct tcp_congestion_ops
 */
import type { TcpSock } from './tcp-sock.js'

/** Events that an algorithm hears of (enum tcp_ca_event). */
export type TcpCaEvent = 'tx-start' | 'cwnd-restart' | 'complete-cwr' | 'loss' | 'ecn-no-ce' | 'ecn-is-ce'

/** What one acknowledgement said, for algorithms (struct ack_sample). */
export interface AckSample {
  /** Packets that were acknowledged. */
  pktsAcked: number
  /** Round-trip time in microseconds, -1 when unknown. */
  rttUs: number
  /** Octets that were delivered since the acknowledged one was sent. */
  inFlight: number
}

/** An algorithm (struct tcp_congestion_ops). Its private numbers stand in `tp.caPriv`. */
export interface TcpCongestionOps {
  readonly name: string
  /** It reacts to ECN (TCP_CONG_NEEDS_ECN). */
  readonly needsEcn?: boolean
  init?(tp: TcpSock): void
  release?(tp: TcpSock): void
  /** New slow start threshold after a loss, in packets. */
  ssthresh(tp: TcpSock): number
  /** Grows the window: `acked` packets, all sent before `ack`, were acknowledged. */
  congAvoid(tp: TcpSock, ack: number, acked: number): void
  setState?(tp: TcpSock, state: number): void
  cwndEvent?(tp: TcpSock, event: TcpCaEvent): void
  /** Window after a reduction that was found to be wrong. */
  undoCwnd(tp: TcpSock): number
  pktsAcked?(tp: TcpSock, sample: AckSample): void
  /** State as TCP_CC_INFO tells it; absent when there is none. */
  info?(tp: TcpSock): Readonly<Record<string, number>>
}

/** Tells the algorithm of an event (tcp_ca_event). */
export const tcpCaEvent = (tp: TcpSock, event: TcpCaEvent): void => {
  tp.caOps?.cwndEvent?.(tp, event)
}

/** Changes the state of congestion control (tcp_set_ca_state). */
export const tcpSetCaState = (tp: TcpSock, state: number): void => {
  tp.caOps?.setState?.(tp, state)
  tp.caState = state
}

/** Gives a new socket the algorithm of its namespace (tcp_assign_congestion_control). */
export const tcpAssignCongestionControl = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** Starts the algorithm of a connection (tcp_init_congestion_control). */
export const tcpInitCongestionControl = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** Ends it (tcp_cleanup_congestion_control). */
export const tcpCleanupCongestionControl = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** Gives a socket another algorithm: 0 or -ENOENT (tcp_set_congestion_control). */
export const tcpSetCongestionControl = (_tp: TcpSock, _name: string): number => {
  throw new Error('being written')
}

/** Names that there are (tcp_available_congestion_control). */
export const tcpAvailableCongestionControl = (): readonly string[] => ['reno', 'cubic']

/** The window limits the sender (tcp_is_cwnd_limited). */
export const tcpIsCwndLimited = (tp: TcpSock): boolean => {
  if (tp.isCwndLimited) return true
  // In slow start the window may be twice what was used.
  return tp.inSlowStart && tp.sndCwnd < 2 * tp.maxPacketsOut
}
