/**
 * Text and JSON of `tc qdisc show`.
 *
 * @see iproute2 tc/tc_qdisc.c print_qdisc, tc/tc_util.c print_tcstats2_attr
 */
import { TC_H_ROOT } from '../core/qdisc.js'
import type { QdiscInfo } from '../rtnl/qdisc.js'
import type { Printer } from './printer.js'
import { printFifo, printPfifoFast } from './qdisc-kind/fifo.js'
import { printNetem } from './qdisc-kind/netem.js'
import { printTbf } from './qdisc-kind/tbf.js'
import { formatSize } from './tc-units.js'

/** Prints the attributes of a kind. */
type KindPrinter = (p: Printer, info: QdiscInfo) => void

const KINDS: Readonly<Record<string, KindPrinter>> = {
  pfifo: printFifo,
  bfifo: printFifo,
  pfifo_head_drop: printFifo,
  pfifo_fast: printPfifoFast,
  tbf: printTbf,
  netem: printNetem,
}

const MINOR = 0xffff

const classid = (id: number): string => {
  const [major, minor] = [id >>> 16, id & MINOR]
  if (major === 0) return `:${minor.toString(16)}`
  return minor === 0 ? `${major.toString(16)}:` : `${major.toString(16)}:${minor.toString(16)}`
}

const printStats = (p: Printer, info: QdiscInfo): void => {
  p.text(' ')
  p.field('bytes', info.bytes, `Sent ${info.bytes} bytes`)
  p.field('packets', info.packets, ` ${info.packets} pkt`)
  p.field('drops', info.drops, ` (dropped ${info.drops}`)
  p.field('overlimits', info.overlimits, `, overlimits ${info.overlimits}`)
  p.field('requeues', info.requeues, ` requeues ${info.requeues}) `)
  p.newline()
  p.text(' ')
  p.field('backlog', info.backlog, `backlog ${formatSize(info.backlog)}`)
  p.field('qlen', info.qlen, ` ${info.qlen}p`)
  p.text(` requeues ${info.requeues}`)
  p.newline()
}

/** Prints a qdisc; `withDevice` names its device, which is left out where only one was asked for. */
export const printQdisc = (p: Printer, info: QdiscInfo, withDevice: boolean): void => {
  p.openObject()
  p.field('kind', info.kind, `qdisc ${info.kind}`)
  const handle = `${(info.handle >>> 16).toString(16)}:`
  p.field('handle', handle, ` ${handle} `)
  if (withDevice) p.field('dev', info.dev.name, `dev ${info.dev.name} `)
  if (info.parent === TC_H_ROOT) p.field('root', true, 'root ')
  else p.field('parent', classid(info.parent), `parent ${classid(info.parent)} `)
  if (info.refcnt !== 1) p.field('refcnt', info.refcnt, `refcnt ${info.refcnt} `)
  p.openObject('options')
  KINDS[info.kind]?.(p, info)
  p.closeObject()
  p.newline()
  if (p.options.stats > 0) printStats(p, info)
  p.closeObject()
}
