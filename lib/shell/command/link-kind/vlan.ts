/**
 * Words of `type vlan`.
 *
 * @see ip-link(8), iproute2 ip/iplink_vlan.c
 */
import { type Args, invalidArgument, matches, onOff, parseUnsigned, ToolExit } from '../args.js'
import type { IpContext } from '../ip-context.js'
import { type Attributes, camelCase, type KindRequest, type LinkKindWords } from './words.js'

const USAGE = `Usage: ... vlan id VLANID
		[ protocol VLANPROTO ]
		[ reorder_hdr { on | off } ]
		[ gvrp { on | off } ]
		[ mvrp { on | off } ]
		[ loose_binding { on | off } ]
		[ bridge_binding { on | off } ]
		[ ingress-qos-map QOS-MAP ]
		[ egress-qos-map QOS-MAP ]

VLANID := 0-4095
VLANPROTO: [ 802.1Q | 802.1ad ]
QOS-MAP := [ QOS-MAP ] QOS-MAPPING
QOS-MAPPING := FROM:TO
`

/** Names of EtherTypes that the tool takes; the kernel refuses all but two. */
const PROTOCOLS: Readonly<Record<string, number>> = {
  '802.1q': 0x8100,
  '802.1ad': 0x88a8,
  ip: 0x0800,
  ipv4: 0x0800,
  arp: 0x0806,
  rarp: 0x8035,
  ipv6: 0x86dd,
  lldp: 0x88cc,
  all: 0x0003,
  '802_3': 0x0001,
  '802_2': 0x0004,
  teb: 0x6558,
  mpls_uc: 0x8847,
  mpls_mc: 0x8848,
}

/** The EtherType that a word names (ll_proto_a2n), or null. */
export const linkProtocol = (word: string): number | null => PROTOCOLS[word.toLowerCase()] ?? parseUnsigned(word, 16)

/** `FROM:TO` as long as there are such words. */
const qosMap = (word: string, args: Args): { from: number; to: number }[] => {
  const out: { from: number; to: number }[] = []
  while (!args.done && args.word.includes(':')) {
    const text = args.take()
    const at = text.indexOf(':')
    const from = parseUnsigned(text.slice(0, at))
    const to = parseUnsigned(text.slice(at + 1))
    // The tool has cut the word at the colon when it complains.
    if (from === null || to === null) return invalidArgument(`invalid ${word}`, text.slice(0, at))
    out.push({ from, to })
  }
  return out
}

const number = (args: Args, message: string, read: (text: string) => number | null): number => {
  const text = args.take()
  return read(text) ?? invalidArgument(message, text)
}

/** Words in the order in which the tool looks for them. */
const WORDS: readonly (readonly [word: string, read: (args: Args, word: string) => unknown])[] = [
  ['protocol', args => number(args, 'protocol is invalid', linkProtocol)],
  ['id', args => number(args, 'id is invalid', text => parseUnsigned(text, 16))],
  ...['reorder_hdr', 'gvrp', 'mvrp', 'loose_binding', 'bridge_binding'].map(
    word => [word, (args: Args): boolean => onOff(word, args.take())] as const,
  ),
  ['ingress-qos-map', (args, word) => qosMap(word, args)],
  ['egress-qos-map', (args, word) => qosMap(word, args)],
]

const vlanWords = (_ip: IpContext, args: Args): KindRequest => {
  const attributes: Attributes = {}
  while (!args.done) {
    const word = args.take()
    const found = WORDS.find(([text]) => matches(word, text))
    if (found === undefined) {
      const complaint = matches(word, 'help') ? '' : `vlan: unknown command "${word}"?\n`
      throw new ToolExit(1, complaint + USAGE)
    }
    attributes[camelCase(found[0].replaceAll('-', '_'))] = found[1](args, found[0])
  }
  return { attributes, finish: null }
}

/** `vlan`. */
export const VLAN_WORDS: LinkKindWords = { kind: 'vlan', forAdd: vlanWords, forSet: vlanWords }
