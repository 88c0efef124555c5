/**
 * What a namespace remembers about peers between connections.
 *
 * @see net/ipv4/tcp_metrics.c
 */

/** One pair of addresses (struct tcp_metrics_block). */
export class TcpMetrics {
  readonly saddr: number
  readonly daddr: number
  constructor(saddr: number, daddr: number) {
    this.saddr = saddr
    this.daddr = daddr
  }
}

/** The table of a namespace. */
export class TcpMetricsTable {}
