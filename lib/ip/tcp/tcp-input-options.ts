/**
 * Options of incoming segments.
 *
 * @see net/ipv4/tcp_input.c tcp_parse_options, tcp_fast_parse_options, tcp_parse_aligned_timestamp
 */
import type { Netns } from '../../core/netns.js'
import type { Skb } from '../../core/skb.js'
import { getU16, getU32 } from '../../wire/bytes.js'
import {
  TCP_HLEN,
  TCPOPT_MSS,
  TCPOPT_NOP,
  TCPOPT_SACK,
  TCPOPT_SACK_PERM,
  TCPOPT_TIMESTAMP,
  TCPOPT_WINDOW,
  TH_SYN,
  tcpFlags,
  tcpHdrLen,
  tcpOptionKind,
  tcpOptionLen,
} from '../../wire/tcp.js'
import { tcpSysctls } from './netns-tcp.js'
import type { TcpOptions, TcpSock } from './tcp-sock.js'

const TCPOLEN_MSS = 4
const TCPOLEN_WINDOW = 3
const TCPOLEN_SACK_PERM = 2
const TCPOLEN_TIMESTAMP = 10
const TCPOLEN_SACK_BASE = 2
const TCPOLEN_SACK_PERBLOCK = 8
const TCPOLEN_TSTAMP_ALIGNED = 12
const TCP_MAX_WSCALE = 14
/** nop, nop, timestamps, 10. */
const ALIGNED_TSTAMP = 0x0101080a

/** MSS that a SYN names, with the user's limit, 0 for none (tcp_parse_mss_option). */
export const tcpParseMssOption = (skb: Skb, userMss: number): number => {
  const { buf, transportHeader: th } = skb
  const end = th + tcpHdrLen(buf, th)
  let mss = 0
  for (let o = th + TCP_HLEN; ; o += tcpOptionLen(buf, o)) {
    const kind = tcpOptionKind(buf, o, end)
    if (kind < 0) return mss
    if (kind !== TCPOPT_MSS || buf[o + 1] !== TCPOLEN_MSS) continue
    const named = getU16(buf, o + 2)
    if (named !== 0) mss = userMss !== 0 && userMss < named ? userMss : named
  }
}

/** An option that only the SYN bears. */
const parseSynOption = (netns: Netns, b: Uint8Array, o: number, kind: number, len: number, opt: TcpOptions): void => {
  const sysctls = tcpSysctls(netns)
  if (kind === TCPOPT_MSS) {
    const mss = len === TCPOLEN_MSS ? getU16(b, o + 2) : 0
    if (mss !== 0) opt.mssClamp = opt.userMss !== 0 && opt.userMss < mss ? opt.userMss : mss
  } else if (kind === TCPOPT_WINDOW) {
    if (len !== TCPOLEN_WINDOW || sysctls.windowScaling === 0) return
    opt.wscaleOk = true
    opt.sndWscale = Math.min(b[o + 2]!, TCP_MAX_WSCALE)
  } else if (len === TCPOLEN_SACK_PERM && sysctls.sack !== 0) {
    opt.sackOk = true
    opt.dsack = false
    opt.numSacks = 0
  }
}

const isSackOption = (len: number): boolean =>
  len >= TCPOLEN_SACK_BASE + TCPOLEN_SACK_PERBLOCK && (len - TCPOLEN_SACK_BASE) % TCPOLEN_SACK_PERBLOCK === 0

/**
 * Reads all options of a segment, with those that only a SYN may bear; `estab`: what was agreed on stays
 * (tcp_parse_options).
 */
export const tcpParseOptions = (netns: Netns, skb: Skb, opt: TcpOptions, estab: boolean): void => {
  const { buf, transportHeader: th } = skb
  const end = th + tcpHdrLen(buf, th)
  const isSyn = !estab && (tcpFlags(buf, th) & TH_SYN) !== 0
  opt.sawTstamp = false
  opt.sackAt = 0
  for (let o = th + TCP_HLEN; ; o += tcpOptionLen(buf, o)) {
    const kind = tcpOptionKind(buf, o, end)
    if (kind < 0) return
    const len = tcpOptionLen(buf, o)
    if (kind === TCPOPT_TIMESTAMP) {
      if (len !== TCPOLEN_TIMESTAMP || !(estab ? opt.tstampOk : tcpSysctls(netns).timestamps !== 0)) continue
      opt.sawTstamp = true
      opt.rcvTsval = getU32(buf, o + 2)
      opt.rcvTsecr = getU32(buf, o + 6)
    } else if (kind === TCPOPT_SACK) {
      if (opt.sackOk && isSackOption(len)) opt.sackAt = o
    } else if (isSyn && (kind === TCPOPT_MSS || kind === TCPOPT_WINDOW || kind === TCPOPT_SACK_PERM))
      parseSynOption(netns, buf, o, kind, len, opt)
    else if (kind === TCPOPT_NOP) continue
  }
}

/** Reads timestamps that stand where Linux puts them; false when they do not (tcp_parse_aligned_timestamp). */
export const tcpParseAlignedTimestamp = (tp: TcpSock, b: Uint8Array, th: number): boolean => {
  if (getU32(b, th + TCP_HLEN) !== ALIGNED_TSTAMP) return false
  const opt = tp.rxOpt
  opt.sawTstamp = true
  opt.rcvTsval = getU32(b, th + TCP_HLEN + 4)
  const tsecr = getU32(b, th + TCP_HLEN + 8)
  opt.rcvTsecr = tsecr === 0 ? 0 : (tsecr - tp.tsOffset) | 0
  return true
}

/** Reads the options of a segment of a connection; false when it has none (tcp_fast_parse_options). */
export const tcpFastParseOptions = (tp: TcpSock, skb: Skb): boolean => {
  const { buf, transportHeader: th } = skb
  const len = tcpHdrLen(buf, th)
  const opt = tp.rxOpt
  if (len === TCP_HLEN) {
    opt.sawTstamp = false
    return false
  }
  if (opt.tstampOk && len === TCP_HLEN + TCPOLEN_TSTAMP_ALIGNED && tcpParseAlignedTimestamp(tp, buf, th)) return true
  tcpParseOptions(tp.netns, skb, opt, true)
  if (opt.sawTstamp && opt.rcvTsecr !== 0) opt.rcvTsecr = (opt.rcvTsecr - tp.tsOffset) | 0
  return true
}

/** Forgets what was agreed on (tcp_clear_options). */
export const tcpClearOptions = (opt: TcpOptions): void => {
  opt.tstampOk = false
  opt.sackOk = false
  opt.wscaleOk = false
  opt.sndWscale = 0
}
