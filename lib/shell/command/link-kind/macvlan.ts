/**
 * Words of `type macvlan`.
 *
 * @see ip-link(8), iproute2 ip/iplink_macvlan.c
 */
import { type Args, matches, parseUnsigned, ToolExit } from '../args.js'
import type { IpContext } from '../ip-context.js'
import { ETH_ALEN, parseLladdr } from '../lladdr.js'
import type { Attributes, KindRequest, LinkKindWords } from './words.js'

const USAGE = `Usage: ... macvlan mode MODE [flag MODE_FLAG] MODE_OPTS [bcqueuelen BC_QUEUE_LEN]

MODE: private | vepa | bridge | passthru | source
MODE_FLAG: null | nopromisc | nodst
MODE_OPTS: for mode "source":
	macaddr { { add | del } <macaddr> | set [ <macaddr> [ <macaddr>  ... ] ] | flush }
BC_QUEUE_LEN: Length of the rx queue for broadcast/multicast: [0-4294967295]
`

const MODES: readonly string[] = ['private', 'vepa', 'bridge', 'passthru', 'source']
const FLAGS: readonly string[] = ['null', 'nopromisc', 'nodst']

const fail = (text: string): never => {
  throw new ToolExit(1, text)
}

/** Mode, flags and list of senders as far as they have been read. */
interface Reading {
  readonly attributes: Attributes
  /** Some word has spoken of flags: both are sent. */
  hasFlags: boolean
  nopromisc: boolean
  nodst: boolean
  /** The next word has been tried as an address. */
  cut: boolean
}

const mode = (reading: Reading, args: Args): void => {
  const word = args.take()
  if (!MODES.includes(word))
    fail(`Error: argument of "mode" must be "private", "vepa", "bridge", "passthru" or "source", not "${word}"\n`)
  reading.attributes['mode'] = word
}

const setFlag = (reading: Reading, word: string): void => {
  reading.hasFlags = true
  if (word === 'nopromisc') reading.nopromisc = true
  else if (word === 'nodst') reading.nodst = true
}

const flag = (reading: Reading, args: Args): void => {
  const word = args.take()
  if (!FLAGS.includes(word)) fail(`Error: argument of "flag" must be "nopromisc", "nodst" or "null", not "${word}"\n`)
  setFlag(reading, word)
}

/** The MAC that a word is; null, and what the tool says of it, for anything else. */
const readMac = (word: string): { readonly mac: number | null; readonly text: string } => {
  try {
    const octets = parseLladdr(word)
    return { mac: octets.length === ETH_ALEN ? octets.reduce((mac, o) => mac * 256 + o, 0) : null, text: '' }
  } catch (e) {
    if (!(e instanceof ToolExit)) throw e
    return { mac: null, text: e.text }
  }
}

/** Addresses up to the first word that is none; what is said of that word does not end the command. */
const readMacs = (ip: IpContext, args: Args): number[] => {
  const macs: number[] = []
  while (!args.done) {
    const { mac, text } = readMac(args.word)
    ip.command.err(text)
    if (mac === null) return macs
    macs.push(mac)
    args.take()
  }
  return macs
}

const macaddr = (reading: Reading, args: Args, ip: IpContext): void => {
  const op = args.take()
  const before = (reading.attributes['macaddr'] ?? {}) as { readonly mac?: number; readonly macs?: readonly number[] }
  if (op === 'add' || op === 'del') {
    const { mac, text } = readMac(args.take())
    reading.attributes['macaddr'] = { ...before, op, mac: mac ?? fail(text) }
  } else if (op === 'set') {
    reading.attributes['macaddr'] = { ...before, op, macs: readMacs(ip, args) }
    reading.cut = true
  } else if (op === 'flush') reading.attributes['macaddr'] = { ...before, op }
  else fail(USAGE)
}

const bcqueuelen = (reading: Reading, args: Args): void => {
  const word = args.take()
  reading.attributes['bcqueuelen'] =
    parseUnsigned(word) ??
    fail(`Error: argument of "bcqueuelen" must be a positive integer [0-4294967295], not "${word}"\n`)
}

/** Words in the order in which the tool looks for them. */
const WORDS: readonly { readonly word: string; readonly read: (r: Reading, args: Args, ip: IpContext) => void }[] = [
  { word: 'mode', read: mode },
  { word: 'flag', read: flag },
  { word: 'macaddr', read: macaddr },
  { word: 'nopromisc', read: reading => setFlag(reading, 'nopromisc') },
  { word: 'nodst', read: reading => setFlag(reading, 'nodst') },
  { word: 'bcqueuelen', read: bcqueuelen },
]

const macvlanWords = (ip: IpContext, args: Args): KindRequest => {
  const reading: Reading = { attributes: {}, hasFlags: false, nopromisc: false, nodst: false, cut: false }
  while (!args.done) {
    // The tool cuts a word at its colons while it tries to read an address in it.
    const word = reading.cut ? args.take().split(':')[0]! : args.take()
    reading.cut = false
    const found = WORDS.find(w => matches(word, w.word))
    if (found !== undefined) found.read(reading, args, ip)
    else fail(matches(word, 'help') ? USAGE : `macvlan: unknown option "${word}"?\n${USAGE}`)
  }
  const { attributes, hasFlags, nopromisc, nodst } = reading
  if (nopromisc && attributes['mode'] !== 'passthru')
    fail(`macvlan: nopromisc flag only valid in passthru mode\n${USAGE}`)
  return { attributes: hasFlags ? { ...attributes, nopromisc, nodst } : attributes, finish: null }
}

/** `macvlan`. */
export const MACVLAN_WORDS: LinkKindWords = { kind: 'macvlan', forAdd: macvlanWords, forSet: macvlanWords }
