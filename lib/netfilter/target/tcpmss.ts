/**
 * The target `TCPMSS`: lowers the largest segment that a SYN announces, and adds the option where there is none.
 *
 * @see net/netfilter/xt_TCPMSS.c
 */
import { NF_DROP, NF_INET_FORWARD, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING } from '../../core/netfilter.js'
import type { Netns } from '../../core/netns.js'
import { type Skb, skbCow, skbExpandTail, skbPut } from '../../core/skb.js'
import { Flow4 } from '../../ip/fib-table.js'
import { dstMtu, ipRouteOutput } from '../../ip/route.js'
import { getU16, putU16 } from '../../wire/bytes.js'
import { IPPROTO_TCP, IPV4_HLEN, ipv4Saddr, ipv4TotLen, replaceIpv4TotLen } from '../../wire/ipv4.js'
import { TCP_HLEN, TCPOPT_MSS, TCPOPT_NOP, tcpHdrLen, TH_SYN } from '../../wire/tcp.js'
import { inetProtoCsumReplace2 } from '../inet-proto-csum.js'
import { TCPOLEN_MSS } from '../match/tcpmss.js'
import { XT_TCP_INV_FLAGS, type XtTcp } from '../match/tcpudp.js'
import { XT_CONTINUE, type XtActionParam, type XtCheckParam, xtRefuse, type XtTarget, xtTarget } from '../x-tables.js'

/** Value of {@link XtTcpmssInfo.mss} that stands for what fits both directions. */
export const XT_TCPMSS_CLAMP_PMTU = 0xffff

/** What belongs to a rule (struct xt_tcpmss_info). */
export interface XtTcpmssInfo {
  readonly mss: number
}

/** What a host may be sent that has not announced anything. */
const DEFAULT_MSS = 536
const MAX_TCP_HLEN = 60
const DOFF_WORD = 12
const TCP_CSUM = 16

/** MTU of the way back. */
const reverseMtu = (netns: Netns, skb: Skb): number => {
  const dst = ipRouteOutput(netns, new Flow4().reset(ipv4Saddr(skb.buf, skb.networkHeader), 0, 0))
  return dst === null ? 0xffffffff : dstMtu(dst, false)
}

/** Largest segment that fits both ways, -1 when that cannot be told. */
const clampedMss = (netns: Netns, skb: Skb): number => {
  const min = Math.min(dstMtu(skb.dst!, false), reverseMtu(netns, skb))
  return min <= IPV4_HLEN + TCP_HLEN ? -1 : min - IPV4_HLEN - TCP_HLEN
}

/** Where the option stands, -1 when there is none. */
const findOption = (b: Uint8Array, thoff: number, hlen: number): number => {
  for (let i = TCP_HLEN; i <= hlen - TCPOLEN_MSS; ) {
    const at = thoff + i
    if (b[at] === TCPOPT_MSS && b[at + 1] === TCPOLEN_MSS) return at
    i += b[at]! <= TCPOPT_NOP || b[at + 1] === 0 ? 1 : b[at + 1]!
  }
  return -1
}

/** Puts the option right behind the header proper. */
const addOption = (skb: Skb, thoff: number, len: number, mss: number): void => {
  skbExpandTail(skb, TCPOLEN_MSS)
  const end = skbPut(skb, TCPOLEN_MSS)
  const { buf: b } = skb
  const at = thoff + TCP_HLEN
  const csum = thoff + TCP_CSUM
  b.copyWithin(at + TCPOLEN_MSS, at, end)
  inetProtoCsumReplace2(skb, csum, len, len + TCPOLEN_MSS, true)
  b[at] = TCPOPT_MSS
  b[at + 1] = TCPOLEN_MSS
  putU16(b, at + 2, Math.min(mss, DEFAULT_MSS))
  inetProtoCsumReplace2(skb, csum, 0, getU16(b, at), false)
  inetProtoCsumReplace2(skb, csum, 0, getU16(b, at + 2), false)
  const doff = getU16(b, thoff + DOFF_WORD)
  putU16(b, thoff + DOFF_WORD, doff + ((TCPOLEN_MSS / 4) << 12))
  inetProtoCsumReplace2(skb, csum, doff, getU16(b, thoff + DOFF_WORD), false)
  replaceIpv4TotLen(b, skb.networkHeader, ipv4TotLen(b, skb.networkHeader) + TCPOLEN_MSS)
}

const tcpmssTg = (skb: Skb, par: XtActionParam, info: XtTcpmssInfo): number => {
  if (par.fragoff !== 0) return XT_CONTINUE
  skbCow(skb)
  const { thoff } = par
  const len = skb.tail - thoff
  const hlen = len < TCP_HLEN ? 0 : tcpHdrLen(skb.buf, thoff)
  if (hlen < TCP_HLEN || len < hlen) return NF_DROP
  const mss = info.mss === XT_TCPMSS_CLAMP_PMTU ? clampedMss(par.state.netns, skb) : info.mss
  if (mss < 0) return NF_DROP
  const at = findOption(skb.buf, thoff, hlen)
  if (at >= 0) {
    const old = getU16(skb.buf, at + 2)
    if (old <= mss) return XT_CONTINUE
    putU16(skb.buf, at + 2, mss)
    inetProtoCsumReplace2(skb, thoff + TCP_CSUM, old, mss, false)
  } else if (len === hlen && hlen < MAX_TCP_HLEN) addOption(skb, thoff, len, mss)
  return XT_CONTINUE
}

const CLAMP_HOOKS = (1 << NF_INET_FORWARD) | (1 << NF_INET_LOCAL_OUT) | (1 << NF_INET_POST_ROUTING)

const asksForSyn = ({ name, info }: { readonly name: string; readonly info: object }): boolean => {
  if (name !== 'tcp') return false
  const { flgCmp, invflags } = info as XtTcp
  return (flgCmp & TH_SYN) !== 0 && !(invflags & XT_TCP_INV_FLAGS)
}

const checkentry = ({ hookMask, matches }: XtCheckParam, info: XtTcpmssInfo): XtTcpmssInfo => {
  if (info.mss === XT_TCPMSS_CLAMP_PMTU && hookMask & ~CLAMP_HOOKS)
    xtRefuse('EINVAL', 'TCPMSS', 'path-MTU clamping only supported in FORWARD, OUTPUT and POSTROUTING hooks')
  if (!matches.some(asksForSyn)) xtRefuse('EINVAL', 'TCPMSS', 'Only works on TCP SYN packets')
  return info
}

/** The target. The MSS is never raised. */
export const tcpmssTarget: XtTarget = xtTarget<XtTcpmssInfo>({
  name: 'TCPMSS',
  proto: IPPROTO_TCP,
  checkentry,
  target: tcpmssTg,
})
