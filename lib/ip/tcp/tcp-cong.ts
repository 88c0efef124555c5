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
  readonly pktsAcked: number
  /** Round-trip time in microseconds, -1 when unknown. */
  readonly rttUs: number
  /** Packets in flight when the acknowledged one was sent. */
  readonly inFlight: number
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
