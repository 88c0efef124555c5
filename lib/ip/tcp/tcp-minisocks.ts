/**
 * Requests on their way to a connection: the answer to the SYN,ACK is checked, and a socket is made.
 *
 * @see net/ipv4/tcp_minisocks.c tcp_check_req, tcp_child_process
 */
import { DROP } from '../../core/drop.js'
import { kfreeSkb, type Skb } from '../../core/skb.js'
import { HZ } from '../../sim/timer.js'
import { TCP_HLEN, TH_ACK, TH_RST, TH_SYN, tcpHdrLen } from '../../wire/tcp.js'
import { netnsTcp } from './netns-tcp.js'
import type { TcpRequestSock } from './request-sock.js'
import { tcpV4SendReset, tcpSynackWindow, tcpV4ReqskSendAck } from './tcp-ipv4-reply.js'
import { tcpRcvStateProcess } from './tcp-input.js'
import { tcpParseOptions } from './tcp-input-options.js'
import { tcpSynackRttMeas } from './tcp-input-rtt.js'
import { inetCskReqskQueueAdd, inetCskReqskQueueDrop, reqskStopTimer } from './tcp-listener.js'
import { tcpV4SynRecvSock } from './tcp-openreq-child.js'
import { tcpOowRateLimited, tcpPawsReject } from './tcp-paws.js'
import { after, before, between } from './tcp-seq.js'
import { reqskModTimerPending, tcpReqskTimeout, tcpRtxSynack } from './tcp-synack.js'
import type { TcpOptions, TcpSock } from './tcp-sock.js'
import { TCP_SYN_RECV } from './tcp-states.js'
import { tcpSeconds } from './tcp-time.js'

/** Some of the octets, or an empty segment, are in the window from `start` to `end` (tcp_in_window). */
export const tcpInWindow = (seq: number, endSeq: number, start: number, end: number): boolean => {
  if (seq === start) return true
  if (after(endSeq, start) && before(seq, end)) return true
  return seq === end && seq === endSeq
}

const dropped = (skb: Skb, reason: number): null => {
  kfreeSkb(skb, reason)
  return null
}

/** Parses the options of a segment for a request; true when its timestamp is too old, -1 when its echo cannot be. */
const checkTimestamps = (skb: Skb, req: TcpRequestSock, opt: TcpOptions): 0 | 1 | -1 => {
  const { netns } = req.listener
  tcpParseOptions(netns, skb, opt, false)
  if (!opt.sawTstamp) return 0
  opt.tsRecent = req.tsRecent
  let isForeign = false
  if (opt.rcvTsecr !== 0) {
    isForeign = req.tstampOk && !between(opt.rcvTsecr, req.sntTsvalFirst, req.sntTsvalLast)
    opt.rcvTsecr = (opt.rcvTsecr - req.tsOff) | 0
  }
  // Its time is not remembered, but can be told from the timeouts.
  opt.tsRecentStamp = tcpSeconds(netns) - Math.floor(tcpReqskTimeout(req) / HZ)
  if (tcpPawsReject(netns, opt, (skb.tcpFlags & TH_RST) !== 0)) return 1
  return isForeign ? -1 : 0
}

/** A SYN that came again gets its SYN,ACK again. */
const resend = (skb: Skb, req: TcpRequestSock): null => {
  const { listener } = req
  if (!tcpOowRateLimited(listener.netns, skb, req, 'TCPACKSkippedSynRecv') && tcpRtxSynack(listener, req) === 0)
    reqskModTimerPending(req)
  kfreeSkb(skb, DROP.NOT_SPECIFIED)
  return null
}

/** A segment that cannot belong to the connection is answered with an acknowledgement. */
const outOfWindow = (skb: Skb, req: TcpRequestSock, ts: 0 | 1 | -1): null => {
  const { listener } = req
  const { mib } = netnsTcp(listener.netns)
  if (!(skb.tcpFlags & TH_RST) && !tcpOowRateLimited(listener.netns, skb, req, 'TCPACKSkippedSynRecv'))
    tcpV4ReqskSendAck(listener, skb, req)
  if (ts === 1) mib.PAWSEstab++
  else if (ts === -1) mib.TSEcrRejected++
  kfreeSkb(skb, ts === 1 ? DROP.TCP_RFC7323_PAWS : ts === -1 ? DROP.TCP_RFC7323_TSECR : DROP.TCP_OVERWINDOW)
  return null
}

/** A reset that is in the window but not exact may be forged: the peer is asked to prove itself (RFC 5961 3.2). */
const challenge = (skb: Skb, req: TcpRequestSock): null => {
  const { listener } = req
  if (!tcpOowRateLimited(listener.netns, skb, req, 'TCPACKSkippedSynRecv')) tcpV4ReqskSendAck(listener, skb, req)
  return dropped(skb, DROP.TCP_RESET)
}

/** Resets the peer, unless it has sent a reset itself, and forgets the request. */
const embryonicReset = (skb: Skb, req: TcpRequestSock, isRst: boolean, reason: number): null => {
  if (!isRst) tcpV4SendReset(req.listener, skb)
  if (inetCskReqskQueueDrop(req)) netnsTcp(req.listener.netns).mib.EmbryonicRsts++
  kfreeSkb(skb, reason)
  return null
}

/**
 * A segment for a request (tcp_check_req): the socket of the connection when the segment completes it, the listening
 * socket when that must answer, or null, in which case the skb has ended.
 */
export const tcpCheckReq = (skb: Skb, req: TcpRequestSock): TcpSock | null => {
  const { listener } = req
  const { sysctls, mib, tmpOpt: opt } = netnsTcp(listener.netns)
  let flags = skb.tcpFlags & (TH_RST | TH_SYN | TH_ACK)
  opt.sawTstamp = false
  const ts = tcpHdrLen(skb.buf, skb.transportHeader) > TCP_HLEN ? checkTimestamps(skb, req, opt) : 0
  const { sawTstamp, rcvTsval } = opt
  if (skb.seq === req.rcvIsn && flags === TH_SYN && ts !== 1) return resend(skb, req)
  if ((flags & (TH_ACK | TH_RST)) === TH_ACK && skb.ackSeq !== ((req.sntIsn + 1) | 0)) return listener
  const end = (req.rcvNxt + tcpSynackWindow(req)) | 0
  if (ts !== 0 || !tcpInWindow(skb.seq, skb.endSeq, req.rcvNxt, end)) return outOfWindow(skb, req, ts)
  if (flags & TH_RST && skb.seq !== req.rcvNxt) return challenge(skb, req)
  if (skb.seq === req.rcvIsn) flags &= ~TH_SYN
  if (flags & (TH_RST | TH_SYN)) {
    mib.TcpAttemptFails++
    return embryonicReset(skb, req, (flags & TH_RST) !== 0, flags & TH_RST ? DROP.TCP_RESET : DROP.TCP_INVALID_SYN)
  }
  if (!(flags & TH_ACK)) return dropped(skb, DROP.TCP_FLAGS)
  if (req.numTimeout < listener.listener!.rskqDeferAccept && skb.endSeq === ((req.rcvIsn + 1) | 0)) {
    req.acked = true
    mib.TCPDeferAcceptDrop++
    return dropped(skb, DROP.NOT_SPECIFIED)
  }
  const child = tcpV4SynRecvSock(listener, skb, req, null, true)
  if (child === null) {
    if (sysctls.abortOnOverflow !== 0) return embryonicReset(skb, req, false, DROP.TCP_LISTEN_OVERFLOW)
    req.acked = true
    return dropped(skb, DROP.TCP_LISTEN_OVERFLOW)
  }
  if (sawTstamp && !after(skb.seq, req.rcvNxt)) child.rxOpt.tsRecent = rcvTsval
  tcpSynackRttMeas(child, req.sntSynack, req.numRetrans !== 0)
  reqskStopTimer(req)
  listener.listener!.removed(req)
  inetCskReqskQueueAdd(listener, child)
  return child
}

/** Counts a segment that came in (tcp_segs_in); `data` is at the TCP header. */
export const tcpSegsIn = (tp: TcpSock, skb: Skb): void => {
  const segs = Math.max(skb.gsoSegs, 1)
  tp.segsIn += segs
  if (skb.tail - skb.data > tcpHdrLen(skb.buf, skb.data)) tp.dataSegsIn += segs
}

/**
 * Gives a new connection the segment that completed it (tcp_child_process). Owns the skb, unless it returns a drop reason:
 * then the caller answers with a reset and ends it.
 */
export const tcpChildProcess = (parent: TcpSock, child: TcpSock, skb: Skb): number => {
  const { state } = child
  tcpSegsIn(child, skb)
  const reason = tcpRcvStateProcess(child, skb)
  if (state === TCP_SYN_RECV && child.state !== state) parent.wakeRead()
  return reason
}
