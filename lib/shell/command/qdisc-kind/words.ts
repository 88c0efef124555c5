/**
 * How the words of a kind of qdisc are read: one file of this folder a kind, one line in tc-qdisc-kinds.ts.
 */
import { type Args, ToolExit } from '../args.js'

/** The words of a kind of qdisc. */
export interface QdiscKindWords {
  readonly kind: string
  /** Reads them; null when there were none and the kernel is to choose. `speed` is that of the device, in Mbit/s. */
  readonly parse: (args: Args, speed: () => number | null) => object | null
}

/** Leaves with exit status 1 and a text for standard error. */
export const leave = (text: string): never => {
  throw new ToolExit(1, `${text}\n`)
}
