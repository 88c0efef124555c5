/**
 * The match `ecn`: explicit congestion notification in the headers of IP and TCP.
 *
 * @see net/netfilter/xt_ecn.c
 */
import type { Skb } from '../../core/skb.js'
import { IPPROTO_TCP, ipv4Tos } from '../../wire/ipv4.js'
import { TCP_HLEN, tcpFlags, TH_CWR, TH_ECE } from '../../wire/tcp.js'
import { XT_INV_PROTO, type XtMatch, xtMatch, xtRefuse } from '../x-tables.js'

export const XT_ECN_OP_MATCH_IP = 0x01
export const XT_ECN_OP_MATCH_ECE = 0x10
export const XT_ECN_OP_MATCH_CWR = 0x20

/** What belongs to a rule (struct xt_ecn_info). */
export interface XtEcnInfo {
  /** XT_ECN_OP_MATCH_*: what is looked at, and what of it is inverted. */
  readonly operation: number
  readonly invert: number
  /** The lowest two bits of TOS. */
  readonly ipEct: number
}

const tcpMatches = (skb: Skb, thoff: number, { operation, invert }: XtEcnInfo): boolean => {
  if (thoff + TCP_HLEN > skb.tail) return false
  const flags = tcpFlags(skb.buf, thoff)
  if (operation & XT_ECN_OP_MATCH_ECE && ((flags & TH_ECE) !== 0) === ((invert & XT_ECN_OP_MATCH_ECE) !== 0))
    return false
  return !(operation & XT_ECN_OP_MATCH_CWR && ((flags & TH_CWR) !== 0) === ((invert & XT_ECN_OP_MATCH_CWR) !== 0))
}

/** The match. */
export const ecnMatch: XtMatch = xtMatch<XtEcnInfo>({
  name: 'ecn',
  checkentry: ({ ip }, info) => {
    const isTcp = ip.proto === IPPROTO_TCP && !(ip.invflags & XT_INV_PROTO)
    if (info.operation & (XT_ECN_OP_MATCH_ECE | XT_ECN_OP_MATCH_CWR) && !isTcp)
      xtRefuse('EINVAL', 'ecn', 'cannot match TCP bits for non-tcp packets')
    return info
  },
  match: (skb, par, info) => {
    if (info.operation & XT_ECN_OP_MATCH_IP) {
      const isEct = (ipv4Tos(skb.buf, skb.networkHeader) & 3) === info.ipEct
      if (isEct === ((info.invert & XT_ECN_OP_MATCH_IP) !== 0)) return false
    }
    return (info.operation & (XT_ECN_OP_MATCH_ECE | XT_ECN_OP_MATCH_CWR)) === 0 || tcpMatches(skb, par.thoff, info)
  },
})
