/**
 * A SYN for a listening socket.
 *
 * Left out: what a SYN carries as options of IPv4 is not sent back in the connection.
 *
 * @see net/ipv4/tcp_input.c tcp_conn_request, net/ipv4/tcp_ipv4.c tcp_v4_conn_request
 */
import type { Dst } from '../../core/dst.js'
import type { Skb } from '../../core/skb.js'
import { ipv4Daddr, ipv4Saddr, ipv4Tos } from '../../wire/ipv4.js'
import { TH_CWR, TH_ECE, tcpDport, tcpFlags, tcpSport } from '../../wire/tcp.js'
import { dstAdvmss, dstMetrics, dstWantsEcn } from '../dst-metrics.js'
import { ipv4 } from '../ipv4.js'
import { RTCF_BROADCAST, RTCF_MULTICAST } from '../rtnetlink.js'
import { netnsTcp } from './netns-tcp.js'
import { TcpRequestSock } from './request-sock.js'
import { cookieInitSequence, tcpSynqOverflow } from './syncookies.js'
import { INET_ECN_MASK } from './tcp-ecn.js'
import { tcpParseOptions } from './tcp-input-options.js'
import { tcpListendrop } from './tcp-listener.js'
import { tcpPeerIsProven } from './tcp-metrics.js'
import { tcpMssClamp } from './tcp-output-mss.js'
import { TCPOLEN_TSTAMP_ALIGNED } from './tcp-output-options.js'
import { tcpFullSpace, tcpSelectInitialWindow } from './tcp-output-window.js'
import type { TcpOptions, TcpSock } from './tcp-sock.js'
import { inetCskReqskQueueHashAdd, inetCskRouteReq, tcpV4SendSynack } from './tcp-synack.js'
import { TCP_TIMEOUT_INIT } from './tcp-timer.js'

/** MSS of a SYN that names none (TCP_MSS_DEFAULT). */
const TCP_MSS_DEFAULT = 536
const DOFF = 12

/** Answers a SYN (icsk_af_ops->conn_request). The skb stays the caller's. */
export const tcpV4ConnRequest = (tp: TcpSock, skb: Skb): void => {
  const tcp = netnsTcp(tp.netns)
  const twIsn = tcp.twIsn
  tcp.twIsn = 0
  if (skb.dst!.flags & (RTCF_BROADCAST | RTCF_MULTICAST) || !connRequest(tp, skb, twIsn)) tcpListendrop(tp)
}

/** True when the request was served, false when it was dropped (tcp_conn_request). */
const connRequest = (tp: TcpSock, skb: Skb, twIsn: number): boolean => {
  const tcp = netnsTcp(tp.netns)
  const queue = tp.listener!
  const { syncookies } = tcp.sysctls
  let wantCookie = false
  if (twIsn === 0 && (syncookies === 2 || queue.isReqskQueueFull)) {
    wantCookie = tcpSynFloodAction(tp)
    if (!wantCookie) return false
  }
  if (queue.isAcceptqFull) {
    tcp.mib.ListenOverflows++
    return false
  }
  const opt = parse(tp, skb, wantCookie)
  const req = openreqInit(tp, skb, opt)
  const dst = inetCskRouteReq(tp, req)
  if (dst === null) return false
  if (opt.tstampOk && tcp.sysctls.timestamps === 1) req.tsOff = tcp.secure.tcpTsOff(req.localAddress, req.peerAddress)
  if (!wantCookie && twIsn === 0 && syncookies === 0 && isNearlyFull(tp) && !tcpPeerIsProven(req, dst)) return false
  ecnCreateRequest(tp, skb, req, dst)
  req.sntIsn = twIsn !== 0 ? twIsn : wantCookie ? cookieIsn(tp, skb, req) : initSeq(tp, req)
  req.txHash = ipv4(tp.netns).flowHash.drawTxHash()
  req.synTos = ipv4Tos(skb.buf, skb.networkHeader)
  tcpOpenreqInitRwin(req, tp, dst)
  if (!wantCookie) {
    req.timeoutJiffies = TCP_TIMEOUT_INIT
    if (!inetCskReqskQueueHashAdd(tp, req)) return true
  } else req.syncookie = true
  tcpV4SendSynack(tp, dst, req, wantCookie)
  return true
}

/** Without cookies a quarter of the queue is kept for peers that are known. */
const isNearlyFull = (tp: TcpSock): boolean => {
  const { maxSynBacklog } = netnsTcp(tp.netns).sysctls
  return maxSynBacklog - tp.listener!.qlen < maxSynBacklog >> 2
}

/** Nothing was agreed on (tcp_clear_options). */
const tcpClearOptions = (opt: TcpOptions): void => {
  opt.tstampOk = opt.sackOk = opt.wscaleOk = false
  opt.sndWscale = 0
}

const parse = (tp: TcpSock, skb: Skb, wantCookie: boolean): TcpOptions => {
  const opt = netnsTcp(tp.netns).tmpOpt
  tcpClearOptions(opt)
  opt.sawTstamp = false
  opt.mssClamp = TCP_MSS_DEFAULT
  opt.userMss = tp.rxOpt.userMss
  tcpParseOptions(tp.netns, skb, opt, false)
  // The options of a SYN that is answered with a cookie are told in the timestamp only.
  if (wantCookie && !opt.sawTstamp) tcpClearOptions(opt)
  opt.tstampOk = opt.sawTstamp
  return opt
}

const openreqInit = (tp: TcpSock, skb: Skb, opt: TcpOptions): TcpRequestSock => {
  const { buf: b, networkHeader: ip, transportHeader: th } = skb
  const req = new TcpRequestSock(
    tp,
    ipv4Saddr(b, ip),
    tcpSport(b, th),
    ipv4Daddr(b, ip),
    tcpDport(b, th),
    tp.boundIfindex,
  )
  req.rcvIsn = skb.seq
  req.rcvNxt = (skb.seq + 1) | 0
  req.mss = opt.mssClamp
  req.tsRecent = opt.sawTstamp ? opt.rcvTsval : 0
  req.tstampOk = opt.tstampOk
  req.sackOk = opt.sackOk
  req.sndWscale = opt.sndWscale
  req.wscaleOk = opt.wscaleOk
  req.mark = inetRequestMark(tp, skb)
  return req
}

/** Mark of a connection that a segment asks for (inet_request_mark). */
export const inetRequestMark = (tp: TcpSock, skb: Skb): number =>
  tp.mark === 0 && netnsTcp(tp.netns).sysctls.fwmarkAccept !== 0 ? skb.mark : tp.mark

const initSeq = (tp: TcpSock, req: TcpRequestSock): number =>
  netnsTcp(tp.netns).secure.tcpSeq(req.localAddress, req.peerAddress, req.localPort, req.peerPort)

const cookieIsn = (tp: TcpSock, skb: Skb, req: TcpRequestSock): number => {
  if (!req.tstampOk) req.ecnOk = false
  tcpSynqOverflow(tp)
  return cookieInitSequence(tp.netns, skb, req)
}

/** A SYN that asks for ECN is granted it (tcp_ecn_create_request). */
const ecnCreateRequest = (tp: TcpSock, skb: Skb, req: TcpRequestSock, dst: Dst): void => {
  const { buf: b, transportHeader: th, networkHeader: ip } = skb
  const asks = TH_ECE | TH_CWR
  if ((tcpFlags(b, th) & asks) !== asks) return
  const needs = tp.caOps?.needsEcn === true
  const isNotEct = (ipv4Tos(b, ip) & INET_ECN_MASK) === 0
  const isReserved = (b[th + DOFF]! & 15) !== 0
  const isOn = netnsTcp(tp.netns).sysctls.ecn !== 0 || dstWantsEcn(dst)
  if (needs || ((isNotEct || isReserved) && isOn)) req.ecnOk = true
}

/** Shall the SYN be answered with a cookie? (tcp_syn_flood_action) */
const tcpSynFloodAction = (tp: TcpSock): boolean => {
  const { sysctls, mib } = netnsTcp(tp.netns)
  const isCookie = sysctls.syncookies !== 0
  if (isCookie) mib.TCPReqQFullDoCookies++
  else mib.TCPReqQFullDrop++
  tp.listener!.synfloodWarned = true
  return isCookie
}

/** The first window of a connection, as the SYN,ACK tells it (tcp_openreq_init_rwin). */
export const tcpOpenreqInitRwin = (req: TcpRequestSock, tp: TcpSock, dst: Dst): void => {
  const mss = tcpMssClamp(tp, dstAdvmss(dst))
  setRwin(req, tp, dst, mss - (req.tstampOk ? TCPOLEN_TSTAMP_ALIGNED : 0))
}

/** The same for an MSS that is known otherwise, as of a cookie. */
export const setRwin = (req: TcpRequestSock, tp: TcpSock, dst: Dst, mss: number): void => {
  const space = tcpFullSpace(tp)
  const { window = 0, initrwnd = 0 } = dstMetrics(dst)
  let clamp = tp.windowClamp !== 0 ? tp.windowClamp : window
  if (tp.userRcvbuf && (clamp > space || clamp === 0)) clamp = space
  const first = tcpSelectInitialWindow(tp, space, mss, clamp, req.wscaleOk, initrwnd)
  req.rskRcvWnd = first.rcvWnd
  req.rskWindowClamp = first.wndClamp
  req.rcvWscale = first.rcvWscale
}
