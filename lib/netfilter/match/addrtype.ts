/**
 * The match `addrtype`: what the addresses of a packet are to this host.
 *
 * @see net/netfilter/xt_addrtype.c
 */
import { NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING } from '../../core/netfilter.js'
import { inetAddrType } from '../../ip/fib-lookup.js'
import { ipv4Daddr, ipv4Saddr } from '../../wire/ipv4.js'
import { type XtMatch, xtMatch, xtRefuse } from '../x-tables.js'

export const XT_ADDRTYPE_INVERT_SOURCE = 0x1
export const XT_ADDRTYPE_INVERT_DEST = 0x2
export const XT_ADDRTYPE_LIMIT_IFACE_IN = 0x4
export const XT_ADDRTYPE_LIMIT_IFACE_OUT = 0x8

/** What belongs to a rule (struct xt_addrtype_info_v1). */
export interface XtAddrtypeInfo {
  /** 1 << RTN_*; 0: not looked at. */
  readonly source: number
  readonly dest: number
  /** XT_ADDRTYPE_*. */
  readonly flags: number
}

const IN_HOOKS = (1 << NF_INET_PRE_ROUTING) | (1 << NF_INET_LOCAL_IN)
const OUT_HOOKS = (1 << NF_INET_POST_ROUTING) | (1 << NF_INET_LOCAL_OUT)

const refuse = (why: string): never => xtRefuse('EINVAL', 'addrtype', why)

/** The match. With a device, an address counts as LOCAL or BROADCAST only when it is that device's. */
export const addrtypeMatch: XtMatch = xtMatch<XtAddrtypeInfo>({
  name: 'addrtype',
  checkentry: ({ hookMask }, info) => {
    const { flags } = info
    const limitsIn = (flags & XT_ADDRTYPE_LIMIT_IFACE_IN) !== 0
    const limitsOut = (flags & XT_ADDRTYPE_LIMIT_IFACE_OUT) !== 0
    if (limitsIn && limitsOut) refuse('both incoming and outgoing interface limitation cannot be selected')
    if (limitsOut && hookMask & IN_HOOKS) refuse('output interface limitation not valid in PREROUTING and INPUT')
    if (limitsIn && hookMask & OUT_HOOKS) refuse('input interface limitation not valid in POSTROUTING and OUTPUT')
    return info
  },
  match: (skb, par, { source, dest, flags }) => {
    const { state } = par
    const dev =
      flags & XT_ADDRTYPE_LIMIT_IFACE_IN ? state.inDev : flags & XT_ADDRTYPE_LIMIT_IFACE_OUT ? state.outDev : null
    if (source !== 0) {
      const type = inetAddrType(state.netns, ipv4Saddr(skb.buf, skb.networkHeader), dev)
      if (((source >> type) & 1) === (flags & XT_ADDRTYPE_INVERT_SOURCE ? 1 : 0)) return false
    }
    if (dest === 0) return true
    const type = inetAddrType(state.netns, ipv4Daddr(skb.buf, skb.networkHeader), dev)
    return ((dest >> type) & 1) !== (flags & XT_ADDRTYPE_INVERT_DEST ? 1 : 0)
  },
})
