/**
 * Attributes of `tbf`.
 *
 * @see iproute2 tc/q_tbf.c tbf_print_opt
 */
import type { QdiscInfo } from '../../rtnl/qdisc.js'
import type { TbfAttrs } from '../../sched/sch-tbf.js'
import type { Printer } from '../printer.js'
import { cutTickUs, formatRate, formatSize, formatTimeUs } from '../tc-units.js'

const TICKS_PER_US = 15.625
const U32 = 2 ** 32

/** Octets that a rate sends in a time that the kernel tells in ticks. */
const octetsIn = (rate: number, ns: number): number => Math.floor((rate * cutTickUs(ns)) / 1e6)

/** A size, with the cell of -d, which is always 1. */
const sized = (p: Printer, key: string, octets: number, words: readonly [short: string, long: string]): void => {
  if (p.options.details) p.field(key, `${formatSize(octets)}/1`, `${words[1]} ${formatSize(octets)}/1 `)
  else p.field(key, octets, `${words[0]} ${formatSize(octets)} `)
}

const printMpu = (p: Printer, mpu: number): void => {
  if (p.options.details) p.field('mpu', mpu, `mpu ${formatSize(mpu)} `)
}

const latencyUs = (attrs: TbfAttrs): number => {
  const wait = (rate: number, ns: number): number => (1e6 * attrs.limit) / rate - cutTickUs(ns)
  const latency = wait(attrs.rate, attrs.bufferNs ?? 0)
  return attrs.peakRate > 0 ? Math.max(latency, wait(attrs.peakRate, attrs.mtuNs ?? 0)) : latency
}

/** Prints rate, burst, peak rate, and how long a packet may wait or how much may. */
export const printTbf = (p: Printer, info: QdiscInfo): void => {
  const attrs = info.attrs as TbfAttrs
  const { rate, peakRate, mpu, limit, overhead, linkLayer, bufferNs = 0, mtuNs = 0 } = attrs
  p.field('rate', rate, `rate ${formatRate(rate)} `)
  sized(p, 'burst', octetsIn(rate, bufferNs), ['burst', 'burst'])
  printMpu(p, mpu)
  if (peakRate > 0) {
    if (!p.options.details) p.json('peakrate', peakRate)
    p.text(`peakrate ${formatRate(peakRate)} `)
    sized(p, p.options.details ? 'mtu' : 'minburst', octetsIn(peakRate, mtuNs), ['minburst', 'mtu'])
    printMpu(p, mpu)
  }
  const latency = latencyUs(attrs)
  if (latency < 0) p.field('limit', limit, `limit ${formatSize(limit)} `)
  else {
    // The time goes through the tool's ticks once more, which are counted in 32 bits.
    const us = Math.floor(Math.floor(latency) % U32)
    const shown = Math.floor(Math.floor(us * TICKS_PER_US) / TICKS_PER_US)
    p.field('lat', Math.floor(latency), `lat ${formatTimeUs(shown)} `)
  }
  if (overhead > 0) p.field('overhead', overhead, `overhead ${overhead} `)
  if (p.options.details) p.field('linklayer', linkLayer, `linklayer ${linkLayer} `)
}
