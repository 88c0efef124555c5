/**
 * The socket of a connection that a peer has asked for, made of the request and the listening socket.
 *
 * @see net/ipv4/tcp_minisocks.c tcp_create_openreq_child, net/ipv4/tcp_ipv4.c tcp_v4_syn_recv_sock
 */
import type { Dst } from '../../core/dst.js'
import type { Skb } from '../../core/skb.js'
import { HZ } from '../../sim/timer.js'
import { TCP_HLEN, tcpWindow } from '../../wire/tcp.js'
import { dstAdvmss } from '../dst-metrics.js'
import { dstMtu } from '../route.js'
import { inetEhashNolisten, inetInheritPort } from './inet-hashtables.js'
import { netnsTcp } from './netns-tcp.js'
import type { TcpRequestSock } from './request-sock.js'
import { tcpAssignCongestionControl, tcpCaDstInit, tcpSetCaState } from './tcp-cong.js'
import { INET_ECN_MASK, TCP_ECN_OK } from './tcp-ecn.js'
import { tcpInitializeRcvMss } from './tcp-input-rcvbuf.js'
import { tcpListendrop } from './tcp-listener.js'
import { tcpMssClamp, tcpSyncMss } from './tcp-output-mss.js'
import { TCPOLEN_TSTAMP_ALIGNED } from './tcp-output-options.js'
import { TcpSock } from './tcp-sock.js'
import { TCP_CA_OPEN, TCP_SYN_RECV } from './tcp-states.js'
import { inetCskRouteReq } from './tcp-synack.js'
import { tcpJiffies, tcpSeconds } from './tcp-time.js'
import { tcpResetKeepaliveTimer } from './tcp-timer.js'
import { tcpInitSock } from './tcp-init-sock.js'

const TCP_MSS_DEFAULT = 536

/** What a connection has from the socket that listened for it: what the program has set there (sk_clone). */
const cloneOptions = (child: TcpSock, from: TcpSock): void => {
  child.ttl = from.ttl
  child.tos = from.tos
  child.minTtl = from.minTtl
  child.pmtuDisc = from.pmtuDisc
  child.recvErr = from.recvErr
  child.reuseAddr = from.reuseAddr
  child.reusePort = from.reusePort
  child.broadcast = from.broadcast
  child.boundDev = from.boundDev
  child.rcvbuf = from.rcvbuf
  child.sndbuf = from.sndbuf
  child.userRcvbuf = from.userRcvbuf
  child.userSndbuf = from.userSndbuf
  child.nodelay = from.nodelay
  child.nonagle = from.nonagle
  child.cork = from.cork
  child.quickackMode = from.quickackMode
  child.keepalive = from.keepalive
  child.keepaliveTime = from.keepaliveTime
  child.keepaliveIntvl = from.keepaliveIntvl
  child.keepaliveProbes = from.keepaliveProbes
  child.userTimeoutMs = from.userTimeoutMs
  child.synRetries = from.synRetries
  child.lingerSec = from.lingerSec
  child.linger2Jiffies = from.linger2Jiffies
  child.windowClamp = from.windowClamp
  child.rcvlowat = from.rcvlowat
  child.notsentLowat = from.notsentLowat
  child.oobInline = from.oobInline
  child.maxPacingRate = from.maxPacingRate
  child.rtoMinJiffies = from.rtoMinJiffies
  child.rtoMaxJiffies = from.rtoMaxJiffies
  child.delackMaxJiffies = from.delackMaxJiffies
  child.rxOpt.userMss = from.rxOpt.userMss
  child.scalingRatio = from.scalingRatio
  child.ack.pingpong = from.ack.pingpong
  child.bindAddrLocked = from.bindAddrLocked
  child.caSetsockopt = from.caSetsockopt
  child.caOps = from.caOps
}

/** Sequence numbers, windows and options from the request (tcp_create_openreq_child). */
const fromRequest = (tp: TcpSock, req: TcpRequestSock, skb: Skb): void => {
  const now = tcpJiffies(tp.netns)
  tp.irs = req.rcvIsn
  tp.rcvWup = tp.copiedSeq = tp.rcvNxt = (req.rcvIsn + 1) | 0
  tp.iss = req.sntIsn
  tp.segsIn = 1
  tp.sndSml = tp.sndUna = tp.sndNxt = tp.sndUp = tp.writeSeq = tp.pushedSeq = (req.sntIsn + 1) | 0
  tp.sndWl1 = req.rcvIsn
  tp.ack.lrcvtimeJiffies = now
  tp.lsndtimeJiffies = now
  tp.txHash = req.txHash
  tp.totalRetrans = req.numRetrans
  // There is a bubble in the pipe until the first acknowledgement.
  tp.appLimited = 0xffffffff
  tp.sendBuffer.start(tp.writeSeq)
  const { rxOpt } = tp
  rxOpt.tstampOk = req.tstampOk
  rxOpt.sackOk = req.sackOk
  rxOpt.wscaleOk = req.wscaleOk
  rxOpt.sndWscale = req.wscaleOk ? req.sndWscale : 0
  rxOpt.rcvWscale = req.wscaleOk ? req.rcvWscale : 0
  tp.windowClamp = req.wscaleOk ? req.rskWindowClamp : Math.min(req.rskWindowClamp, 65535)
  tp.rcvSsthresh = tp.rcvWnd = req.rskRcvWnd
  tp.sndWnd = tcpWindow(skb.buf, skb.transportHeader) * 2 ** rxOpt.sndWscale
  tp.maxWindow = tp.sndWnd
  rxOpt.tsRecent = req.tstampOk ? req.tsRecent : 0
  rxOpt.tsRecentStamp = req.tstampOk ? tcpSeconds(tp.netns) : 0
  tp.tcpHeaderLen = TCP_HLEN + (req.tstampOk ? TCPOLEN_TSTAMP_ALIGNED : 0)
  tp.tsOffset = req.tsOff
  const len = skb.tail - skb.transportHeader
  if (len >= TCP_MSS_DEFAULT + tp.tcpHeaderLen) tp.ack.lastSegSize = len - tp.tcpHeaderLen
  rxOpt.mssClamp = req.mss
  tp.ecnFlags = req.ecnOk ? TCP_ECN_OK : 0
}

const createOpenreqChild = (listener: TcpSock, req: TcpRequestSock, skb: Skb): TcpSock => {
  const child = new TcpSock(listener.netns, netnsTcp(listener.netns).rings)
  child.timers = listener.timers!.ofChild(child)
  child.hooks = listener.hooks
  tcpInitSock(child)
  cloneOptions(child, listener)
  child.state = TCP_SYN_RECV
  child.localAddress = child.sourceAddress = req.localAddress
  child.localPort = req.localPort
  child.peerAddress = req.peerAddress
  child.peerPort = req.peerPort
  child.mark = req.mark
  fromRequest(child, req, skb)
  if (child.keepalive)
    tcpResetKeepaliveTimer(
      child,
      child.keepaliveTime !== 0 ? child.keepaliveTime * HZ : netnsTcp(child.netns).sysctls.keepaliveTimeJiffies,
    )
  netnsTcp(child.netns).mib.TcpPassiveOpens++
  return child
}

/**
 * Makes the socket of a connection, in the place of its request in the tables when `isHashed`; null when there is no room,
 * no route, or another connection of these addresses (tcp_v4_syn_recv_sock).
 */
export const tcpV4SynRecvSock = (
  listener: TcpSock,
  skb: Skb,
  req: TcpRequestSock,
  route: Dst | null,
  isHashed: boolean,
): TcpSock | null => {
  const { sysctls, mib } = netnsTcp(listener.netns)
  if (listener.listener!.isAcceptqFull) {
    mib.ListenOverflows++
    tcpListendrop(listener)
    return null
  }
  const dst = route ?? inetCskRouteReq(listener, req)
  if (dst === null) {
    tcpListendrop(listener)
    return null
  }
  const child = createOpenreqChild(listener, req, skb)
  child.inetId = child.netns.rng.u16()
  if (sysctls.reflectTos !== 0) child.tos = req.synTos & ~INET_ECN_MASK
  child.dstCache = dst
  if (!tcpCaDstInit(child, dst) && !child.caSetsockopt) tcpAssignCongestionControl(child)
  tcpSetCaState(child, TCP_CA_OPEN)
  tcpSyncMss(child, dstMtu(dst, false))
  child.advmss = tcpMssClamp(listener, dstAdvmss(dst))
  tcpInitializeRcvMss(child)
  if (!inetInheritPort(listener, child) || !inetEhashNolisten(child, isHashed ? req : null)) {
    child.close()
    return null
  }
  req.hashed = false
  return child
}
