/**
 * The target `REJECT`: drops a packet and tells its sender.
 *
 * @see net/ipv4/netfilter/ipt_REJECT.c
 */
import { NF_DROP, NF_INET_FORWARD, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT } from '../../core/netfilter.js'
import { NetloomError } from '../../errors.js'
import {
  ICMP_HOST_ANO,
  ICMP_HOST_UNREACH,
  ICMP_NET_ANO,
  ICMP_NET_UNREACH,
  ICMP_PKT_FILTERED,
  ICMP_PORT_UNREACH,
  ICMP_PROT_UNREACH,
} from '../../wire/icmp.js'
import { IPPROTO_TCP } from '../../wire/ipv4.js'
import { nfSendReset, nfSendUnreach } from '../nf-reject-ipv4.js'
import { type XtTarget, XT_INV_PROTO, xtTarget } from '../x-tables.js'

/** How the sender is told (enum ipt_reject_with, under the tool's words). */
export type RejectWith =
  | 'icmp-net-unreachable'
  | 'icmp-host-unreachable'
  | 'icmp-proto-unreachable'
  | 'icmp-port-unreachable'
  | 'icmp-net-prohibited'
  | 'icmp-host-prohibited'
  | 'tcp-reset'
  | 'icmp-admin-prohibited'

/** What belongs to a rule (struct ipt_reject_info). */
export interface IptRejectInfo {
  readonly with: RejectWith
}

/** Code of the ICMP error, -1 for a TCP reset. */
interface RejectState {
  readonly code: number
}

const CODES: Readonly<Record<RejectWith, number>> = {
  'icmp-net-unreachable': ICMP_NET_UNREACH,
  'icmp-host-unreachable': ICMP_HOST_UNREACH,
  'icmp-proto-unreachable': ICMP_PROT_UNREACH,
  'icmp-port-unreachable': ICMP_PORT_UNREACH,
  'icmp-net-prohibited': ICMP_NET_ANO,
  'icmp-host-prohibited': ICMP_HOST_ANO,
  'tcp-reset': -1,
  'icmp-admin-prohibited': ICMP_PKT_FILTERED,
}

/** The target. */
export const rejectTarget: XtTarget = xtTarget<IptRejectInfo, RejectState>({
  name: 'REJECT',
  table: 'filter',
  hooks: (1 << NF_INET_LOCAL_IN) | (1 << NF_INET_FORWARD) | (1 << NF_INET_LOCAL_OUT),
  checkentry: ({ ip }, info) => {
    if (info.with === 'tcp-reset' && (ip.proto !== IPPROTO_TCP || ip.invflags & XT_INV_PROTO))
      throw new NetloomError('EINVAL', 'ip_tables: REJECT target: TCP_RESET invalid for non-tcp')
    return { code: CODES[info.with] }
  },
  target: (skb, _par, state) => {
    if (state.code < 0) nfSendReset(skb)
    else nfSendUnreach(skb, state.code)
    return NF_DROP
  },
})
