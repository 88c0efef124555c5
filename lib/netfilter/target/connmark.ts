/**
 * The target `CONNMARK`: changes the connection's mark, or copies between it and the packet's.
 *
 * @see net/netfilter/xt_connmark.c connmark_tg_shift
 */
import { nfCtGet } from '../conntrack/nf-conn.js'
import { IPCT_MARK } from '../conntrack/nf-conntrack-common.js'
import { nfConntrackEventCache } from '../conntrack/nf-conntrack-ecache.js'
import { nfCtNetnsGet, nfCtNetnsPut } from '../conntrack/nf-conntrack-proto.js'
import { XT_CONTINUE, type XtTarget, xtTarget } from '../x-tables.js'

/** What belongs to a rule (struct xt_connmark_tginfo2). Marks and masks are int32. */
export interface XtConnmarkTginfo {
  readonly ctmark: number
  readonly ctmask: number
  readonly nfmask: number
  /** `save`: from packet to connection; `restore`: back. */
  readonly mode: 'set' | 'save' | 'restore'
  readonly shiftDir: 'left' | 'right'
  readonly shiftBits: number
}

const shift = (mark: number, { shiftDir, shiftBits }: XtConnmarkTginfo): number =>
  shiftDir === 'right' ? mark >>> shiftBits : mark << shiftBits

/** The target. */
export const connmarkTarget: XtTarget = xtTarget<XtConnmarkTginfo>({
  name: 'CONNMARK',
  checkentry: ({ netns }, info) => {
    nfCtNetnsGet(netns)
    return info
  },
  destroy: nfCtNetnsPut,
  target: (skb, _par, info) => {
    const ct = nfCtGet(skb)
    if (ct === null) return XT_CONTINUE
    const { ctmask, nfmask, mode } = info
    if (mode === 'restore') {
      skb.mark = (skb.mark & ~nfmask) ^ shift(ct.mark & ctmask, info)
      return XT_CONTINUE
    }
    const mark =
      (mode === 'set'
        ? shift((ct.mark & ~ctmask) ^ info.ctmark, info)
        : (ct.mark & ~ctmask) ^ shift(skb.mark & nfmask, info)) | 0
    if (ct.mark !== mark) {
      ct.mark = mark
      nfConntrackEventCache(IPCT_MARK, ct)
    }
    return XT_CONTINUE
  },
})
