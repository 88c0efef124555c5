/**
 * The match `icmp`: type and codes.
 *
 * @see net/ipv4/netfilter/ip_tables.c icmp_match
 */
import { IPPROTO_ICMP } from '../../wire/ipv4.js'
import { type XtMatch, xtMatch } from '../x-tables.js'

/** What belongs to a rule (struct ipt_icmp). */
export interface IptIcmp {
  /** 255: any. */
  readonly type: number
  /** Codes, both ends included. */
  readonly code: readonly [number, number]
  readonly invert: boolean
}

const ANY_TYPE = 255
const ICMP_HLEN = 8

/** The match. Only the first fragment has type and code; one too short for them is dropped. */
export const icmpMatch: XtMatch = xtMatch<IptIcmp>({
  name: 'icmp',
  isPerFlow: true,
  proto: IPPROTO_ICMP,
  match: (skb, par, { type, code, invert }) => {
    if (par.fragoff !== 0) return false
    const { thoff } = par
    if (thoff + ICMP_HLEN > skb.tail) {
      par.hotdrop = true
      return false
    }
    const c = skb.buf[thoff + 1]!
    return (type === ANY_TYPE || (skb.buf[thoff] === type && c >= code[0] && c <= code[1])) !== invert
  },
})
