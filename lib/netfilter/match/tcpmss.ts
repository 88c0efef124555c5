/**
 * The match `tcpmss`: the largest segment that a SYN or SYN/ACK announces. Without that option only the inverted match
 * matches.
 *
 * @see net/netfilter/xt_tcpmss.c
 */
import type { Skb } from '../../core/skb.js'
import { getU16 } from '../../wire/bytes.js'
import { IPPROTO_TCP } from '../../wire/ipv4.js'
import { TCP_HLEN, TCPOPT_MSS, tcpHdrLen } from '../../wire/tcp.js'
import { type XtMatch, xtMatch } from '../x-tables.js'

/** Octets of the option. */
export const TCPOLEN_MSS = 4

/** What belongs to a rule (struct xt_tcpmss_match_info): both ends belong to it. */
export interface XtTcpmssMatchInfo {
  readonly mssMin: number
  readonly mssMax: number
  readonly invert: boolean
}

/** The MSS that the options between `at` and `end` announce, -1 for none. */
const findMss = ({ buf: b }: Skb, at: number, end: number): number => {
  let i = at
  while (i < end) {
    if (b[i] === TCPOPT_MSS && end - i >= TCPOLEN_MSS && b[i + 1] === TCPOLEN_MSS) return getU16(b, i + 2)
    i += b[i]! < 2 || i + 1 >= end || b[i + 1] === 0 ? 1 : b[i + 1]!
  }
  return -1
}

/** The match. A header that is cut short has the packet dropped. */
export const tcpmssMatch: XtMatch = xtMatch<XtTcpmssMatchInfo>({
  name: 'tcpmss',
  proto: IPPROTO_TCP,
  match: (skb, par, info) => {
    const { thoff } = par
    const hlen = thoff + TCP_HLEN > skb.tail ? 0 : tcpHdrLen(skb.buf, thoff)
    if (hlen < TCP_HLEN || thoff + hlen > skb.tail) {
      par.hotdrop = true
      return false
    }
    const mss = findMss(skb, thoff + TCP_HLEN, thoff + hlen)
    return mss < 0 ? info.invert : (mss >= info.mssMin && mss <= info.mssMax) !== info.invert
  },
})
