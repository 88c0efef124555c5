/**
 * From a connection to its TIME_WAIT, and what that makes of segments.
 *
 * @see net/ipv4/tcp_minisocks.c tcp_time_wait, tcp_timewait_state_process
 */
import type { Skb } from '../../core/skb.js'
import { TCP_HLEN, TH_ACK, TH_FIN, TH_RST, TH_SYN, tcpHdrLen } from '../../wire/tcp.js'
import {
  inetTwskDeschedule,
  inetTwskHashdance,
  inetTwskReschedule,
  inetTwskSchedule,
  TCP_TIMEWAIT_LEN,
  TcpTimewaitSock,
} from './inet-timewait-sock.js'
import { netnsTcp } from './netns-tcp.js'
import { tcpParseOptions } from './tcp-input-options.js'
import { tcpUpdateMetrics } from './tcp-metrics.js'
import { tcpReceiveWindow } from './tcp-output-window.js'
import { tcpOowRateLimited, tcpPawsReject } from './tcp-paws.js'
import { after, before } from './tcp-seq.js'
import type { TcpOptions, TcpSock } from './tcp-sock.js'
import { TCP_FIN_WAIT2, TCP_TIME_WAIT } from './tcp-states.js'
import { tcpClockMs, tcpSeconds } from './tcp-time.js'
import { tcpDone } from './tcp-done.js'

/** The new connection's sequence numbers begin this far behind those of the old one. */
const TIMEWAIT_ISN_GAP = 65535 + 2

/**
 * Lets a TIME_WAIT sock stand for a connection from now on, and ends the socket (tcp_time_wait). `state`: TCP_TIME_WAIT, or
 * TCP_FIN_WAIT2 for `timeoJiffies`.
 */
export const tcpTimeWait = (tp: TcpSock, state: number, timeoJiffies: number): void => {
  const tcp = netnsTcp(tp.netns)
  if (tcp.twCount >= tcp.sysctls.maxTwBuckets) tcp.mib.TCPTimeWaitOverflow++
  else {
    const tw = new TcpTimewaitSock(tp, state, tcpReceiveWindow(tp))
    tw.entryStampMs = tcpClockMs(tp.netns)
    const rto = (tp.rtoJiffies << 2) - (tp.rtoJiffies >> 1)
    inetTwskSchedule(tw, state === TCP_TIME_WAIT ? TCP_TIMEWAIT_LEN : Math.max(timeoJiffies, rto))
    inetTwskHashdance(tw, tp)
  }
  tcpUpdateMetrics(tp)
  tcpDone(tp)
}

/** What is to be done about a segment (enum tcp_tw_status): nothing, answer with a reset, acknowledge, take the SYN. */
export const TCP_TW_SUCCESS = 0
export const TCP_TW_RST = 1
export const TCP_TW_ACK = 2
export const TCP_TW_SYN = 3
export const TCP_TW_ACK_OOW = 4

/** Acknowledges a segment out of the window, at a limited rate. */
const oow = (tw: TcpTimewaitSock, skb: Skb, mib: 'TCPACKSkippedFinWait2' | 'TCPACKSkippedTimeWait'): number =>
  tcpOowRateLimited(tw.netns, skb, tw, mib) ? TCP_TW_SUCCESS : TCP_TW_ACK_OOW

const inWindow = (tw: TcpTimewaitSock, skb: Skb): boolean => {
  const { seq, endSeq } = skb
  const end = (tw.rcvNxt + tw.rcvWnd) | 0
  if (seq === tw.rcvNxt) return true
  if (after(endSeq, tw.rcvNxt) && before(seq, end)) return true
  return seq === end && seq === endSeq
}

const kill = (tw: TcpTimewaitSock): number => {
  inetTwskDeschedule(tw)
  return TCP_TW_SUCCESS
}

const noteTimestamp = (tw: TcpTimewaitSock, opt: TcpOptions): void => {
  if (!opt.sawTstamp) return
  tw.tsRecent = opt.rcvTsval
  tw.tsRecentStamp = tcpSeconds(tw.netns)
}

/** FIN_WAIT2 without a program: the peer's FIN is waited for, its data is refused. */
const finWait2 = (tw: TcpTimewaitSock, skb: Skb, opt: TcpOptions, isOld: boolean): number => {
  const { tcpFlags: flags, seq, endSeq } = skb
  if (isOld || !inWindow(tw, skb)) return oow(tw, skb, 'TCPACKSkippedFinWait2')
  if (flags & TH_RST) return kill(tw)
  if (flags & TH_SYN && !before(seq, tw.rcvNxt)) return TCP_TW_RST
  if (!(flags & TH_ACK) || !after(endSeq, tw.rcvNxt) || endSeq === seq) return TCP_TW_SUCCESS
  if (!(flags & TH_FIN) || endSeq !== ((tw.rcvNxt + 1) | 0)) return TCP_TW_RST
  tw.substate = TCP_TIME_WAIT
  tw.rcvNxt = endSeq
  tw.entryStampMs = tcpClockMs(tw.netns)
  noteTimestamp(tw, opt)
  inetTwskReschedule(tw, TCP_TIMEWAIT_LEN)
  return TCP_TW_ACK
}

/** The timestamp of a segment is older than the last one. */
const parse = (tw: TcpTimewaitSock, skb: Skb, opt: TcpOptions): boolean => {
  opt.sawTstamp = false
  if (tcpHdrLen(skb.buf, skb.transportHeader) <= TCP_HLEN || tw.tsRecentStamp === 0) return false
  tcpParseOptions(tw.netns, skb, opt, false)
  if (!opt.sawTstamp) return false
  if (opt.rcvTsecr !== 0) opt.rcvTsecr = (opt.rcvTsecr - tw.tsOffset) | 0
  opt.tsRecent = tw.tsRecent
  opt.tsRecentStamp = tw.tsRecentStamp
  return tcpPawsReject(tw.netns, opt, (skb.tcpFlags & TH_RST) !== 0)
}

/** A SYN that is new opens the connection again. */
const isNewSyn = (tw: TcpTimewaitSock, skb: Skb, opt: TcpOptions): boolean =>
  (skb.tcpFlags & (TH_SYN | TH_RST | TH_ACK)) === TH_SYN &&
  (after(skb.seq, tw.rcvNxt) || (opt.sawTstamp && ((tw.tsRecent - opt.rcvTsval) | 0) < 0))

/** What a segment means to a connection in TIME_WAIT: TCP_TW_* (tcp_timewait_state_process). */
export const tcpTimewaitStateProcess = (tw: TcpTimewaitSock, skb: Skb): number => {
  const tcp = netnsTcp(tw.netns)
  const opt = tcp.tmpOpt
  const isOld = parse(tw, skb, opt)
  if (tw.substate === TCP_FIN_WAIT2) return finWait2(tw, skb, opt, isOld)
  const { tcpFlags: flags, seq } = skb
  const isRst = (flags & TH_RST) !== 0
  if (!isOld && seq === tw.rcvNxt && (seq === skb.endSeq || isRst)) {
    if (!isRst) inetTwskReschedule(tw, TCP_TIMEWAIT_LEN)
    else if (tcp.sysctls.rfc1337 === 0) return kill(tw)
    noteTimestamp(tw, opt)
    return TCP_TW_SUCCESS
  }
  if (!isOld && isNewSyn(tw, skb, opt)) {
    tcp.twIsn = (tw.sndNxt + TIMEWAIT_ISN_GAP) | 0 || 1
    return TCP_TW_SYN
  }
  if (isOld) tcp.mib.PAWSEstab++
  if (isRst) return TCP_TW_SUCCESS
  if (isOld || flags & TH_ACK) inetTwskReschedule(tw, TCP_TIMEWAIT_LEN)
  return oow(tw, skb, 'TCPACKSkippedTimeWait')
}
