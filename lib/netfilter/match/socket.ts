/**
 * The match `socket`: is there a socket of this host that the packet is for? It has fragments put together first.
 *
 * @see net/netfilter/xt_socket.c, net/ipv4/netfilter/nf_socket_ipv4.c
 */
import { NF_INET_LOCAL_IN, NF_INET_PRE_ROUTING } from '../../core/netfilter.js'
import type { Skb } from '../../core/skb.js'
import { Sock } from '../../ip/sock.js'
import { nfDefragIpv4Disable, nfDefragIpv4Enable } from '../nf-defrag-ipv4.js'
import { nfSkLookupSlowV4 } from '../nf-socket-ipv4.js'
import { type XtActionParam, type XtMatch, xtMatch } from '../x-tables.js'

export const XT_SOCKET_TRANSPARENT = 0x1
export const XT_SOCKET_NOWILDCARD = 0x2
export const XT_SOCKET_RESTORESKMARK = 0x4

/** What belongs to a rule (struct xt_socket_mtinfo3). */
export interface XtSocketInfo {
  /** XT_SOCKET_*. */
  readonly flags: number
}

const socketMt = (skb: Skb, par: XtActionParam, { flags }: XtSocketInfo): boolean => {
  const { netns } = par.state
  const own = skb.sk as Sock | null
  const sk = own !== null && own.netns === netns ? own : nfSkLookupSlowV4(netns, skb, par.thoff, par.state.inDev)
  if (sk === null) return false
  const isFull = sk instanceof Sock
  if (!(flags & XT_SOCKET_NOWILDCARD) && isFull && sk.localAddress === 0) return false
  // No socket of netloom is transparent (IP_TRANSPARENT).
  if (flags & XT_SOCKET_TRANSPARENT) return false
  if (flags & XT_SOCKET_RESTORESKMARK && isFull) skb.mark = sk.mark
  return true
}

/** The match. */
export const socketMatch: XtMatch = xtMatch<XtSocketInfo>({
  name: 'socket',
  hooks: (1 << NF_INET_PRE_ROUTING) | (1 << NF_INET_LOCAL_IN),
  checkentry: ({ netns }, info) => {
    nfDefragIpv4Enable(netns)
    return info
  },
  destroy: netns => nfDefragIpv4Disable(netns),
  match: socketMt,
})
