/**
 * ICMP errors about TCP segments of this host.
 *
 * @see net/ipv4/tcp_ipv4.c tcp_v4_err, tcp_v4_mtu_reduced, tcp_ld_RTO_revert
 */
import type { Dst } from '../../core/dst.js'
import type { Skb } from '../../core/skb.js'
import { errnoNumber } from '../../errors.js'
import { NSEC_PER_JIFFY } from '../../sim/timer.js'
import {
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMP_HOST_UNREACH,
  ICMP_NET_UNREACH,
  ICMP_PARAMETERPROB,
  ICMP_REDIRECT,
  ICMP_TIME_EXCEEDED,
} from '../../wire/icmp.js'
import { ipv4Daddr, ipv4Ihl, ipv4Saddr } from '../../wire/ipv4.js'
import { tcpDport, tcpSeq, tcpSport } from '../../wire/tcp.js'
import { Flow4 } from '../fib-table.js'
import { icmpErrConvert } from '../icmp-errors.js'
import { inetSkRebuildHeader, skDstCheck } from '../queue-xmit.js'
import { dstMtu, inetIif } from '../route.js'
import { ipRtIcmpError, rtUpdatePmtu } from '../route-exceptions.js'
import { inetLookupEstablished } from './inet-hashtables.js'
import { netnsTcp } from './netns-tcp.js'
import type { TcpRequestSock } from './request-sock.js'
import { tcpSimpleRetransmit } from './tcp-input-loss.js'
import { tcpSetRto } from './tcp-input-rtt.js'
import { inetCskReqskQueueDrop, tcpListendrop } from './tcp-listener.js'
import { tcpSyncMss } from './tcp-output-mss.js'
import { tcpMstampRefresh } from './tcp-time.js'
import { between } from './tcp-seq.js'
import { TCP_MTU_REDUCED_DEFERRED, type TcpSock } from './tcp-sock.js'
import { TCP_CLOSE, TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_SYN_RECV, TCP_SYN_SENT, TCP_TIME_WAIT } from './tcp-states.js'
import { ICSK_TIME_RETRANS, inetCskResetXmitTimer, TCP_TIMEOUT_INIT } from './tcp-timer.js'
import { tcpRetransmitTimer } from './tcp-timer-rto.js'
import { tcpDoneWithError } from './tcp-done.js'

const EHOSTUNREACH = errnoNumber('EHOSTUNREACH')
const EMSGSIZE = errnoNumber('EMSGSIZE')

/** The route of a socket after a router has named an MTU (inet_csk_update_pmtu). */
const inetCskUpdatePmtu = (tp: TcpSock, mtu: number): Dst | null => {
  const dst = inetSkRebuildHeader(tp)
  if (dst === null) return null
  const fl = new Flow4().reset(tp.peerAddress, tp.sourceAddress, tp.boundIfindex)
  fl.proto = tp.protocol
  fl.tos = tp.tos
  fl.mark = tp.mark
  rtUpdatePmtu(tp.netns, dst, fl, mtu)
  return skDstCheck(tp) ?? inetSkRebuildHeader(tp)
}

/**
 * Takes over the MTU that a router has named, and sends at once what was too long (tcp_v4_mtu_reduced). tcp_release_cb
 * calls it for TCP_MTU_REDUCED_DEFERRED.
 */
export const tcpV4MtuReduced = (tp: TcpSock): void => {
  if (tp.state === TCP_LISTEN || tp.state === TCP_CLOSE) return
  const dst = inetCskUpdatePmtu(tp, tp.mtuInfo)
  if (dst === null) return
  const mtu = dstMtu(dst, false)
  if (tp.mtuInfo < mtu && (tp.setsDf || (tp.wantsDf && !dst.mtuLocked))) tp.errSoft = EMSGSIZE
  if (tp.pmtuDisc === 'dont' || !tp.acceptsPmtu || tp.pmtuCookie <= mtu) return
  tcpSyncMss(tp, mtu)
  tcpSimpleRetransmit(tp)
}

/** An error about a SYN,ACK (tcp_req_err). */
const reqErr = (req: TcpRequestSock, seq: number, abort: boolean): void => {
  if (seq !== req.sntIsn || !abort) return
  inetCskReqskQueueDrop(req)
  tcpListendrop(req.listener)
}

/** A host that could not be reached is not congestion: the timeout goes back by one doubling (tcp_ld_RTO_revert, RFC 6069). */
const ldRtoRevert = (tp: TcpSock, seq: number): void => {
  if (tp.ownedByUser || seq !== tp.sndUna || tp.retransmits === 0 || tp.backoff === 0) return
  const head = tp.rtxQueue.head
  if (head === null) return
  tp.backoff--
  if (tp.srttUs !== 0) tcpSetRto(tp)
  else tp.rtoJiffies = TCP_TIMEOUT_INIT
  tp.rtoJiffies = Math.min(tp.rtoJiffies * 2 ** tp.backoff, tp.rtoMaxJiffies)
  tcpMstampRefresh(tp)
  const elapsed = Math.ceil((tp.netns.world.now - head.mstamp) / NSEC_PER_JIFFY)
  const remaining = tp.rtoJiffies - elapsed
  if (remaining > 0) inetCskResetXmitTimer(tp, ICSK_TIME_RETRANS, remaining, tp.rtoMaxJiffies)
  else tcpRetransmitTimer(tp)
}

const mtuReduced = (tp: TcpSock, mtu: number): void => {
  if (tp.state === TCP_LISTEN) return
  tp.mtuInfo = mtu
  if (tp.ownedByUser) tp.deferred |= TCP_MTU_REDUCED_DEFERRED
  else tcpV4MtuReduced(tp)
}

/** errno of an error, 0 when it is none for a socket. */
const errnoOf = (tp: TcpSock, type: number, code: number): number => {
  if (type === ICMP_PARAMETERPROB || type === ICMP_DEST_UNREACH) return icmpErrConvert(type, code, tp.pmtuDisc).errno
  return type === ICMP_TIME_EXCEEDED ? EHOSTUNREACH : 0
}

const report = (tp: TcpSock, skb: Skb, errno: number, type: number, code: number, info: number): void => {
  const { buf: b, data: ip } = skb
  const o = ip + ipv4Ihl(b, ip)
  tp.queueIcmpError({
    errno,
    icmpType: type,
    icmpCode: code,
    info,
    offender: ipv4Saddr(b, skb.networkHeader),
    daddr: tp.peerAddress,
    dport: tp.peerPort,
    quoted: b.slice(o, skb.tail),
  })
}

/** An error tells the program, now or if the connection fails. */
const tellSocket = (tp: TcpSock, skb: Skb, type: number, code: number, info: number): void => {
  const errno = errnoOf(tp, type, code)
  if (errno === 0) return
  if (tp.state === TCP_SYN_SENT || tp.state === TCP_SYN_RECV) {
    report(tp, skb, errno, type, code, info)
    if (tp.ownedByUser) tp.errSoft = errno
    else tcpDoneWithError(tp, errno)
  } else if (!tp.ownedByUser && tp.recvErr) {
    tp.setError(errno)
    tp.wakeWrite()
  } else tp.errSoft = errno
}

/** An ICMP error about a segment of this host (tcp_v4_err). `skb.data` is at the quoted IPv4 header. */
export const tcpV4Err = (skb: Skb, type: number, code: number, info: number): void => {
  const { buf: b, data: ip, netns } = skb
  const o = ip + ipv4Ihl(b, ip)
  const found = inetLookupEstablished(
    netns,
    ipv4Saddr(b, ip),
    tcpSport(b, o),
    ipv4Daddr(b, ip),
    tcpDport(b, o),
    inetIif(skb),
  )
  if (found === null || found.state === TCP_TIME_WAIT) return
  const seq = tcpSeq(b, o)
  const isUnreach = type === ICMP_DEST_UNREACH && (code === ICMP_NET_UNREACH || code === ICMP_HOST_UNREACH)
  if (found.state === TCP_NEW_SYN_RECV) {
    const abort = isUnreach || type === ICMP_PARAMETERPROB || type === ICMP_TIME_EXCEEDED
    return reqErr(found as TcpRequestSock, seq, abort)
  }
  const tp = found as TcpSock
  if (tp.ownedByUser && !(type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED))
    netnsTcp(netns).mib.LockDroppedIcmps++
  if (tp.state === TCP_CLOSE) return
  if (!between(seq, tp.sndUna, tp.sndNxt)) {
    netnsTcp(netns).mib.OutOfWindowIcmps++
    return
  }
  if (type === ICMP_REDIRECT) {
    if (!tp.ownedByUser && skDstCheck(tp) !== null) ipRtIcmpError(skb, type, code, info, tp)
    return
  }
  if (type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED) return mtuReduced(tp, info)
  if (isUnreach) ldRtoRevert(tp, seq)
  tellSocket(tp, skb, type, code, info)
}
