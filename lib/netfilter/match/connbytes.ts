/**
 * The match `connbytes`: how much a connection has carried. It switches the counting of connections on.
 *
 * @see net/netfilter/xt_connbytes.c
 */
import { nfCtGet } from '../conntrack/nf-conn.js'
import { nfCtAcctOctets, nfCtAcctPackets } from '../conntrack/nf-conntrack-entry.js'
import { IP_CT_DIR_ORIGINAL, IP_CT_DIR_REPLY } from '../conntrack/nf-conntrack-common.js'
import { nfConntrack } from '../conntrack/nf-conntrack-net.js'
import { nfCtNetnsGet, nfCtNetnsPut } from '../conntrack/nf-conntrack-proto.js'
import { type XtMatch, xtMatch } from '../x-tables.js'

/** What is counted. */
export type XtConnbytesWhat = 'packets' | 'bytes' | 'avgpkt'
/** In which direction. */
export type XtConnbytesDirection = 'original' | 'reply' | 'both'

/** What belongs to a rule (struct xt_connbytes_info). */
export interface XtConnbytesInfo {
  /** Bounds in decimal digits, both included; with `from` above `to`, what does not lie between them matches. */
  readonly from: string
  readonly to: string
  readonly direction: XtConnbytesDirection
  readonly what: XtConnbytesWhat
}

interface Connbytes {
  readonly from: number
  readonly to: number
  readonly orig: boolean
  readonly reply: boolean
  readonly what: XtConnbytesWhat
}

/** The match. A connection that began before its packets were counted does not match. */
export const connbytesMatch: XtMatch = xtMatch<XtConnbytesInfo, Connbytes>({
  name: 'connbytes',
  checkentry: ({ netns }, { from, to, direction, what }) => {
    nfCtNetnsGet(netns)
    nfConntrack(netns).sysctls.acct = 1
    return { from: Number(from), to: Number(to), orig: direction !== 'reply', reply: direction !== 'original', what }
  },
  destroy: nfCtNetnsPut,
  match: (skb, _par, info) => {
    const ct = nfCtGet(skb)
    if (ct === null || ct.ext === null || ct.ext.acct === null) return false
    let n = 0
    if (info.what !== 'packets') {
      if (info.orig) n += nfCtAcctOctets(ct, IP_CT_DIR_ORIGINAL)
      if (info.reply) n += nfCtAcctOctets(ct, IP_CT_DIR_REPLY)
    }
    if (info.what !== 'bytes') {
      let packets = 0
      if (info.orig) packets += nfCtAcctPackets(ct, IP_CT_DIR_ORIGINAL)
      if (info.reply) packets += nfCtAcctPackets(ct, IP_CT_DIR_REPLY)
      n = info.what === 'packets' ? packets : packets === 0 ? 0 : Math.floor(n / packets)
    }
    return info.to >= info.from ? n >= info.from && n <= info.to : n < info.to || n > info.from
  },
})
