/**
 * Tracking of protocols that nothing is known of: one entry for each pair of addresses.
 *
 * DIFFERS: SCTP and UDP-Lite, of which the kernel knows more, are tracked so too, by their ports.
 *
 * @see net/netfilter/nf_conntrack_proto_generic.c, net/netfilter/nf_conntrack_core.c generic_packet
 */
import { NF_ACCEPT } from '../../core/netfilter.js'
import type { Skb } from '../../core/skb.js'
import type { NfConn } from './nf-conn.js'
import { nfCtRefreshAcct } from './nf-conntrack-entry.js'

/** A packet of a connection: NF_ACCEPT (generic_packet). */
export const genericPacket = (ct: NfConn, skb: Skb, ctinfo: number): number => {
  nfCtRefreshAcct(ct, ctinfo, skb, ct.cnet.sysctls.genericTimeout)
  return NF_ACCEPT
}
