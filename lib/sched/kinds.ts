/**
 * THE TABLE of kinds of qdiscs: what `tc qdisc add ... KIND` can make. A new kind is one file and one line here.
 */
import { NOQUEUE_OPS, type QdiscOps } from '../core/qdisc.js'
import type { World } from '../core/world.js'
import { BFIFO_OPS, PFIFO_HEAD_DROP_OPS, PFIFO_OPS } from './sch-fifo.js'
import { NETEM_OPS } from './sch-netem.js'
import { MQ_OPS, PFIFO_FAST_OPS } from './sch-pfifo-fast.js'
import { TBF_OPS } from './sch-tbf.js'

/** Kinds that netloom brings. */
export const QDISC_KINDS: readonly QdiscOps[] = [
  NOQUEUE_OPS,
  PFIFO_FAST_OPS,
  MQ_OPS,
  PFIFO_OPS,
  BFIFO_OPS,
  PFIFO_HEAD_DROP_OPS,
  TBF_OPS,
  NETEM_OPS,
]

/** Gives a World its qdiscs. */
export const registerQdiscs = (world: World): void => {
  for (const ops of QDISC_KINDS) world.qdiscKinds.add(ops.id, ops)
}
