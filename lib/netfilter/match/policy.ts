/**
 * The match `policy`: was the packet decrypted, or is it to be encrypted, by IPsec? netloom has no IPsec, so that `--pol none` matches
 * every packet and `--pol ipsec` none.
 *
 * @see net/netfilter/xt_policy.c
 */
import { NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING } from '../../core/netfilter.js'
import { type XtMatch, xtMatch, xtRefuse } from '../x-tables.js'

/** Most elements of a policy. */
export const XT_POLICY_MAX_ELEM = 4

/** A part of an element that is looked at, and may be inverted. */
export interface XtPolicyTest<T> {
  readonly value: T
  readonly invert: boolean
}

/** An address with its mask, int32. */
export interface XtPolicyAddress {
  readonly addr: number
  readonly mask: number
}

/** An element of a policy (struct xt_policy_elem); what is not there is not looked at. */
export interface XtPolicyElem {
  readonly reqid?: XtPolicyTest<number>
  readonly spi?: XtPolicyTest<number>
  readonly proto?: XtPolicyTest<number>
  readonly mode?: XtPolicyTest<'transport' | 'tunnel'>
  readonly daddr?: XtPolicyTest<XtPolicyAddress>
  readonly saddr?: XtPolicyTest<XtPolicyAddress>
}

/** What belongs to a rule (struct xt_policy_info). */
export interface XtPolicyInfo {
  readonly in: boolean
  readonly out: boolean
  readonly none: boolean
  readonly strict: boolean
  readonly pol: readonly XtPolicyElem[]
}

const IN_HOOKS = (1 << NF_INET_PRE_ROUTING) | (1 << NF_INET_LOCAL_IN)
const OUT_HOOKS = (1 << NF_INET_POST_ROUTING) | (1 << NF_INET_LOCAL_OUT)

/** The match. */
export const policyMatch: XtMatch = xtMatch<XtPolicyInfo>({
  name: 'policy',
  checkentry: ({ hookMask }, info) => {
    if (!info.in && !info.out) xtRefuse('EINVAL', 'policy', 'neither incoming nor outgoing policy selected')
    if (info.out && hookMask & IN_HOOKS) xtRefuse('EINVAL', 'policy', 'output policy not valid in PREROUTING and INPUT')
    if (info.in && hookMask & OUT_HOOKS)
      xtRefuse('EINVAL', 'policy', 'input policy not valid in POSTROUTING and OUTPUT')
    if (info.pol.length > XT_POLICY_MAX_ELEM) xtRefuse('EINVAL', 'policy', 'too many policy elements')
    return info
  },
  match: (_skb, _par, info) => info.none,
})
