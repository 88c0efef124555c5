/**
 * The acknowledgement of a SYN,ACK that was a cookie: the request is made again from what it says.
 *
 * @see net/ipv4/syncookies.c cookie_v4_check, tcp_get_cookie_sock
 */
import type { Skb } from '../../core/skb.js'
import { ipv4Daddr, ipv4Saddr, ipv4Tos } from '../../wire/ipv4.js'
import { TH_ACK, TH_RST, tcpDport, tcpSport } from '../../wire/tcp.js'
import { ipv4 } from '../ipv4.js'
import { netnsTcp } from './netns-tcp.js'
import { TcpRequestSock } from './request-sock.js'
import { cookieCheckMss, cookieEcnOk, cookieTimestampDecode, tcpSynqNoRecentOverflow } from './syncookies.js'
import { inetRequestMark, setRwin } from './tcp-conn-request.js'
import { tcpParseOptions } from './tcp-input-options.js'
import { inetCskReqskQueueAdd } from './tcp-listener.js'
import { tcpV4SynRecvSock } from './tcp-openreq-child.js'
import type { TcpOptions, TcpSock } from './tcp-sock.js'
import { inetCskRouteReq } from './tcp-synack.js'

/** The offset that this side's timestamps to the sender of `skb` have. */
const tsOffOf = (tp: TcpSock, skb: Skb): number => {
  const { sysctls, secure } = netnsTcp(tp.netns)
  if (sysctls.timestamps !== 1) return 0
  return secure.tcpTsOff(ipv4Daddr(skb.buf, skb.networkHeader), ipv4Saddr(skb.buf, skb.networkHeader))
}

const requestOf = (tp: TcpSock, skb: Skb, opt: TcpOptions, mss: number): TcpRequestSock => {
  const { buf: b, networkHeader: ip, transportHeader: th } = skb
  const saddr = ipv4Saddr(b, ip)
  const req = new TcpRequestSock(tp, saddr, tcpSport(b, th), ipv4Daddr(b, ip), tcpDport(b, th), tp.boundIfindex)
  req.rcvIsn = (skb.seq - 1) | 0
  req.sntIsn = (skb.ackSeq - 1) | 0
  req.rcvNxt = skb.seq
  req.txHash = ipv4(tp.netns).flowHash.drawTxHash()
  req.mss = mss
  req.mark = inetRequestMark(tp, skb)
  req.sndWscale = opt.sndWscale
  req.sackOk = opt.sackOk
  req.wscaleOk = opt.wscaleOk
  req.tstampOk = opt.sawTstamp
  req.tsRecent = opt.sawTstamp ? opt.rcvTsval : 0
  req.synTos = ipv4Tos(b, ip)
  req.syncookie = true
  return req
}

/**
 * The connection that a segment for a listening socket makes when it acknowledges a cookie; the listening socket itself
 * when it does not; null when no connection could be made (cookie_v4_check).
 */
export const cookieV4Check = (tp: TcpSock, skb: Skb): TcpSock | null => {
  const { netns } = tp
  const { sysctls, mib, tmpOpt: opt } = netnsTcp(netns)
  if (sysctls.syncookies === 0 || !(skb.tcpFlags & TH_ACK) || skb.tcpFlags & TH_RST) return tp
  if (tcpSynqNoRecentOverflow(tp)) return tp
  const mss = cookieCheckMss(netns, skb)
  if (mss === 0) {
    mib.SyncookiesFailed++
    return tp
  }
  mib.SyncookiesRecv++
  opt.sawTstamp = false
  opt.sndWscale = 0
  tcpParseOptions(netns, skb, opt, false)
  let tsOff = 0
  if (opt.sawTstamp && opt.rcvTsecr !== 0) {
    tsOff = tsOffOf(tp, skb)
    opt.rcvTsecr = (opt.rcvTsecr - tsOff) | 0
  }
  if (!cookieTimestampDecode(netns, opt)) return tp
  const req = requestOf(tp, skb, opt, mss)
  req.tsOff = tsOff
  const dst = inetCskRouteReq(tp, req)
  if (dst === null) return null
  setRwin(req, tp, dst, req.mss)
  req.ecnOk = cookieEcnOk(netns, opt, dst)
  const child = tcpV4SynRecvSock(tp, skb, req, dst, false)
  if (child !== null) inetCskReqskQueueAdd(tp, child)
  return child
}
