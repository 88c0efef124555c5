/**
 * Attributes of the fifos and of `pfifo_fast`.
 *
 * @see iproute2 tc/q_fifo.c, tc/q_prio.c
 */
import type { QdiscInfo } from '../../rtnl/qdisc.js'
import type { FifoAttrs } from '../../sched/sch-fifo.js'
import type { PfifoFastAttrs } from '../../sched/sch-pfifo-fast.js'
import type { Printer } from '../printer.js'
import { formatSize } from '../tc-units.js'

/** Prints `limit`, in packets or octets. */
export const printFifo = (p: Printer, info: QdiscInfo): void => {
  const { limit } = info.attrs as FifoAttrs
  p.field('limit', limit, info.kind === 'bfifo' ? `limit ${formatSize(limit)}` : `limit ${limit}p`)
}

/** Prints the bands and the priorities that belong to each. */
export const printPfifoFast = (p: Printer, info: QdiscInfo): void => {
  const { bands, priomap } = info.attrs as PfifoFastAttrs
  p.field('bands', bands, `bands ${bands} priomap`)
  p.openArray('priomap')
  for (const band of priomap) p.element(band, ` ${band}`)
  p.closeArray()
  p.json('multiqueue', false)
}
