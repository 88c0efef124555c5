/**
 * Options and texts of the match `pkttype`.
 *
 * @see iptables extensions/libxt_pkttype.c
 */
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST } from '../../../core/skb.js'
import type { XtPkttypeInfo } from '../../../netfilter/match/pkttype.js'
import { extension, type XtablesExtension, xtablesError } from '../xtables.js'

/** The first name of a type is the one that is printed. */
const NAMES: readonly (readonly [string, number])[] = [
  ['unicast', PACKET_HOST],
  ['broadcast', PACKET_BROADCAST],
  ['multicast', PACKET_MULTICAST],
  ['otherhost', PACKET_OTHERHOST],
  ['bcast', PACKET_BROADCAST],
  ['mcast', PACKET_MULTICAST],
  ['host', PACKET_HOST],
]

const HELP = `pkttype match options:
[!] --pkt-type packettype    match packet type
Valid packet types:
	unicast       		to us
	broadcast     		to all
	multicast     		to group
	otherhost     		to someone else

`

const nameOf = (type: number): string => NAMES.find(([, t]) => t === type)?.[0] ?? `${type}`

/** The extension. */
export const pkttypeExtension: XtablesExtension = extension<XtPkttypeInfo>({
  name: 'pkttype',
  help: HELP,
  options: [{ name: 'pkt-type', id: 'type', type: 'string', mandatory: true, invert: true }],
  init: { pkttype: 0, invert: false },
  parse: ({ arg, invert }) => {
    const found = NAMES.find(([name]) => name === arg.toLowerCase()) ?? xtablesError(`Bad packet type '${arg}'`)
    return { pkttype: found[1], invert }
  },
  print: ({ pkttype, invert }) => ` PKTTYPE ${invert ? '!' : ''}= ${nameOf(pkttype)}`,
  save: ({ pkttype, invert }) => `${invert ? ' !' : ''} --pkt-type ${nameOf(pkttype)}`,
})
