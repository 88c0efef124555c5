/**
 * REDIRECT: the destination becomes this host.
 *
 * @see net/netfilter/nf_nat_redirect.c
 */
import { NF_ACCEPT, NF_DROP, NF_INET_LOCAL_OUT } from '../../core/netfilter.js'
import type { Skb } from '../../core/skb.js'
import { inDevOf } from '../../ip/in-device.js'
import { INADDR_LOOPBACK } from '../../wire/ip.js'
import { nfCtGet } from '../conntrack/nf-conn.js'
import { nfNatSetupInfo } from './nf-nat-core.js'
import { NF_NAT_MANIP_DST, type NfNatRange, OneAddressRange } from './nf-nat-range.js'

const RANGE = new OneAddressRange()

/** Sends a connection to this host: what it sends itself to 127.0.0.1, what arrives to the first address of the device. */
export const nfNatRedirectIpv4 = (skb: Skb, range: NfNatRange, hook: number): number => {
  const ct = nfCtGet(skb)
  if (ct === null) return NF_ACCEPT
  const address = hook === NF_INET_LOCAL_OUT ? INADDR_LOOPBACK : (inDevOf(skb.dev!)?.ifaList[0]?.local ?? 0)
  if (address === 0) return NF_DROP
  return nfNatSetupInfo(ct, RANGE.set(range, address), NF_NAT_MANIP_DST)
}
