/**
 * The match `multiport`: up to 15 ports and ranges of ports.
 *
 * @see net/netfilter/xt_multiport.c
 */
import { getU16 } from '../../wire/bytes.js'
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../wire/ipv4.js'
import { XT_INV_PROTO, type XtMatch, xtMatch, xtRefuse } from '../x-tables.js'

export const XT_MULTI_PORTS = 15
const IPPROTO_DCCP = 33
const IPPROTO_UDPLITE = 136
const PROTOCOLS: readonly number[] = [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP, IPPROTO_DCCP]

/** Which port of the packet is looked at: source, destination, or either. */
export type XtMultiportFlags = 'source' | 'destination' | 'either'

/** What belongs to a rule (struct xt_multiport_v1). */
export interface XtMultiportInfo {
  readonly flags: XtMultiportFlags
  /** Ports and ranges in the order of the rule, both ends of each. */
  readonly ports: readonly (readonly [number, number])[]
  readonly invert: boolean
}

/** Ports of a rule as the data path tests them: low and high ends by turns. */
class Multiport {
  readonly source: boolean
  readonly destination: boolean
  readonly ends: Uint16Array
  readonly invert: boolean
  constructor({ flags, ports, invert }: XtMultiportInfo) {
    this.source = flags !== 'destination'
    this.destination = flags !== 'source'
    this.ends = new Uint16Array(ports.flat())
    this.invert = invert
  }
}

/** The match. Only the first fragment has ports; one too short for them is dropped. */
export const multiportMatch: XtMatch = xtMatch<XtMultiportInfo, Multiport>({
  name: 'multiport',
  isPerFlow: true,
  checkentry: ({ ip }, info) => {
    if (!PROTOCOLS.includes(ip.proto) || ip.invflags & XT_INV_PROTO)
      xtRefuse('EINVAL', 'multiport', 'only for protocols with ports')
    return new Multiport(info)
  },
  match: (skb, par, info) => {
    if (par.fragoff !== 0) return false
    const { thoff } = par
    if (thoff + 4 > skb.tail) {
      par.hotdrop = true
      return false
    }
    const sport = getU16(skb.buf, thoff)
    const dport = getU16(skb.buf, thoff + 2)
    const { ends, invert } = info
    for (let i = 0; i < ends.length; i += 2) {
      const low = ends[i]!
      const high = ends[i + 1]!
      if (info.source && sport >= low && sport <= high) return !invert
      if (info.destination && dport >= low && dport <= high) return !invert
    }
    return invert
  },
})
