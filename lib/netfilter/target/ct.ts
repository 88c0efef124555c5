/**
 * The target `CT`: what is to be known of a packet before its connection is looked for: that it is not to be tracked, its
 * zone, or the events of its connection. The target `NOTRACK` of the tool is this one, too.
 *
 * @see net/netfilter/xt_CT.c
 */
import { type NfConn, nfCtExt, nfCtSet, nfCtSetUntracked } from '../conntrack/nf-conn.js'
import { IP_CT_NEW } from '../conntrack/nf-conntrack-common.js'
import { nfCtTmplAlloc } from '../conntrack/nf-conntrack-entry.js'
import { nfConntrack } from '../conntrack/nf-conntrack-net.js'
import { nfCtNetnsGet, nfCtNetnsPut } from '../conntrack/nf-conntrack-proto.js'
import { XT_CONTINUE, XT_INV_PROTO, type XtCheckParam, xtRefuse, type XtTarget, xtTarget } from '../x-tables.js'

export const XT_CT_NOTRACK = 0x1
/** The rule was written as `-j NOTRACK`. */
export const XT_CT_NOTRACK_ALIAS = 0x2
export const XT_CT_ZONE_DIR_ORIG = 0x4
export const XT_CT_ZONE_DIR_REPL = 0x8
export const XT_CT_ZONE_MARK = 0x10

/** What belongs to a rule (struct xt_ct_target_info_v1). */
export interface XtCtTargetInfo {
  /** XT_CT_*. */
  readonly flags: number
  readonly zone: number
  /** 1 << IPCT_*, 0 for all. */
  readonly ctEvents: number
  /** 1 << IPEXP_*. */
  readonly expEvents: number
  /** Names; empty for none. */
  readonly helper: string
  readonly timeout: string
}

interface Ct {
  /** What the connection is to be like; null: not to be tracked. */
  readonly tmpl: NfConn | null
}

/** netloom has no helpers and no timeout policies, so there is none with that name. */
const checkNames = ({ ip }: XtCheckParam, { helper, timeout }: XtCtTargetInfo): void => {
  const hasProto = ip.proto !== 0 && !(ip.invflags & XT_INV_PROTO)
  if (helper !== '')
    xtRefuse('ENOENT', 'CT', hasProto ? `No such helper "${helper}"` : 'You must specify a L4 protocol')
  if (timeout === '') return
  if (!hasProto) xtRefuse('EINVAL', 'CT', 'You must specify a L4 protocol')
  xtRefuse('ENOENT', 'CT', `No such timeout policy "${timeout}"`)
}

const checkentry = (par: XtCheckParam, info: XtCtTargetInfo): Ct => {
  const { flags, zone, ctEvents } = info
  if (flags & XT_CT_NOTRACK) return { tmpl: null }
  checkNames(par, info)
  nfCtNetnsGet(par.netns)
  const dir = flags & (XT_CT_ZONE_DIR_ORIG | XT_CT_ZONE_DIR_REPL)
  const isMark = (flags & XT_CT_ZONE_MARK) !== 0
  // A zone that is the packet's mark only has to be another one than 0 in the directions that it is for.
  const id = isMark ? 0xffff : zone
  const tmpl = nfCtTmplAlloc(
    nfConntrack(par.netns),
    dir === XT_CT_ZONE_DIR_REPL ? 0 : id,
    dir === XT_CT_ZONE_DIR_ORIG ? 0 : id,
  )
  if (isMark) nfCtExt(tmpl).zoneIsMark = true
  if (ctEvents !== 0) nfCtExt(tmpl).ctmask = ctEvents
  return { tmpl }
}

/** The target. A packet that was looked at before, one that comes in over lo for example, keeps what it has. */
export const ctTarget: XtTarget = xtTarget<XtCtTargetInfo, Ct>({
  name: 'CT',
  table: 'raw',
  checkentry,
  destroy: (netns, { tmpl }) => {
    if (tmpl !== null) nfCtNetnsPut(netns)
  },
  target: (skb, _par, { tmpl }) => {
    if (skb.nfct !== null || skb.nfctinfo !== 0) return XT_CONTINUE
    if (tmpl === null) nfCtSetUntracked(skb)
    else nfCtSet(skb, tmpl, IP_CT_NEW)
    return XT_CONTINUE
  },
})
