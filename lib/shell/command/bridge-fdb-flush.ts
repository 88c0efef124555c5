/**
 * `bridge fdb flush`: deletes the entries of a bridge, or those to one of its ports, that match.
 *
 * @see iproute2 bridge/fdb.c fdb_flush
 */
import {
  NTF_EXT_LEARNED,
  NTF_MASTER,
  NTF_OFFLOADED,
  NTF_SELF,
  NTF_STICKY,
  NTF_USE,
  NUD_NOARP,
  NUD_PERMANENT,
} from '../../ip/rtnetlink.js'
import { fdbFlush } from '../../rtnl/fdb.js'
import { type Args, defined, garbage, parseInteger, usageError } from './args.js'
import { bridgeToolDevice } from './bridge-link.js'
import type { IpContext } from './ip-context.js'

const VLAN_N_VID = 4096

/** What the words say; a bit of a mask must be as in the field beside it. */
interface Words {
  dev?: string
  brport?: string
  /** Negative: any. */
  vlan: number
  target: number
  state: number
  stateMask: number
  flags: number
  flagsMask: number
}

type Apply = (words: Words, args: Args) => void

const target =
  (bit: number): Apply =>
  words => {
    words.target |= bit
  }

/** Sets some bits of the state, clears others and looks at those of the mask, each word as the tool does it. */
const state =
  (set: number, clear: number, mask: number): Apply =>
  words => {
    words.state = (words.state & ~clear) | set
    words.stateMask |= mask
  }

const flags = (word: string, bit: number): readonly (readonly [string, Apply])[] => {
  const apply =
    (value: number): Apply =>
    words => {
      words.flags = (words.flags & ~bit) | value
      words.flagsMask |= bit
    }
  return [
    [word, apply(bit)],
    [`no${word}`, apply(0)],
  ]
}

/** Key words, each of which must be whole; the tool reads any other word and takes no notice. */
const WORDS: ReadonlyMap<string, Apply> = new Map<string, Apply>([
  ['dev', (words, args) => (words.dev = args.take())],
  ['brport', (words, args) => (words.brport = args.take())],
  [
    'vlan',
    (words, args) => {
      if (words.vlan >= 0) garbage('vlan', 'vlan')
      words.vlan = parseInteger(args.take()) ?? 0
    },
  ],
  // Asks for a word that nobody reads, which is what the tool does.
  ['help', (_, args) => args.take()],
  ['self', target(NTF_SELF)],
  ['master', target(NTF_MASTER)],
  ['permanent', state(NUD_PERMANENT, 0, NUD_PERMANENT)],
  ['nopermanent', state(0, NUD_PERMANENT, NUD_PERMANENT)],
  ['static', state(NUD_NOARP, 0, NUD_NOARP | NUD_PERMANENT)],
  ['nostatic', state(0, NUD_NOARP, NUD_NOARP)],
  ['dynamic', state(0, NUD_NOARP, NUD_NOARP | NUD_PERMANENT)],
  ['nodynamic', state(NUD_NOARP, 0, NUD_NOARP)],
  ...flags('added_by_user', NTF_USE),
  ...flags('extern_learn', NTF_EXT_LEARNED),
  ...flags('sticky', NTF_STICKY),
  ...flags('offloaded', NTF_OFFLOADED),
])

const parse = (args: Args): Words => {
  const words: Words = { vlan: -1, target: 0, state: 0, stateMask: 0, flags: 0, flagsMask: 0 }
  while (!args.done) {
    WORDS.get(args.take())?.(words, args)
  }
  return words
}

/** Verb `flush` of `bridge fdb`. */
export const bridgeFdbFlush = (ip: IpContext, args: Args): number => {
  const { dev: name, brport, vlan, ...match } = parse(args)
  if (name === undefined) return usageError('Device is a required argument.')
  const dev = bridgeToolDevice(ip, name, 'bridge device')
  const port = brport === undefined ? undefined : bridgeToolDevice(ip, brport, 'bridge port device')
  if (vlan >= VLAN_N_VID) usageError(`Invalid VLAN ID "${vlan}"`)
  fdbFlush(ip.netns, {
    ...match,
    dev,
    target: match.target || NTF_SELF,
    ...defined({ port, vlan: vlan < 0 ? undefined : vlan }),
  })
  return 0
}
