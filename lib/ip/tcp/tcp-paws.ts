/**
 * Protection against wrapped sequence numbers, and the limit of answers to segments out of the window. They serve sockets,
 * requests and TIME_WAIT alike.
 *
 * @see include/net/tcp.h tcp_paws_check, tcp_paws_reject, net/ipv4/tcp_input.c tcp_oow_rate_limited; RFC 7323 5, RFC 5961
 */
import type { Netns } from '../../core/netns.js'
import type { Skb } from '../../core/skb.js'
import { TH_SYN } from '../../wire/tcp.js'
import { netnsTcp } from './netns-tcp.js'
import type { TcpMib } from './tcp-mib.js'
import { tcpJiffies, tcpSeconds } from './tcp-time.js'
import type { TcpOptions } from './tcp-sock.js'

/** Seconds after which a remembered timestamp says nothing (TCP_PAWS_WRAP), and those of the longest life of a segment. */
const TCP_PAWS_WRAP = 60 * 60 * 24 * 24
const TCP_PAWS_MSL = 60

/** The timestamp of the segment whose options are `opt` is not older than the remembered one by more than `window`. */
export const tcpPawsCheck = (netns: Netns, opt: TcpOptions, window: number): boolean => {
  if (((opt.tsRecent - opt.rcvTsval) | 0) <= window) return true
  if (tcpSeconds(netns) >= opt.tsRecentStamp + TCP_PAWS_WRAP) return true
  // Some systems send SYN and SYN,ACK with timestamps of 0.
  return opt.tsRecent === 0
}

/** The segment is an old duplicate; a reset is one for a shorter time. */
export const tcpPawsReject = (netns: Netns, opt: TcpOptions, isRst: boolean): boolean => {
  if (tcpPawsCheck(netns, opt, 0)) return false
  return !(isRst && tcpSeconds(netns) >= opt.tsRecentStamp + TCP_PAWS_MSL)
}

/** What remembers its last answer to a segment out of the window. */
export interface OowHolder {
  /** Tick, 0 for none. */
  lastOowAckTimeJiffies: number
}

/** The last answer was sent less than tcp_invalid_ratelimit ago (__tcp_oow_rate_limited); otherwise this one is noted. */
export const tcpOowRateLimitedAt = (netns: Netns, holder: OowHolder, mib: keyof TcpMib): boolean => {
  const tcp = netnsTcp(netns)
  const now = tcpJiffies(netns)
  const last = holder.lastOowAckTimeJiffies
  if (last !== 0 && now - last < tcp.sysctls.invalidRatelimitJiffies) {
    tcp.mib[mib]++
    return true
  }
  holder.lastOowAckTimeJiffies = now
  return false
}

/** The same for a segment; data is no part of a loop of acknowledgements (tcp_oow_rate_limited). */
export const tcpOowRateLimited = (netns: Netns, skb: Skb, holder: OowHolder, mib: keyof TcpMib): boolean =>
  (skb.seq === skb.endSeq || (skb.tcpFlags & TH_SYN) !== 0) && tcpOowRateLimitedAt(netns, holder, mib)
