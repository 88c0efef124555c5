/**
 * SYN,ACKs: sending them for a request, again when nobody answers, and giving the request up in the end.
 *
 * @see net/ipv4/tcp_ipv4.c tcp_v4_send_synack, net/ipv4/inet_connection_sock.c reqsk_timer_handler
 */
import { NET_XMIT_CN } from '../../core/dev-tx.js'
import type { Dst } from '../../core/dst.js'
import { NSEC_PER_JIFFY, wheelExpiry } from '../../sim/timer.js'
import { IP_DF, IPPROTO_TCP, IPV4_HLEN } from '../../wire/ipv4.js'
import { ipv4 } from '../ipv4.js'
import { dstHoplimit, ipLocalOut } from '../local-out.js'
import { tosToPriority } from '../priority.js'
import { ipRouteOutput } from '../route.js'
import { netnsTcp } from './netns-tcp.js'
import type { TcpRequestSock } from './request-sock.js'
import { INET_ECN_MASK } from './tcp-ecn.js'
import { inetCskReqskQueueDrop, reqskStopTimer, type TcpListener } from './tcp-listener.js'
import { tcpV4SendCheck } from './tcp-output.js'
import { tcpMakeSynack } from './tcp-output-syn.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_LISTEN } from './tcp-states.js'
import { tcpClockMs } from './tcp-time.js'

/** Smallest MTU of IPv4 (RFC 791). */
const IPV4_MIN_MTU = 68

/** Where the answers to a request go, or null (inet_csk_route_req). */
export const inetCskRouteReq = (listener: TcpSock, req: TcpRequestSock): Dst | null => {
  const fl = ipv4(listener.netns).fib.flow.reset(req.peerAddress, req.localAddress, req.boundIfindex)
  fl.proto = IPPROTO_TCP
  fl.tos = listener.tos
  fl.mark = req.mark
  fl.sport = req.localPort
  fl.dport = req.peerPort
  return ipRouteOutput(listener.netns, fl)
}

/** Remembers between which timestamps an answer's echo must be. */
const noteTsval = (req: TcpRequestSock, now: number): void => {
  if (!req.tstampOk) return
  const tsval = (now + req.tsOff) | 0
  if (req.sntTsvalFirst === 0) req.sntTsvalFirst = tsval
  req.sntTsvalLast = tsval
}

/** TOS of a SYN,ACK: the listener's, or with tcp_reflect_tos that of the SYN. */
const synackTos = (listener: TcpSock, req: TcpRequestSock): number =>
  netnsTcp(listener.netns).sysctls.reflectTos !== 0
    ? (req.synTos & ~INET_ECN_MASK) | (listener.tos & INET_ECN_MASK)
    : listener.tos

/** Answers a SYN; 0, or the reason why not (tcp_v4_send_synack). `route` null: it is looked up. */
export const tcpV4SendSynack = (
  listener: TcpSock,
  route: Dst | null,
  req: TcpRequestSock,
  isCookie: boolean,
): number => {
  const dst = route ?? inetCskRouteReq(listener, req)
  if (dst === null) return -1
  const { localAddress, peerAddress } = req
  const skb = tcpMakeSynack(listener, dst, req, isCookie)
  noteTsval(req, tcpClockMs(listener.netns))
  tcpV4SendCheck(skb, localAddress, peerAddress)
  const tos = synackTos(listener, req)
  skb.sk = listener
  skb.dst = dst
  skb.mark = req.mark
  skb.priority = tosToPriority(tos)
  skb.hash = req.txHash
  skb.l4Hash = true
  // Nobody needs to cut a packet as small as that.
  const isSmall = skb.tail - skb.data + IPV4_HLEN <= IPV4_MIN_MTU
  const df = isSmall || listener.setsDf || (listener.wantsDf && !dst.mtuLocked) ? IP_DF : 0
  const ttl = listener.ttl !== 0 ? listener.ttl : dstHoplimit(dst)
  const rc = ipLocalOut(skb, listener, tos, df, ttl, IPPROTO_TCP, localAddress, peerAddress)
  return rc === NET_XMIT_CN ? 0 : rc
}

/** Answers a SYN again (tcp_rtx_synack); 0 when it was sent. */
export const tcpRtxSynack = (listener: TcpSock, req: TcpRequestSock): number => {
  req.txHash = ipv4(listener.netns).flowHash.drawTxHash()
  const rc = tcpV4SendSynack(listener, null, req, false)
  if (rc !== 0) return rc
  const { mib } = netnsTcp(listener.netns)
  mib.TcpRetransSegs++
  mib.TCPSynRetrans++
  req.numRetrans++
  return 0
}

/** Ticks until a request is looked at again (tcp_reqsk_timeout). */
export const tcpReqskTimeout = (req: TcpRequestSock): number =>
  Math.min(req.timeoutJiffies * 2 ** req.numTimeout, req.listener.rtoMaxJiffies)

const setTimer = (req: TcpRequestSock): void => {
  const { sim } = req.listener.netns.world
  const at = wheelExpiry(sim.now, tcpReqskTimeout(req) * NSEC_PER_JIFFY)
  req.timer = sim.scheduleAt(at, reqskTimerHandler, req, 0, 'SYN,ACK')
}

/** Begins the present timeout anew, if the timer runs (mod_timer_pending). */
export const reqskModTimerPending = (req: TcpRequestSock): void => {
  if (req.timer === null) return
  reqskStopTimer(req)
  setTimer(req)
}

/** Times that a SYN,ACK is sent again: fewer when old requests fill more than half of the queue. */
const maxSynackRetries = (listener: TcpSock, queue: TcpListener): number => {
  let max = listener.synRetries !== 0 ? listener.synRetries : netnsTcp(listener.netns).sysctls.synackRetries
  const { qlen } = queue
  if (qlen << 1 > Math.max(8, queue.maxAckBacklog)) {
    let young = queue.young << 1
    while (max > 2 && qlen >= young) {
      max--
      young <<= 1
    }
  }
  return max
}

/** Is the request given up, and is the SYN,ACK sent again? (syn_ack_recalc) */
const isExpired = (req: TcpRequestSock, max: number, defer: number): boolean =>
  req.numTimeout >= max && (defer === 0 || !req.acked || req.numTimeout >= defer)

const isResent = (req: TcpRequestSock, defer: number): boolean =>
  defer === 0 || !req.acked || req.numTimeout >= defer - 1

const reqskTimerHandler = (req: TcpRequestSock): void => {
  req.timer = null
  const { listener } = req
  const queue = listener.listener
  if (listener.state !== TCP_LISTEN || queue === null) {
    inetCskReqskQueueDrop(req)
    return
  }
  const max = maxSynackRetries(listener, queue)
  const defer = queue.rskqDeferAccept
  const expire = isExpired(req, max, defer)
  netnsTcp(listener.netns).mib.TCPTimeouts++
  if (!expire && (!isResent(req, defer) || tcpRtxSynack(listener, req) === 0 || req.acked)) {
    // Sending may have ended in the answer's arrival, which ends the request.
    if (!req.hashed) return
    if (req.numTimeout++ === 0) queue.young--
    setTimer(req)
    return
  }
  inetCskReqskQueueDrop(req)
}

/** Adds a request, whose SYN,ACK is about to be sent; false when there is one of the same addresses (inet_csk_reqsk_queue_hash_add). */
export const inetCskReqskQueueHashAdd = (listener: TcpSock, req: TcpRequestSock): boolean => {
  const { ehash } = netnsTcp(listener.netns).hashinfo
  const { localAddress, localPort, peerAddress, peerPort } = req
  if (ehash.lookup(localAddress, localPort, peerAddress, peerPort, req.boundIfindex) !== null) return false
  ehash.insert(req)
  req.hashed = true
  setTimer(req)
  const queue = listener.listener!
  queue.qlen++
  queue.young++
  return true
}
