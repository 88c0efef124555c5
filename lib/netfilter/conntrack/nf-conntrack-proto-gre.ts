/**
 * Tracking of GRE, without the keys that the helper of PPTP would announce.
 *
 * @see net/netfilter/nf_conntrack_proto_gre.c
 */
import { NF_ACCEPT } from '../../core/netfilter.js'
import type { Skb } from '../../core/skb.js'
import type { NfConn } from './nf-conn.js'
import { IPCT_ASSURED, IPS_ASSURED, IPS_NAT_CLASH, IPS_SEEN_REPLY } from './nf-conntrack-common.js'
import { nfConntrackEventCache } from './nf-conntrack-ecache.js'
import { nfCtRefreshAcct } from './nf-conntrack-entry.js'

/** A packet of a tunnel: NF_ACCEPT (nf_conntrack_gre_packet). */
export const nfConntrackGrePacket = (ct: NfConn, skb: Skb, ctinfo: number): number => {
  const { sysctls } = ct.cnet
  if ((ct.status & IPS_SEEN_REPLY) === 0) {
    nfCtRefreshAcct(ct, ctinfo, skb, sysctls.greTimeout)
    return NF_ACCEPT
  }
  nfCtRefreshAcct(ct, ctinfo, skb, sysctls.greTimeoutStream)
  if ((ct.status & (IPS_NAT_CLASH | IPS_ASSURED)) === 0) {
    ct.status |= IPS_ASSURED
    nfConntrackEventCache(IPCT_ASSURED, ct)
  }
  return NF_ACCEPT
}
