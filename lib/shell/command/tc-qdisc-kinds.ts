/**
 * THE TABLE of the kinds of qdiscs that `tc` has words for: one file of qdisc-kind/ each.
 *
 * @see iproute2 tc/tc.c get_qdisc_kind
 */
import { type Args, EXIT_USAGE, ToolExit, unsupported } from './args.js'
import { BFIFO_WORDS, PFIFO_HEAD_DROP_WORDS, PFIFO_WORDS } from './qdisc-kind/fifo.js'
import { NETEM_WORDS } from './qdisc-kind/netem.js'
import { TBF_WORDS } from './qdisc-kind/tbf.js'
import type { QdiscKindWords } from './qdisc-kind/words.js'

const KINDS: readonly QdiscKindWords[] = [PFIFO_WORDS, BFIFO_WORDS, PFIFO_HEAD_DROP_WORDS, TBF_WORDS, NETEM_WORDS]

/** Kinds that the tool knows and netloom does not. */
const KNOWN_TO_TOOL: readonly string[] = [
  'cake cbq cbs choke clsact codel drr etf ets fq fq_codel fq_pie gred hfsc hhf htb ingress mqprio pie plug prio',
  'qfq red sfb sfq skbprio taprio',
].flatMap(line => line.split(' '))

/** Reads the words of a kind; null for attributes that were not given at all. `speed` is that of the device, in Mbit/s. */
export const parseQdiscKind = (kind: string, args: Args, speed: () => number | null): object | null => {
  const words = KINDS.find(k => k.kind === kind)
  if (words !== undefined) return words.parse(args, speed)
  if (KNOWN_TO_TOOL.includes(kind)) throw unsupported('tc qdisc', kind, KINDS.map(k => k.kind).join(', '))
  if (args.done) return null
  if (kind === 'pfifo_fast') throw new ToolExit(EXIT_USAGE, "qdisc 'pfifo_fast' does not support option parsing\n")
  throw new ToolExit(1, `Unknown qdisc "${kind}", hence option "${args.word}" is unparsable\n`)
}
