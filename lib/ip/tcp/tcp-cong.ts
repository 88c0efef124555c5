/**
 * Congestion control: the interface of its algorithms and their registry. An algorithm is one file and one registration.
 *
 * @see net/ipv4/tcp_cong.c, include/net/tcp.h struct tcp_congestion_ops
 */
import type { Dst } from '../../core/dst.js'
import type { KernelProfile } from '../../core/profile.js'
import { errnoNumber, NetloomError } from '../../errors.js'
import { dstMetrics } from '../dst-metrics.js'
import { netnsTcp } from './netns-tcp.js'
import type { RateSample } from './tcp-ack-sample.js'
import { tcpBbr } from './tcp-bbr.js'
import { tcpCubic } from './tcp-cubic.js'
import { inetEcnDontxmit, inetEcnXmit } from './tcp-ecn.js'
import { tcpReno } from './tcp-reno.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_CLOSE, TCP_LISTEN } from './tcp-states.js'

export { tcpIsCwndLimited } from './tcp-cong-avoid.js'

const ENOENT = errnoNumber('ENOENT')
const EPERM = errnoNumber('EPERM')

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
  /** Anybody may choose it (TCP_CONG_NON_RESTRICTED). */
  readonly nonRestricted?: boolean
  init?(tp: TcpSock): void
  release?(tp: TcpSock): void
  /** New slow start threshold after a loss, in packets. */
  ssthresh(tp: TcpSock): number
  /** Grows the window: `acked` packets, all sent before `ack`, were acknowledged. Either this or {@link congControl}. */
  congAvoid?(tp: TcpSock, ack: number, acked: number): void
  /** Sets window and rate of pacing at each acknowledgement; then nothing else changes them, in recovery neither. */
  congControl?(tp: TcpSock, rs: RateSample): void
  /** Fewest segments of a packet, instead of tcp_min_tso_segs. */
  minTsoSegs?(tp: TcpSock): number
  /** Windows that the send buffer holds, 2 without. */
  sndbufExpand?(tp: TcpSock): number
  setState?(tp: TcpSock, state: number): void
  cwndEvent?(tp: TcpSock, event: TcpCaEvent): void
  /** Window after a reduction that was found to be wrong. */
  undoCwnd(tp: TcpSock): number
  pktsAcked?(tp: TcpSock, sample: AckSample): void
  /** State as TCP_CC_INFO tells it; absent when there is none. */
  info?(tp: TcpSock): Readonly<Record<string, number>>
}

/** All algorithms, in the order of tcp_available_congestion_control. A new one is a file and a line here. */
const ALGORITHMS: readonly TcpCongestionOps[] = Object.freeze([tcpReno, tcpBbr, tcpCubic])

const find = (name: string): TcpCongestionOps | null => ALGORITHMS.find(ops => ops.name === name) ?? null

/** Names that there are (tcp_available_congestion_control). */
export const tcpAvailableCongestionControl = (): readonly string[] => ALGORITHMS.map(ops => ops.name)

/** Names that anybody may choose in a machine whose default is `preset` (tcp_allowed_congestion_control). */
export const tcpAllowedCongestionControl = (preset: string): readonly string[] =>
  ALGORITHMS.filter(ops => ops.nonRestricted === true || ops.name === preset).map(ops => ops.name)

/** Refuses a profile whose algorithm there is not. Throws EINVAL. */
export const tcpCheckProfile = (profile: KernelProfile): void => {
  const { name, tcpCongestionControl: preset } = profile
  if (preset === undefined || find(preset) !== null) return
  const known = tcpAvailableCongestionControl().join(', ')
  throw new NetloomError(
    'EINVAL',
    `profile ${name}: tcpCongestionControl: there is no algorithm "${preset}"; it is one of ${known}`,
    { profile: name, tcpCongestionControl: preset },
  )
}

/** Tells the algorithm of an event (tcp_ca_event). */
export const tcpCaEvent = (tp: TcpSock, event: TcpCaEvent): void => {
  if (tp.caPriv !== null) tp.caOps?.cwndEvent?.(tp, event)
}

/** Changes the state of congestion control (tcp_set_ca_state). */
export const tcpSetCaState = (tp: TcpSock, state: number): void => {
  if (tp.caPriv !== null) tp.caOps?.setState?.(tp, state)
  tp.caState = state
}

/** What is sent can be marked only where the algorithm reacts to that always. */
const setEct = (tp: TcpSock): void => {
  if (tp.caOps?.needsEcn === true) inetEcnXmit(tp)
  else inetEcnDontxmit(tp)
}

/** The algorithm of a namespace (net->ipv4.tcp_congestion_control). */
const defaultOps = (tp: TcpSock): TcpCongestionOps => find(netnsTcp(tp.netns).sysctls.congestionControl) ?? tcpReno

/** Gives a new socket the algorithm of its namespace (tcp_assign_congestion_control). */
export const tcpAssignCongestionControl = (tp: TcpSock): void => {
  tp.caOps = defaultOps(tp)
  tp.caPriv = null
  setEct(tp)
}

/** Gives a connection the algorithm that its route names; false when it names none (tcp_ca_dst_init). */
export const tcpCaDstInit = (tp: TcpSock, dst: Dst): boolean => {
  const { congctl, lock } = dstMetrics(dst)
  const ops = congctl === undefined ? null : find(congctl)
  if (ops === null) return false
  tp.caDstLocked = lock?.has('congctl') === true
  tp.caOps = ops
  return true
}

/** What algorithms without numbers of their own keep. */
const NOTHING: object = Object.freeze({})

/** Starts the algorithm of a connection, unless it runs (tcp_init_congestion_control). */
export const tcpInitCongestionControl = (tp: TcpSock): void => {
  if (tp.caPriv !== null) return
  tp.priorSsthresh = 0
  tp.caOps!.init?.(tp)
  tp.caPriv ??= NOTHING
  setEct(tp)
}

/** Ends it (tcp_cleanup_congestion_control). */
export const tcpCleanupCongestionControl = (tp: TcpSock): void => {
  if (tp.caPriv !== null) tp.caOps?.release?.(tp)
  tp.caPriv = null
}

/** Gives a socket another algorithm: 0, -ENOENT, or -EPERM when the route has locked it (tcp_set_congestion_control). */
export const tcpSetCongestionControl = (tp: TcpSock, name: string): number => {
  const ops = find(name)
  if (tp.caDstLocked) return -EPERM
  if (ops === null) return -ENOENT
  tp.caSetsockopt = true
  if (ops === tp.caOps) return 0
  tcpCleanupCongestionControl(tp)
  tp.caOps = ops
  setEct(tp)
  if (tp.state !== TCP_CLOSE && tp.state !== TCP_LISTEN) tcpInitCongestionControl(tp)
  return 0
}
