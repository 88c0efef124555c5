/**
 * SYN cookies: what a SYN said is put into the numbers of the answer, and nothing is kept.
 *
 * @see net/ipv4/syncookies.c
 */
import type { Dst } from '../../core/dst.js'
import type { Netns } from '../../core/netns.js'
import type { Skb } from '../../core/skb.js'
import { HZ } from '../../sim/timer.js'
import { ipv4Daddr, ipv4Saddr } from '../../wire/ipv4.js'
import { tcpDport, tcpSport } from '../../wire/tcp.js'
import { dstWantsEcn } from '../dst-metrics.js'
import { netnsTcp } from './netns-tcp.js'
import type { TcpRequestSock } from './request-sock.js'
import { tcpJiffies } from './tcp-time.js'
import type { TcpOptions, TcpSock } from './tcp-sock.js'

const COOKIEBITS = 24
const COOKIEMASK = 0xffffff
/** Minutes that a cookie is good for, and ticks of one. */
const MAX_SYNCOOKIE_AGE = 2
const SYNCOOKIE_PERIOD = 60 * HZ
const TS_OPT_WSCALE_MASK = 0xf
const TS_OPT_SACK = 0x10
const TS_OPT_ECN = 0x20
const TSBITS = 6
/** The MSS that a cookie can tell. */
const MSSTAB: readonly number[] = [536, 1300, 1440, 1460]

const cookieTime = (netns: Netns): number => Math.floor(tcpJiffies(netns) / SYNCOOKIE_PERIOD)

/** There was no room for a SYN: cookies are to be expected (tcp_synq_overflow). */
export const tcpSynqOverflow = (tp: TcpSock): void => {
  const now = tcpJiffies(tp.netns)
  const queue = tp.listener!
  if (!(now >= queue.synqOverflowJiffies && now <= queue.synqOverflowJiffies + HZ)) queue.synqOverflowJiffies = now
}

/** No cookie was sent lately (tcp_synq_no_recent_overflow). */
export const tcpSynqNoRecentOverflow = (tp: TcpSock): boolean => {
  const last = tp.listener!.synqOverflowJiffies
  const now = tcpJiffies(tp.netns)
  return !(now >= last - HZ && now <= last + MAX_SYNCOOKIE_AGE * SYNCOOKIE_PERIOD)
}

const cookieHash = (netns: Netns, skb: Skb, count: number, which: 0 | 1): number => {
  const { buf: b, networkHeader: ip, transportHeader: th } = skb
  return netnsTcp(netns).secure.cookie(
    ipv4Saddr(b, ip),
    ipv4Daddr(b, ip),
    (tcpSport(b, th) << 16) | tcpDport(b, th),
    count,
    which,
  )
}

/** Sequence number of the answer to a SYN; the request's MSS becomes the one that it tells (cookie_v4_init_sequence). */
export const cookieInitSequence = (netns: Netns, skb: Skb, req: TcpRequestSock): number => {
  let i = MSSTAB.length - 1
  while (i > 0 && req.mss < MSSTAB[i]!) i--
  req.mss = MSSTAB[i]!
  const count = cookieTime(netns)
  const low = (cookieHash(netns, skb, count, 1) + i) & COOKIEMASK
  netnsTcp(netns).mib.SyncookiesSent++
  return (cookieHash(netns, skb, 0, 0) + skb.seq + (count << COOKIEBITS) + low) | 0
}

/** MSS that the cookie in an acknowledgement tells, 0 when it is none of ours (__cookie_v4_check). */
export const cookieCheckMss = (netns: Netns, skb: Skb): number => {
  const count = cookieTime(netns)
  const cookie = (skb.ackSeq - 1 - cookieHash(netns, skb, 0, 0) - (skb.seq - 1)) | 0
  const diff = (count - (cookie >>> COOKIEBITS)) & 0xff
  if (diff >= MAX_SYNCOOKIE_AGE) return 0
  const i = (cookie - cookieHash(netns, skb, count - diff, 1)) & COOKIEMASK
  return MSSTAB[i] ?? 0
}

/** What a timestamp can tell of a SYN's options. */
export type CookieOptions = Pick<TcpRequestSock, 'wscaleOk' | 'sndWscale' | 'sackOk' | 'ecnOk'>

/**
 * Timestamp, in milliseconds, that a SYN,ACK with a cookie carries before the connection's offset is added: options stand
 * in its lowest bits (cookie_init_timestamp).
 */
export const cookieInitTimestamp = (req: CookieOptions, nowMs: number): number => {
  let options = req.wscaleOk ? req.sndWscale : TS_OPT_WSCALE_MASK
  if (req.sackOk) options |= TS_OPT_SACK
  if (req.ecnOk) options |= TS_OPT_ECN
  const ts = Math.floor(nowMs / (1 << TSBITS)) * (1 << TSBITS) + options
  return ts > nowMs ? ts - (1 << TSBITS) : ts
}

/** Options from the echo of such a timestamp; false when one of them is off by now (cookie_timestamp_decode). */
export const cookieTimestampDecode = (netns: Netns, opt: TcpOptions): boolean => {
  const { timestamps, sack, windowScaling } = netnsTcp(netns).sysctls
  opt.sackOk = opt.wscaleOk = opt.tstampOk = false
  opt.sndWscale = 0
  if (!opt.sawTstamp) return true
  if (timestamps === 0) return false
  const options = opt.rcvTsecr
  opt.sackOk = (options & TS_OPT_SACK) !== 0
  if (opt.sackOk && sack === 0) return false
  if ((options & TS_OPT_WSCALE_MASK) === TS_OPT_WSCALE_MASK) return true
  opt.wscaleOk = true
  opt.sndWscale = options & TS_OPT_WSCALE_MASK
  return windowScaling !== 0
}

/** ECN was granted in the SYN,ACK, and is still (cookie_ecn_ok). */
export const cookieEcnOk = (netns: Netns, opt: TcpOptions, dst: Dst): boolean =>
  (opt.rcvTsecr & TS_OPT_ECN) !== 0 && (netnsTcp(netns).sysctls.ecn !== 0 || dstWantsEcn(dst))
