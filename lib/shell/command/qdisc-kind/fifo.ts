/**
 * Words of `pfifo`, `bfifo` and `pfifo_head_drop`.
 *
 * @see tc-bfifo(8), iproute2 tc/q_fifo.c
 */
import { type Args, matches } from '../args.js'
import { parseSize } from '../tc-units.js'
import { leave, type QdiscKindWords } from './words.js'

const USAGE = 'Usage: ... <[p|b]fifo | pfifo_head_drop> [ limit NUMBER ]'

const fifo = (kind: string): QdiscKindWords => ({
  kind,
  parse: (args: Args) => {
    let limit: number | null = null
    while (!args.done) {
      const word = args.take()
      if (matches(word, 'limit')) {
        const text = args.take()
        limit = parseSize(text) ?? leave(`${kind}: Illegal value for "limit": "${text}"`)
      } else if (word === 'help') leave(USAGE)
      else leave(`${kind}: unknown parameter "${word}"\n${USAGE}`)
    }
    return limit === null ? null : { limit }
  },
})

/** `pfifo`. */
export const PFIFO_WORDS: QdiscKindWords = fifo('pfifo')
/** `bfifo`. */
export const BFIFO_WORDS: QdiscKindWords = fifo('bfifo')
/** `pfifo_head_drop`. */
export const PFIFO_HEAD_DROP_WORDS: QdiscKindWords = fifo('pfifo_head_drop')
