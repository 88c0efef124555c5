/**
 * What TCP remembers about peers, as `ip tcp_metrics` asks for it.
 *
 * @see net/ipv4/tcp_metrics.c tcp_metrics_nl_ops
 */
import type { Netns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import { netnsTcp } from '../ip/tcp/netns-tcp.js'
import type { TcpMetrics } from '../ip/tcp/tcp-metrics-table.js'
import { tcpJiffies } from '../ip/tcp/tcp-time.js'
import { HZ } from '../sim/timer.js'
import { formatIpv4 } from '../wire/ip.js'

/** One pair of addresses (int32); values that are not known are 0. */
export interface TcpMetricsInfo {
  readonly daddr: number
  readonly saddr: number
  /** Milliseconds since it was last used. */
  readonly ageMs: number
  /** Microseconds. */
  readonly rttUs: number
  readonly rttvarUs: number
  /** Packets. */
  readonly ssthresh: number
  readonly cwnd: number
  readonly reordering: number
}

const infoOf = (netns: Netns, tm: TcpMetrics): TcpMetricsInfo => ({
  daddr: tm.daddr,
  saddr: tm.saddr,
  ageMs: (tcpJiffies(netns) - tm.stampJiffies) * (1000 / HZ),
  rttUs: tm.rttUs >>> 3,
  rttvarUs: tm.rttvarUs >>> 2,
  ssthresh: tm.ssthresh,
  cwnd: tm.cwnd,
  reordering: tm.reordering,
})

const notFound = (netns: Netns, daddr: number): NetloomError =>
  new NetloomError('ESRCH', undefined, { address: formatIpv4(daddr), netns: netns.name })

/** All entries. */
export const tcpMetricsList = (netns: Netns): TcpMetricsInfo[] =>
  [...netnsTcp(netns).metrics].map(tm => infoOf(netns, tm))

/** The entry of a peer, the newest one when it has several. Throws ESRCH. */
export const tcpMetricsGet = (netns: Netns, daddr: number): TcpMetricsInfo => {
  const found = tcpMetricsList(netns).find(tm => tm.daddr === daddr)
  if (found === undefined) throw notFound(netns, daddr)
  return found
}

/** Forgets the entries of a peer, those with one source address only when it is named. Throws ESRCH when there are none. */
export const tcpMetricsDel = (netns: Netns, daddr: number, saddr: number | null = null): void => {
  if (netnsTcp(netns).metrics.delete(daddr, saddr) === 0) throw notFound(netns, daddr)
}

/** Forgets all entries. */
export const tcpMetricsFlush = (netns: Netns): void => netnsTcp(netns).metrics.flush()
