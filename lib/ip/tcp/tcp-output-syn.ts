/**
 * The handshake's segments.
 *
 * @see net/ipv4/tcp_output.c tcp_connect, tcp_connect_init, tcp_make_synack
 */
import type { Dst } from '../../core/dst.js'
import type { Skb } from '../../core/skb.js'
import { errnoNumber } from '../../errors.js'
import { TCP_HLEN, TH_ACK, TH_CWR, TH_ECE, TH_SYN } from '../../wire/tcp.js'
import { dstAdvmss, dstMetrics, dstWantsEcn } from '../dst-metrics.js'
import { dstMtu } from '../route.js'
import { inetSkRebuildHeader } from '../queue-xmit.js'
import { netnsTcp } from './netns-tcp.js'
import { tcpCaDstInit } from './tcp-cong.js'
import type { TcpRequestSock } from './request-sock.js'
import { cookieInitTimestamp } from './syncookies.js'
import { TCP_ECN_OK } from './tcp-ecn.js'
import { tcpClearRetrans } from './tcp-input-loss.js'
import { tcpInitializeRcvMss } from './tcp-input-rcvbuf.js'
import { allocTcpSkb, putTcpHeader, tcpTransmitSkb } from './tcp-output.js'
import { tcpMstampRefresh, tcpTimeStampMs } from './tcp-time.js'
import { tcpMssClamp, tcpMtupInit, tcpSyncMss } from './tcp-output-mss.js'
import { type SynOptions, TCPOLEN_TSTAMP_ALIGNED, tcpSynOptionsLen, tcpSynOptionsWrite } from './tcp-output-options.js'
import { newNondataSeg } from './tcp-output-segs.js'
import { tcpFullSpace, tcpSelectInitialWindow } from './tcp-output-window.js'
import { tcpWriteQueuePurge } from './tcp-queues.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpClockMs, tcpClockNs } from './tcp-time.js'
import { ICSK_TIME_RETRANS, TCP_TIMEOUT_INIT, tcpResetXmitTimer } from './tcp-timer.js'

const EHOSTUNREACH = errnoNumber('EHOSTUNREACH')
const ECONNREFUSED = errnoNumber('ECONNREFUSED')

/** What the path says about the connection: MSS, window, clamp. */
const initFromRoute = (tp: TcpSock, dst: Dst): void => {
  const { sysctls } = netnsTcp(tp.netns)
  const metrics = dstMetrics(dst)
  tp.tcpHeaderLen = TCP_HLEN + (sysctls.timestamps !== 0 ? TCPOLEN_TSTAMP_ALIGNED : 0)
  if (tp.rxOpt.userMss !== 0) tp.rxOpt.mssClamp = tp.rxOpt.userMss
  tp.maxWindow = 0
  tcpMtupInit(tp)
  tcpSyncMss(tp, dstMtu(dst, false))
  tcpCaDstInit(tp, dst)
  if (tp.windowClamp === 0) tp.windowClamp = metrics.window ?? 0
  tp.advmss = tcpMssClamp(tp, dstAdvmss(dst))
  tcpInitializeRcvMss(tp)
  const full = tcpFullSpace(tp)
  if (tp.userRcvbuf && (tp.windowClamp > full || tp.windowClamp === 0)) tp.windowClamp = full
  const mss = tp.advmss - (tp.rxOpt.tsRecentStamp !== 0 ? tp.tcpHeaderLen - TCP_HLEN : 0)
  const win = tcpSelectInitialWindow(tp, full, mss, tp.windowClamp, sysctls.windowScaling !== 0, metrics.initrwnd ?? 0)
  tp.rcvWnd = win.rcvWnd
  tp.windowClamp = win.wndClamp
  tp.rxOpt.rcvWscale = win.rcvWscale
  tp.rcvSsthresh = win.rcvWnd
}

/** What does not depend on the family (tcp_connect_init). */
const connectInit = (tp: TcpSock, dst: Dst): void => {
  initFromRoute(tp, dst)
  tp.takeError()
  tp.done = false
  tp.sndWnd = 0
  tp.sndWl1 = 0
  tcpWriteQueuePurge(tp)
  tp.sndUna = tp.writeSeq
  tp.sndSml = tp.writeSeq
  tp.sndUp = tp.writeSeq
  tp.sndNxt = tp.writeSeq
  tp.rcvNxt = 0
  tp.rcvWup = 0
  tp.copiedSeq = 0
  tp.rtoJiffies = TCP_TIMEOUT_INIT
  tp.retransmits = 0
  tcpClearRetrans(tp)
}

/** Asks for ECN where tcp_ecn says so, or the route (tcp_ecn_send_syn). */
const ecnSendSyn = (tp: TcpSock): number => {
  tp.ecnFlags = 0
  const isWanted = tp.dstCache !== null && dstWantsEcn(tp.dstCache)
  if (netnsTcp(tp.netns).sysctls.ecn !== 1 && tp.caOps?.needsEcn !== true && !isWanted) return 0
  tp.ecnFlags = TCP_ECN_OK
  return TH_ECE | TH_CWR
}

/**
 * Builds and sends the SYN (tcp_connect of tcp_output.c): 0 or a negative errno. The caller has set addresses, route, state
 * and `writeSeq`.
 */
export const tcpConnect = (tp: TcpSock): number => {
  const dst = inetSkRebuildHeader(tp)
  if (dst === null) return -EHOSTUNREACH
  connectInit(tp, dst)
  const seg = newNondataSeg(tp, tp.writeSeq, TH_SYN)
  tcpMstampRefresh(tp)
  tp.retransStamp = tcpTimeStampMs(tp)
  tp.writeSeq = seg.endSeq
  tp.packetsOut += seg.pcount
  seg.flags |= ecnSendSyn(tp)
  tp.rtxQueue.pushBack(seg)
  if (tcpTransmitSkb(tp, seg) === -ECONNREFUSED) return -ECONNREFUSED
  tp.sndNxt = tp.writeSeq
  tp.pushedSeq = tp.writeSeq
  netnsTcp(tp.netns).mib.TcpActiveOpens++
  tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, tp.rtoJiffies, false)
  return 0
}

/** Options of the answer to a request (tcp_synack_options). */
const synackOptions = (listener: TcpSock, dst: Dst, req: TcpRequestSock, isCookie: boolean): SynOptions => {
  const now = tcpClockMs(listener.netns)
  const clock = isCookie && req.tstampOk ? cookieInitTimestamp(req, now) : now
  return {
    mss: tcpMssClamp(listener, dstAdvmss(dst)),
    timestamps: req.tstampOk,
    tsval: (clock + req.tsOff) | 0,
    tsecr: req.tsRecent,
    sack: req.sackOk,
    wscale: req.wscaleOk ? req.rcvWscale : -1,
  }
}

/** Makes a SYN,ACK for a request; `data` at the TCP header, the checksum is the caller's (tcp_make_synack). */
export const tcpMakeSynack = (listener: TcpSock, dst: Dst, req: TcpRequestSock, isCookie: boolean): Skb => {
  const opts = synackOptions(listener, dst, req, isCookie)
  const headerLen = TCP_HLEN + tcpSynOptionsLen(opts)
  const skb = allocTcpSkb(listener, headerLen)
  const flags = TH_SYN | TH_ACK | (req.ecnOk ? TH_ECE : 0)
  const window = Math.min(req.rskRcvWnd, 0xffff)
  putTcpHeader(skb.buf, skb.data, req.localPort, req.peerPort, req.sntIsn, req.rcvNxt, headerLen, flags, window)
  tcpSynOptionsWrite(opts, skb.buf, skb.data + TCP_HLEN)
  if (req.sntSynack === 0 && !isCookie) req.sntSynack = tcpClockNs(listener.netns)
  netnsTcp(listener.netns).mib.TcpOutSegs++
  return skb
}
