/**
 * `ip tcp_metrics` as calls.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import {
  tcpMetricsDel,
  tcpMetricsFlush,
  tcpMetricsList,
  type TcpMetricsInfo as KernelTcpMetricsInfo,
} from '../rtnl/tcp-metrics.js'
import { formatIpv4 } from '../wire/ip.js'
import { ipv4Option, checkOptions } from '../app/text.js'

/** What TCP remembers about a peer. Values that are not known are 0. */
export interface TcpMetricsInfo {
  readonly address: string
  /** This host's address of the connections. */
  readonly source: string
  /** Milliseconds since it was last used. */
  readonly ageMs: number
  /** Round-trip time and its variance in microseconds. */
  readonly rttUs: number
  readonly rttvarUs: number
  /** Packets. */
  readonly ssthresh: number
  readonly cwnd: number
  readonly reordering: number
}

const publicInfo = ({ daddr, saddr, ...values }: KernelTcpMetricsInfo): TcpMetricsInfo => ({
  address: formatIpv4(daddr),
  source: formatIpv4(saddr),
  ...values,
})

/** The `ip tcp_metrics` of a namespace: `netns.tcpMetrics`. */
export class TcpMetricsApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /** What is remembered about all peers, or one of them. */
  list(filter: { readonly address?: string } = {}): TcpMetricsInfo[] {
    checkOptions('tcpMetrics.list', filter, ['address'])
    const all = tcpMetricsList(this.#netns)
    if (filter.address === undefined) return all.map(publicInfo)
    const daddr = ipv4Option('address', filter.address)
    return all.filter(tm => tm.daddr === daddr).map(publicInfo)
  }

  /** Forgets a peer. Throws ESRCH when nothing is known about it. */
  del(address: string): void {
    tcpMetricsDel(this.#netns, ipv4Option('address', address))
  }

  /** Forgets all peers. */
  flush(): void {
    tcpMetricsFlush(this.#netns)
  }
}
