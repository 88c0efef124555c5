/**
 * The targets `DSCP` and `TOS`: change the octet that says how a packet is to be treated.
 *
 * @see net/netfilter/xt_DSCP.c
 */
import { type Skb, skbCow } from '../../core/skb.js'
import { ipv4Tos, putIpv4Tos } from '../../wire/ipv4.js'
import { XT_CONTINUE, type XtTarget, xtTarget } from '../x-tables.js'

/** What belongs to a rule of `DSCP` (struct xt_DSCP_info). */
export interface XtDscpTargetInfo {
  readonly dscp: number
}

/** What belongs to a rule of `TOS` (struct xt_tos_target_info): the new octet is (old and not `tosMask`) xor `tosValue`. */
export interface XtTosTargetInfo {
  readonly tosValue: number
  readonly tosMask: number
}

const change = (skb: Skb, mask: number, value: number): number => {
  const old = ipv4Tos(skb.buf, skb.networkHeader)
  const tos = ((old & ~mask) ^ value) & 0xff
  if (tos === old) return XT_CONTINUE
  skbCow(skb)
  putIpv4Tos(skb.buf, skb.networkHeader, tos)
  return XT_CONTINUE
}

/** The target `DSCP`: the two bits of ECN stay. */
export const dscpTarget: XtTarget = xtTarget<XtDscpTargetInfo>({
  name: 'DSCP',
  table: 'mangle',
  target: (skb, _par, { dscp }) => change(skb, 0xfc, dscp << 2),
})

/** The target `TOS`. */
export const tosTarget: XtTarget = xtTarget<XtTosTargetInfo>({
  name: 'TOS',
  table: 'mangle',
  target: (skb, _par, { tosValue, tosMask }) => change(skb, tosMask, tosValue),
})
