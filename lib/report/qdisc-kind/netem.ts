/**
 * Attributes of `netem`.
 *
 * @see iproute2 tc/q_netem.c netem_print_opt
 */
import type { QdiscInfo } from '../../rtnl/qdisc.js'
import type { NetemAttrs, NetemSlot } from '../../sched/sch-netem.js'
import type { Printer } from '../printer.js'
import { formatG, formatRate, formatTimeNs, formatTimeUs, tickUs } from '../tc-units.js'

const MAX = 0xffffffff

/** A number of JSON with six digits, as `%g` has them. */
const jsonG = (p: Printer, key: string, value: number): void => p.raw(key, formatG(value))

/** A percentage: text `label N%`, and a part of 1 in JSON. */
const printPercent = (p: Printer, key: string, label: string, value: number): void => {
  p.text(` ${label}${label === '' ? '' : ' '}${formatG((100 * value) / MAX)}%`)
  jsonG(p, key, value / MAX)
}

const printCorrelation = (p: Printer, value: number, isShown = value > 0): void => {
  if (p.isJson) jsonG(p, 'correlation', value / MAX)
  else if (isShown) p.text(` ${formatG((100 * value) / MAX)}%`)
}

/** A chance in an object of its own, when there is one. */
const printChance = (p: Printer, name: string, object: string, probability: number, correlation: number): void => {
  if (probability === 0) return
  p.openObject(object)
  printPercent(p, name, name, probability)
  printCorrelation(p, correlation)
  p.closeObject()
}

const printDelay = (p: Printer, { latency, jitter, corr }: NetemAttrs): void => {
  if (latency === 0) return
  p.openObject('delay')
  p.text(` delay ${formatTimeUs(tickUs(latency))}`)
  if (jitter > 0) p.text(`  ${formatTimeUs(tickUs(jitter))}`)
  if (p.isJson) {
    jsonG(p, 'delay', tickUs(latency) / 1e6)
    jsonG(p, 'jitter', tickUs(jitter) / 1e6)
  }
  printCorrelation(p, corr.delay, jitter > 0 && corr.delay > 0)
  p.closeObject()
}

const printLossModels = (p: Printer, { lossState, lossGemodel }: NetemAttrs): void => {
  if (lossState !== null) {
    p.openObject('loss-state')
    printPercent(p, 'p13', 'loss state p13', lossState.p13)
    for (const key of ['p31', 'p32', 'p23', 'p14'] as const) printPercent(p, key, key, lossState[key])
    p.closeObject()
  }
  if (lossGemodel !== null) {
    p.openObject('loss-gemodel')
    printPercent(p, 'p', 'loss gemodel p', lossGemodel.p)
    printPercent(p, 'r', 'r', lossGemodel.r)
    printPercent(p, '1-h', '1-h', MAX - lossGemodel.h)
    printPercent(p, '1-k', '1-k', lossGemodel.k1)
    p.closeObject()
  }
}

/** A number that the text leaves out when it is 0. */
const printNumber = (p: Printer, key: string, value: number): void =>
  p.field(key, value, value === 0 ? '' : ` ${key} ${value}`)

const printRate = (p: Printer, { rate }: NetemAttrs): void => {
  if (rate.rate === 0) return
  p.openObject('rate')
  p.field('rate', rate.rate, ` rate ${formatRate(rate.rate)}`)
  printNumber(p, 'packetoverhead', rate.packetOverhead)
  printNumber(p, 'cellsize', rate.cellSize)
  printNumber(p, 'celloverhead', rate.cellOverhead)
  p.closeObject()
}

const printSlotTime = (p: Printer, key: string, ns: number): void => {
  p.text(` ${formatTimeNs(ns)}`)
  jsonG(p, key, ns / 1e9)
}

const printSlot = (p: Printer, slot: NetemSlot): void => {
  p.openObject('slot')
  const isDrawn = slot.distJitter > 0
  p.text(isDrawn ? ' slot distribution' : ' slot')
  printSlotTime(p, isDrawn ? 'distribution' : 'min-delay', isDrawn ? slot.distDelay : slot.minDelay)
  printSlotTime(p, isDrawn ? 'jitter' : 'max-delay', isDrawn ? slot.distJitter : slot.maxDelay)
  printNumber(p, 'packets', slot.maxPackets)
  printNumber(p, 'bytes', slot.maxBytes)
  p.closeObject()
}

/** Prints what the emulator does to packets. */
export const printNetem = (p: Printer, info: QdiscInfo): void => {
  const attrs = info.attrs as NetemAttrs
  p.field('limit', attrs.limit, `limit ${attrs.limit}`)
  printDelay(p, attrs)
  printChance(p, 'loss', 'loss-random', attrs.loss, attrs.corr.loss)
  printLossModels(p, attrs)
  printChance(p, 'duplicate', 'duplicate', attrs.duplicate, attrs.corr.duplicate)
  printChance(p, 'reorder', 'reorder', attrs.reorder.probability, attrs.reorder.correlation)
  printChance(p, 'corrupt', 'corrupt', attrs.corrupt.probability, attrs.corrupt.correlation)
  printRate(p, attrs)
  if (attrs.slot !== null) printSlot(p, attrs.slot)
  p.field('ecn', attrs.ecn, attrs.ecn ? ' ecn ' : '')
  printNumber(p, 'gap', attrs.gap)
}
