/**
 * The targets `LOG` and `NFLOG`: tell of a packet, which goes on.
 *
 * @see net/netfilter/xt_LOG.c, net/netfilter/xt_NFLOG.c
 */
import { nfLogPacket } from '../nf-log.js'
import { XT_CONTINUE, type XtTarget, xtTarget } from '../x-tables.js'

/** Bits of {@link XtLogInfo.logflags}. */
export const XT_LOG_TCPSEQ = 0x01
export const XT_LOG_TCPOPT = 0x02
export const XT_LOG_IPOPT = 0x04
export const XT_LOG_UID = 0x08
export const XT_LOG_MACDECODE = 0x20

/** What belongs to a rule of `LOG` (struct xt_log_info). */
export interface XtLogInfo {
  /** 0 to 7, as syslog has them. */
  readonly level: number
  /** XT_LOG_*. */
  readonly logflags: number
  readonly prefix: string
}

/** What belongs to a rule of `NFLOG` (struct xt_nflog_info). */
export interface XtNflogInfo {
  readonly group: number
  readonly threshold: number
  readonly prefix: string
  /** Octets of the packet that a listener gets, when `copyLen`. */
  readonly len: number
  readonly copyLen: boolean
}

/** Level and flags of what is logged without any: notice, and all of it. */
const NFLOG_LEVEL = 5
const NF_LOG_DEFAULT_MASK = 0x0f

/** The target `LOG`. */
export const logTarget: XtTarget = xtTarget<XtLogInfo>({
  name: 'LOG',
  target: (skb, { state }, { level, logflags, prefix }) => {
    if (skb.netns.world.nfLoggers.length > 0)
      nfLogPacket(skb, state, { target: 'LOG', level, logflags, prefix, group: -1 })
    return XT_CONTINUE
  },
})

/** The target `NFLOG`. */
export const nflogTarget: XtTarget = xtTarget<XtNflogInfo>({
  name: 'NFLOG',
  target: (skb, { state }, { group, prefix }) => {
    if (skb.netns.world.nfLoggers.length > 0)
      nfLogPacket(skb, state, { target: 'NFLOG', level: NFLOG_LEVEL, logflags: NF_LOG_DEFAULT_MASK, prefix, group })
    return XT_CONTINUE
  },
})
