/**
 * Flushing as `ip` does it: rounds of listing what is selected and deleting it, until a round finds nothing.
 */
import { Printer } from '../../report/printer.js'
import { ToolExit } from './args.js'
import type { IpContext } from './ip-context.js'
import { isRefusal } from './rtnl-error.js'

/** Rounds after which `ip` gives up. */
const MAX_ROUNDS = 10

/** What is flushed. */
export interface Flush<T> {
  /** What the messages call it: `entries`, `addresses`. */
  readonly what: string
  /** What is selected in this round, from 1. */
  readonly select: (round: number) => readonly T[]
  readonly remove: (item: T) => void
  /** Prints an item, which `-s -s` asks for. */
  readonly print: (p: Printer, item: T) => void
  /** One round is enough. */
  readonly once?: boolean
}

/** Deletes all that is selected; what vanished with something else is no error. Returns the exit status. */
export const runFlush = <T>(ip: IpContext, flush: Flush<T>): number => {
  const { stats } = ip.options
  const say = (text: string): void => {
    if (stats > 0) ip.command.out(text)
  }
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const items = flush.select(round)
    const done = round - 1
    if (items.length === 0) {
      say(done === 0 ? 'Nothing to flush.\n' : `*** Flush is complete after ${done} round${done > 1 ? 's' : ''} ***\n`)
      return 0
    }
    if (stats > 1) {
      const p = new Printer({ ...ip.options, json: false })
      for (const item of items) flush.print(p, item)
      ip.command.out(p.finish())
    }
    for (const item of items) removeIfThere(flush, item)
    say(`\n*** Round ${round}, deleting ${items.length} ${flush.what} ***\n`)
    if (flush.once === true) {
      say(`*** Flush is complete after ${round} round${round > 1 ? 's' : ''} ***\n`)
      return 0
    }
  }
  ip.command.out(`*** Flush not complete bailing out after ${MAX_ROUNDS} rounds\n`)
  return 1
}

const removeIfThere = <T>(flush: Flush<T>, item: T): void => {
  try {
    flush.remove(item)
  } catch (e) {
    if (!isRefusal(e)) throw e
  }
}

/** Leaves with a message and exit status 1 when a flush was given no selector. */
export const requireSelector = (given: boolean, message = 'Flush requires arguments.'): void => {
  if (!given) throw new ToolExit(1, `${message}\n`)
}
