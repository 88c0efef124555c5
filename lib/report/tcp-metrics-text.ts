/**
 * What TCP remembers about peers as `ip tcp_metrics` prints it.
 *
 * @see ip-tcp_metrics(8)
 */
import type { TcpMetricsInfo } from '../rtnl/tcp-metrics.js'
import { formatIpv4 } from '../wire/ip.js'
import type { Printer } from './printer.js'

const SIGNIFICANT = 6

/** A number with six digits as C's `%g` writes it. */
const general = (value: number): string => {
  const [mantissa, exponent] = value.toExponential(SIGNIFICANT - 1).split('e') as [string, string]
  const e = Number(exponent)
  if (e >= -4 && e < SIGNIFICANT) return String(Number(value.toPrecision(SIGNIFICANT)))
  return `${Number(mantissa)}e${e < 0 ? '-' : '+'}${String(Math.abs(e)).padStart(2, '0')}`
}

const USEC_PER_SEC = 1_000_000

const count = (p: Printer, name: string, value: number): void => {
  if (value !== 0) p.field(name, value, ` ${name} ${value}`)
}

const time = (p: Printer, name: string, us: number): void => {
  if (us === 0) return
  p.text(` ${name} ${us}us`)
  p.raw(name, general(us / USEC_PER_SEC))
}

/** Prints one entry; `deleted`: it has just been flushed. */
export const printTcpMetrics = (p: Printer, tm: TcpMetricsInfo, deleted = false): void => {
  p.openObject()
  if (deleted) p.field('deleted', true, 'Deleted ')
  const daddr = formatIpv4(tm.daddr)
  p.field('dst', daddr, daddr)
  p.text(` age ${(tm.ageMs / 1000).toFixed(3)}sec`)
  p.raw('age', general(tm.ageMs / 1000))
  count(p, 'ssthresh', tm.ssthresh)
  count(p, 'cwnd', tm.cwnd)
  count(p, 'reordering', tm.reordering)
  time(p, 'rtt', tm.rttUs)
  time(p, 'rttvar', tm.rttvarUs)
  const saddr = formatIpv4(tm.saddr)
  p.field('source', saddr, ` source ${saddr}`)
  p.text('\n')
  p.closeObject()
}
