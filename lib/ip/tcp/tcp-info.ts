/**
 * TCP_INFO: what a connection tells about itself.
 *
 * @see net/ipv4/tcp.c tcp_get_info, include/uapi/linux/tcp.h struct tcp_info
 */
import { TCP_CHRONO_BUSY, TCP_CHRONO_RWND_LIMITED, TCP_CHRONO_SNDBUF_LIMITED } from './tcp-chrono.js'
import { TCP_ECN_OK, TCP_ECN_SEEN } from './tcp-ecn.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_LISTEN } from './tcp-states.js'
import { tcpJiffies } from './tcp-time.js'

/** Options that a connection uses (TCPI_OPT_*). */
export type TcpInfoOption = 'timestamps' | 'sack' | 'wscale' | 'ecn' | 'ecnSeen'

/**
 * The fields of struct tcp_info, without their prefix. Times of the kind `rto`, `rtt` are microseconds, `last...`
 * milliseconds, rates octets per second, windows of congestion packets.
 */
export interface TcpInfo {
  /** State as the kernel counts them: 1 ESTABLISHED, ..., 10 LISTEN, 11 CLOSING. */
  readonly state: number
  /** 0 Open, 1 Disorder, 2 CWR, 3 Recovery, 4 Loss. */
  readonly caState: number
  readonly retransmits: number
  readonly probes: number
  readonly backoff: number
  readonly options: readonly TcpInfoOption[]
  readonly sndWscale: number
  readonly rcvWscale: number
  readonly deliveryRateAppLimited: boolean
  readonly rto: number
  readonly ato: number
  readonly sndMss: number
  readonly rcvMss: number
  /** Packets without acknowledgement; of a listener: connections that wait. */
  readonly unacked: number
  /** Of a listener: how many may wait. */
  readonly sacked: number
  readonly lost: number
  readonly retrans: number
  readonly lastDataSent: number
  readonly lastDataRecv: number
  readonly lastAckRecv: number
  readonly pmtu: number
  readonly rcvSsthresh: number
  readonly rtt: number
  readonly rttvar: number
  readonly sndSsthresh: number
  readonly sndCwnd: number
  readonly advmss: number
  readonly reordering: number
  readonly rcvRtt: number
  readonly rcvSpace: number
  readonly totalRetrans: number
  /** Infinity for none. */
  readonly pacingRate: number
  readonly maxPacingRate: number
  readonly bytesAcked: number
  readonly bytesReceived: number
  readonly segsOut: number
  readonly segsIn: number
  readonly notsentBytes: number
  /** 0 while unknown. */
  readonly minRtt: number
  readonly dataSegsIn: number
  readonly dataSegsOut: number
  readonly deliveryRate: number
  readonly busyTime: number
  readonly rwndLimited: number
  readonly sndbufLimited: number
  readonly delivered: number
  readonly deliveredCe: number
  readonly bytesSent: number
  readonly bytesRetrans: number
  readonly dsackDups: number
  readonly reordSeen: number
  readonly sndWnd: number
  readonly rcvWnd: number
  readonly totalRto: number
}

const HZ = 250
const US_PER_JIFFY = 1_000_000 / HZ
const MS_PER_JIFFY = 1000 / HZ
const MIN_RTT_UNKNOWN = 0xffffffff

const optionsOf = (tp: TcpSock): TcpInfoOption[] => {
  const options: TcpInfoOption[] = []
  if (tp.rxOpt.tstampOk) options.push('timestamps')
  if (tp.rxOpt.sackOk) options.push('sack')
  if (tp.rxOpt.wscaleOk) options.push('wscale')
  if (tp.ecnFlags & TCP_ECN_OK) options.push('ecn')
  if (tp.ecnFlags & TCP_ECN_SEEN) options.push('ecnSeen')
  return options
}

const rate = (octetsPerSecond: number): number =>
  octetsPerSecond === Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : octetsPerSecond

/** Microseconds that each limit has held so far (tcp_get_info_chrono_stats). */
const chronoStats = (tp: TcpSock, type: number): number => {
  const running = tp.chronoType === type ? tcpJiffies(tp.netns) - tp.chronoStartJiffies : 0
  return (tp.chronoStat[type - 1]! + running) * US_PER_JIFFY
}

/** Octets per second of the last rate sample (tcp_compute_delivery_rate). */
const deliveryRate = (tp: TcpSock): number =>
  tp.rateDelivered === 0 || tp.rateIntervalUs === 0
    ? 0
    : Math.floor((tp.rateDelivered * tp.mssCache * 1_000_000) / tp.rateIntervalUs)

/** What both kinds of sockets tell; of a listener nothing else. */
const base = (tp: TcpSock): TcpInfo => ({
  state: tp.state,
  caState: 0,
  retransmits: 0,
  probes: 0,
  backoff: 0,
  options: [],
  sndWscale: 0,
  rcvWscale: 0,
  deliveryRateAppLimited: false,
  rto: 0,
  ato: 0,
  sndMss: 0,
  rcvMss: 0,
  unacked: tp.listener?.ackBacklog ?? 0,
  sacked: tp.listener?.maxAckBacklog ?? 0,
  lost: 0,
  retrans: 0,
  lastDataSent: 0,
  lastDataRecv: 0,
  lastAckRecv: 0,
  pmtu: 0,
  rcvSsthresh: 0,
  rtt: 0,
  rttvar: 0,
  sndSsthresh: 0,
  sndCwnd: tp.sndCwnd,
  advmss: 0,
  reordering: tp.reordering,
  rcvRtt: 0,
  rcvSpace: 0,
  totalRetrans: 0,
  pacingRate: rate(tp.pacingRate),
  maxPacingRate: rate(tp.maxPacingRate),
  bytesAcked: 0,
  bytesReceived: 0,
  segsOut: 0,
  segsIn: 0,
  notsentBytes: 0,
  minRtt: 0,
  dataSegsIn: 0,
  dataSegsOut: 0,
  deliveryRate: 0,
  busyTime: 0,
  rwndLimited: 0,
  sndbufLimited: 0,
  delivered: 0,
  deliveredCe: 0,
  bytesSent: 0,
  bytesRetrans: 0,
  dsackDups: 0,
  reordSeen: 0,
  sndWnd: 0,
  rcvWnd: 0,
  totalRto: 0,
})

const times = (tp: TcpSock): Partial<TcpInfo> => {
  const now = tcpJiffies(tp.netns)
  const rwndLimited = chronoStats(tp, TCP_CHRONO_RWND_LIMITED)
  const sndbufLimited = chronoStats(tp, TCP_CHRONO_SNDBUF_LIMITED)
  const minRtt = tp.rttMin.v[0]
  return {
    rto: tp.rtoJiffies * US_PER_JIFFY,
    ato: tp.ack.atoJiffies * US_PER_JIFFY,
    lastDataSent: (now - tp.lsndtimeJiffies) * MS_PER_JIFFY,
    lastDataRecv: (now - tp.ack.lrcvtimeJiffies) * MS_PER_JIFFY,
    lastAckRecv: (now - tp.rcvTstampJiffies) * MS_PER_JIFFY,
    rtt: tp.srttUs >>> 3,
    rttvar: tp.mdevUs >>> 2,
    rcvRtt: tp.rcvRttUs >>> 3,
    minRtt: minRtt === MIN_RTT_UNKNOWN ? 0 : minRtt,
    busyTime: chronoStats(tp, TCP_CHRONO_BUSY) + rwndLimited + sndbufLimited,
    rwndLimited,
    sndbufLimited,
  }
}

const counters = (tp: TcpSock): Partial<TcpInfo> => ({
  unacked: tp.packetsOut,
  sacked: tp.sackedOut,
  lost: tp.lostOut,
  retrans: tp.retransOut,
  totalRetrans: tp.totalRetrans,
  bytesAcked: tp.bytesAcked,
  bytesReceived: tp.bytesReceived,
  segsOut: tp.segsOut,
  segsIn: tp.segsIn,
  notsentBytes: Math.max(0, (tp.writeSeq - tp.sndNxt) | 0),
  dataSegsIn: tp.dataSegsIn,
  dataSegsOut: tp.dataSegsOut,
  delivered: tp.delivered,
  deliveredCe: tp.deliveredCe,
  bytesSent: tp.bytesSent,
  bytesRetrans: tp.bytesRetrans,
  dsackDups: tp.dsackDups,
  reordSeen: tp.reordSeen,
  totalRto: tp.totalRto,
})

/** TCP_INFO of a socket. */
export const tcpGetInfo = (tp: TcpSock): TcpInfo => {
  if (tp.state === TCP_LISTEN) return base(tp)
  return {
    ...base(tp),
    ...times(tp),
    ...counters(tp),
    caState: tp.caState,
    retransmits: tp.retransmits,
    probes: tp.probesOut,
    backoff: tp.backoff,
    options: optionsOf(tp),
    sndWscale: tp.rxOpt.sndWscale,
    rcvWscale: tp.rxOpt.rcvWscale,
    deliveryRateAppLimited: tp.rateAppLimited,
    sndMss: tp.mssCache,
    rcvMss: tp.ack.rcvMss,
    pmtu: tp.pmtuCookie,
    rcvSsthresh: tp.rcvSsthresh,
    sndSsthresh: tp.sndSsthresh,
    advmss: tp.advmss,
    rcvSpace: tp.rcvqSpace.space,
    deliveryRate: deliveryRate(tp),
    sndWnd: tp.sndWnd,
    rcvWnd: tp.rcvWnd,
  }
}
