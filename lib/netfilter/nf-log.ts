/**
 * What LOG, NFLOG and TRACE tell of packets: events, and the lines that the kernel writes to its log.
 *
 * DIFFERS: the kernel writes lines of the first namespace only, unless net.netfilter.nf_log_all_netns is set; here those of
 * every namespace are told to who asked for them, and to nobody else.
 *
 * @see net/netfilter/nf_log.c
 */
import type { NfHookState, NfLogEntry, NfLogTarget, NfTrace } from '../core/netfilter.js'
import type { Skb } from '../core/skb.js'
import { nfLogIpText } from './nf-log-syslog.js'

/** How a packet is logged. */
export interface NfLogInfo {
  readonly target: NfLogTarget
  /** 0 to 7, as syslog has them. */
  readonly level: number
  /** NF_LOG_*. */
  readonly logflags: number
  readonly prefix: string
  /** Netlink group of NFLOG, -1 for others. */
  readonly group: number
}

/** Tells of a packet at a hook to all who asked (nf_log_packet). */
export const nfLogPacket = (skb: Skb, state: NfHookState, info: NfLogInfo, trace: NfTrace | null = null): void => {
  const { target, level, prefix, group } = info
  const { netns } = state
  const { world } = netns
  const entry: NfLogEntry = {
    time: world.now,
    netns: netns.name,
    target,
    hook: state.hook,
    level,
    prefix,
    group,
    inDev: state.inDev?.name ?? '',
    outDev: state.outDev?.name ?? '',
    mark: skb.mark,
    packet: skb.buf.slice(skb.networkHeader, skb.tail),
    trace,
    line: nfLogIpText(skb, state, info),
  }
  for (const logger of [...world.nfLoggers]) logger(entry)
}
