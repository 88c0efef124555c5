/**
 * What the words behind `type KIND` say, and the reading of attributes that are a word and a value.
 *
 * @see ip-link(8), iproute2 ip/iplink.c get_link_kind
 */
import type { NetDevice } from '../../../core/netdev.js'
import { type Args, invalidArgument, matches, oneOfOnOff, parseUnsigned, ToolExit, unsupported } from '../args.js'
import type { IpContext } from '../ip-context.js'
import type { LinkRequest } from '../ip-link-args.js'

/** Attributes by name. */
export type Attributes = Record<string, unknown>

/** What the words of a kind say. */
export interface KindRequest {
  readonly attributes: Attributes
  /** What is left to be done when the device is there. */
  readonly finish: ((dev: NetDevice) => void) | null
}

/** How the words of a kind are read. */
export interface LinkKindWords {
  readonly kind: string
  /** Words of `add`; `request` are those of every device, which stood before `type`. */
  readonly forAdd: (ip: IpContext, args: Args, request: LinkRequest) => KindRequest
  /** Words of `set`. */
  readonly forSet: (ip: IpContext, args: Args, request: LinkRequest) => KindRequest
}

/** An attribute: its word, and how its value is read. A word that takes no value gives `true`. */
export interface AttributeWord {
  readonly word: string
  readonly read: (ip: IpContext, args: Args) => unknown
}

/** `mcast_snooping` as `mcastSnooping`. */
export const camelCase = (word: string): string => word.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase())

/** A number of at most `bits` bits. */
export const unsigned = (word: string, bits: number, message = `invalid ${word}`): AttributeWord => ({
  word,
  read: (_ip, args) => {
    const text = args.take()
    return parseUnsigned(text, bits) ?? invalidArgument(message, text)
  },
})

/** A word without a value: true. */
export const bare = (word: string): AttributeWord => ({ word, read: () => true })

/** `on` or `off`. */
export const onOffWord = (word: string): AttributeWord => ({
  word,
  read: (_ip, args) => oneOfOnOff(word, args.take(), 1),
})

/** Words of a kind that has none. */
export const noWords =
  (kind: string) =>
  (_ip: IpContext, args: Args): KindRequest => {
    if (!args.done) throw unsupported(`ip link set type ${kind}`, args.word, 'nothing behind the kind')
    return { attributes: {}, finish: null }
  }

/**
 * Reads words of a table until the end. `names` gives the attribute of a word whose name is another one; `unknown` is
 * the text before the usage for a word that is not in the table.
 */
export const readAttributes = (
  ip: IpContext,
  args: Args,
  table: readonly AttributeWord[],
  unknown: (word: string) => string,
  names: Readonly<Record<string, string>> = {},
): Attributes => {
  const attributes: Attributes = {}
  while (!args.done) {
    const word = args.take()
    const found = table.find(a => matches(word, a.word))
    if (found === undefined || matches(word, 'help')) {
      const usage = table.map(a => a.word).join(', ')
      throw new ToolExit(1, `${matches(word, 'help') ? '' : unknown(word)}Usage: ... { ${usage} }\n`)
    }
    attributes[camelCase(names[found.word] ?? found.word)] = found.read(ip, args)
  }
  return attributes
}
