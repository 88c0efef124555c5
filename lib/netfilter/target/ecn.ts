/**
 * The target `ECN`: changes the bits of explicit congestion notification.
 *
 * @see net/ipv4/netfilter/ipt_ECN.c
 */
import { NF_DROP } from '../../core/netfilter.js'
import { type Skb, skbCow } from '../../core/skb.js'
import { getU16 } from '../../wire/bytes.js'
import { IPPROTO_TCP, ipv4Proto, ipv4Tos, putIpv4Tos } from '../../wire/ipv4.js'
import { TCP_HLEN, TH_CWR, TH_ECE } from '../../wire/tcp.js'
import { inetProtoCsumReplace2 } from '../inet-proto-csum.js'
import { XT_CONTINUE, XT_INV_PROTO, xtRefuse, type XtTarget, xtTarget } from '../x-tables.js'

export const IPT_ECN_OP_SET_IP = 0x01
export const IPT_ECN_OP_SET_ECE = 0x10
export const IPT_ECN_OP_SET_CWR = 0x20

/** What belongs to a rule (struct ipt_ECN_info). */
export interface IptEcnInfo {
  /** IPT_ECN_OP_SET_*. */
  readonly operation: number
  readonly ipEct: number
  readonly ece: number
  readonly cwr: number
}

const TCP_FLAGS_WORD = 12
const TCP_CSUM = 16

const setTcp = (skb: Skb, thoff: number, { operation, ece, cwr }: IptEcnInfo): boolean => {
  if (thoff + TCP_HLEN > skb.tail) return false
  const old = getU16(skb.buf, thoff + TCP_FLAGS_WORD)
  let now = old
  if (operation & IPT_ECN_OP_SET_ECE) now = (now & ~TH_ECE) | (ece !== 0 ? TH_ECE : 0)
  if (operation & IPT_ECN_OP_SET_CWR) now = (now & ~TH_CWR) | (cwr !== 0 ? TH_CWR : 0)
  if (now === old) return true
  skbCow(skb)
  skb.buf[thoff + TCP_FLAGS_WORD + 1] = now
  inetProtoCsumReplace2(skb, thoff + TCP_CSUM, old, now, false)
  return true
}

/** The target. */
export const ecnTarget: XtTarget = xtTarget<IptEcnInfo>({
  name: 'ECN',
  table: 'mangle',
  checkentry: ({ ip }, info) => {
    const isTcp = ip.proto === IPPROTO_TCP && !(ip.invflags & XT_INV_PROTO)
    if (info.operation & (IPT_ECN_OP_SET_ECE | IPT_ECN_OP_SET_CWR) && !isTcp)
      xtRefuse('EINVAL', 'ECN', 'cannot use operation on non-tcp rule')
    return info
  },
  target: (skb, par, info) => {
    const { operation, ipEct } = info
    if (operation & IPT_ECN_OP_SET_IP) {
      const old = ipv4Tos(skb.buf, skb.networkHeader)
      if ((old & 3) !== ipEct) {
        skbCow(skb)
        putIpv4Tos(skb.buf, skb.networkHeader, (old & ~3) | ipEct)
      }
    }
    const isTcp = ipv4Proto(skb.buf, skb.networkHeader) === IPPROTO_TCP
    if (operation & (IPT_ECN_OP_SET_ECE | IPT_ECN_OP_SET_CWR) && isTcp && !setTcp(skb, par.thoff, info)) return NF_DROP
    return XT_CONTINUE
  },
})
