/**
 * The matches `dscp` and `tos`: the octet that says how a packet is to be treated.
 *
 * @see net/netfilter/xt_dscp.c
 */
import { ipv4Tos } from '../../wire/ipv4.js'
import { type XtMatch, xtMatch } from '../x-tables.js'

/** Largest codepoint. */
export const XT_DSCP_MAX = 0x3f

/** What belongs to a rule of `dscp` (struct xt_dscp_info). */
export interface XtDscpInfo {
  readonly dscp: number
  readonly invert: boolean
}

/** What belongs to a rule of `tos` (struct xt_tos_match_info). */
export interface XtTosMatchInfo {
  readonly tosMask: number
  readonly tosValue: number
  readonly invert: boolean
}

/** The match `dscp`: the upper six bits. */
export const dscpMatch: XtMatch = xtMatch<XtDscpInfo>({
  name: 'dscp',
  isPerFlow: true,
  match: (skb, _par, info) => (ipv4Tos(skb.buf, skb.networkHeader) >> 2 === info.dscp) !== info.invert,
})

/** The match `tos`: all eight bits under a mask. */
export const tosMatch: XtMatch = xtMatch<XtTosMatchInfo>({
  name: 'tos',
  isPerFlow: true,
  match: (skb, _par, info) => ((ipv4Tos(skb.buf, skb.networkHeader) & info.tosMask) === info.tosValue) !== info.invert,
})
