/**
 * The match `iprange`: addresses from one to another.
 *
 * @see net/netfilter/xt_iprange.c
 */
import { ipv4Daddr, ipv4Saddr } from '../../wire/ipv4.js'
import { type XtMatch, xtMatch } from '../x-tables.js'

/** What belongs to a rule (struct xt_iprange_mtinfo). Addresses are int32; null: not looked at. */
export interface XtIprangeMtinfo {
  readonly src: XtIprange | null
  readonly dst: XtIprange | null
}

/** Both ends belong to it. */
export interface XtIprange {
  readonly min: number
  readonly max: number
  readonly invert: boolean
}

/** A range as the data path tests it: the numbers unsigned. */
class Range {
  readonly min: number
  readonly max: number
  readonly invert: boolean
  constructor({ min, max, invert }: XtIprange) {
    this.min = min >>> 0
    this.max = max >>> 0
    this.invert = invert
  }
}

const matches = (range: Range, addr: number): boolean => {
  const a = addr >>> 0
  return (a >= range.min && a <= range.max) !== range.invert
}

interface Ranges {
  readonly src: Range | null
  readonly dst: Range | null
}

/** The match. A range whose ends are the wrong way round holds no address. */
export const iprangeMatch: XtMatch = xtMatch<XtIprangeMtinfo, Ranges>({
  name: 'iprange',
  isPerFlow: true,
  checkentry: (_par, { src, dst }) => ({
    src: src === null ? null : new Range(src),
    dst: dst === null ? null : new Range(dst),
  }),
  match: (skb, _par, { src, dst }) =>
    (src === null || matches(src, ipv4Saddr(skb.buf, skb.networkHeader))) &&
    (dst === null || matches(dst, ipv4Daddr(skb.buf, skb.networkHeader))),
})
