/**
 * Words of `type ipvlan`.
 *
 * @see ip-link(8), iproute2 ip/iplink_ipvlan.c
 */
import { type Args, matches, ToolExit } from '../args.js'
import type { IpContext } from '../ip-context.js'
import type { KindRequest, LinkKindWords } from './words.js'

const USAGE = `Usage: ... ipvlan [ mode MODE ] [ FLAGS ]

MODE: l3 | l3s | l2
FLAGS: bridge | private | vepa
(first values are the defaults if nothing is specified).
`

const MODES: readonly string[] = ['l2', 'l3', 'l3s']
/** In the order in which the tool looks for them. */
const FLAGS: readonly string[] = ['private', 'vepa', 'bridge']

const fail = (text: string): never => {
  throw new ToolExit(1, text)
}

const readMode = (args: Args): string => {
  const word = args.take()
  return MODES.includes(word) ? word : fail('Error: argument of "mode" must be either "l2", "l3" or "l3s"\n')
}

/** The flag is sent even when no word names it: `bridge` then. */
const ipvlanWords = (_ip: IpContext, args: Args): KindRequest => {
  if (args.done) return { attributes: {}, finish: null }
  let mode: string | undefined
  let flag: string | undefined
  while (!args.done) {
    const word = args.take()
    const named = flag === undefined ? FLAGS.find(f => matches(word, f)) : undefined
    if (matches(word, 'mode')) mode = readMode(args)
    else if (named !== undefined) flag = named
    else fail(matches(word, 'help') ? USAGE : `ipvlan: unknown option "${word}"?\n${USAGE}`)
  }
  return { attributes: { ...(mode === undefined ? {} : { mode }), flag: flag ?? 'bridge' }, finish: null }
}

/** `ipvlan`. */
export const IPVLAN_WORDS: LinkKindWords = { kind: 'ipvlan', forAdd: ipvlanWords, forSet: ipvlanWords }
