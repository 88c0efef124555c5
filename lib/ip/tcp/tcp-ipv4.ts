/**
 * TCP over IPv4: segments that come in.
 *
 * Left out, as they are not there to be set: MD5 and AO, socket filters. The lookup before routing
 * (early demux) is left out, too: the route of a packet is remembered anyway.
 *
 * @see net/ipv4/tcp_ipv4.c tcp_v4_rcv, tcp_v4_do_rcv, tcp_add_backlog
 */
import { DROP } from '../../core/drop.js'
import {
  CHECKSUM_NONE,
  CHECKSUM_UNNECESSARY,
  consumeSkb,
  kfreeSkb,
  PACKET_HOST,
  type Skb,
  skbCsum,
} from '../../core/skb.js'
import { csumFold, csumPseudo } from '../../wire/checksum.js'
import { IPPROTO_TCP, ipv4Daddr, ipv4Saddr, ipv4Tos, ipv4Ttl } from '../../wire/ipv4.js'
import {
  TCP_HLEN,
  TH_ACK,
  TH_CWR,
  TH_ECE,
  TH_FIN,
  TH_RST,
  TH_SYN,
  TH_URG,
  tcpAck,
  tcpDport,
  tcpFlags,
  tcpHdrLen,
  tcpSeq,
  tcpSport,
} from '../../wire/tcp.js'
import { ipv4 } from '../ipv4.js'
import { inetIif } from '../route.js'
import { skbTruesize } from '../truesize.js'
import type { EhashEntry } from './inet-ehash.js'
import { inetLookupListener } from './inet-hashtables.js'
import { inetTwskDeschedule, type TcpTimewaitSock } from './inet-timewait-sock.js'
import type { NetnsTcp } from './netns-tcp.js'
import type { TcpRequestSock } from './request-sock.js'
import { cookieV4Check } from './syncookies-check.js'
import { tcpRcvEstablished, tcpRcvStateProcess } from './tcp-input.js'
import { tcpV4SendReset, tcpV4TimewaitAck } from './tcp-ipv4-reply.js'
import { inetCskReqskQueueDrop } from './tcp-listener.js'
import { tcpCheckReq, tcpChildProcess, tcpSegsIn } from './tcp-minisocks.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_ESTABLISHED, TCP_LISTEN, TCP_NEW_SYN_RECV, TCP_TIME_WAIT } from './tcp-states.js'
import { TCP_TW_ACK, TCP_TW_ACK_OOW, TCP_TW_RST, TCP_TW_SYN, tcpTimewaitStateProcess } from './tcp-timewait.js'

export { tcpV4MtuReduced } from './tcp-ipv4-err.js'

/** Verifies the checksum of a received segment, once; `transportHeader` is at the TCP header (tcp_checksum_complete). */
export const tcpChecksumOk = (skb: Skb): boolean => {
  if (skb.ipSummed !== CHECKSUM_NONE) return true
  const { flows } = skb.netns.world
  if ((flows === null || flows.verified !== skb) && !isChecksumRight(skb)) return false
  skb.ipSummed = CHECKSUM_UNNECESSARY
  return true
}

const isChecksumRight = (skb: Skb): boolean => {
  const { buf: b, transportHeader: o, networkHeader: ip } = skb
  const pseudo = csumPseudo(ipv4Saddr(b, ip), ipv4Daddr(b, ip), IPPROTO_TCP, skb.tail - o)
  return csumFold(skbCsum(skb, o, skb.tail, pseudo)) === 0
}

/** The control block of a segment whose header is whole (tcp_v4_fill_cb). */
const fillCb = (skb: Skb): void => {
  const { buf: b, data: o } = skb
  const flags = tcpFlags(b, o)
  const seq = tcpSeq(b, o)
  const len = skb.tail - o - tcpHdrLen(b, o)
  skb.seq = seq
  skb.endSeq = (seq + len + ((flags & TH_SYN) >> 1) + (flags & TH_FIN)) | 0
  skb.ackSeq = tcpAck(b, o)
  skb.tcpFlags = flags
}

const badPacket = (skb: Skb, tcp: NetnsTcp, reason: number): void => {
  if (reason === DROP.TCP_CSUM) tcp.mib.TcpInCsumErrors++
  if (reason !== DROP.NOT_SPECIFIED) tcp.mib.TcpInErrs++
  kfreeSkb(skb, reason)
}

/** The handler of IPPROTO_TCP (tcp_v4_rcv). `skb.data` is at the TCP header. */
export const tcpV4Rcv = (skb: Skb): void => {
  if (skb.pktType !== PACKET_HOST) return kfreeSkb(skb, DROP.NOT_SPECIFIED)
  const { tcp } = ipv4(skb.netns)
  tcp.mib.TcpInSegs++
  const { buf: b, data: o } = skb
  const room = skb.tail - o
  if (room < TCP_HLEN) return kfreeSkb(skb, DROP.NOT_SPECIFIED)
  const hlen = tcpHdrLen(b, o)
  if (hlen < TCP_HLEN) return badPacket(skb, tcp, DROP.PKT_TOO_SMALL)
  if (hlen > room) return kfreeSkb(skb, DROP.NOT_SPECIFIED)
  skb.transportHeader = o
  if (!tcpChecksumOk(skb)) return badPacket(skb, tcp, DROP.TCP_CSUM)
  fillCb(skb)
  lookupAndProcess(skb, tcp)
}

const lookupAndProcess = (skb: Skb, tcp: NetnsTcp): void => {
  const { buf: b, data: o, networkHeader: ip } = skb
  const saddr = ipv4Saddr(b, ip)
  const daddr = ipv4Daddr(b, ip)
  const iif = inetIif(skb)
  const found = tcp.hashinfo.ehash.lookup(daddr, tcpDport(b, o), saddr, tcpSport(b, o), iif)
  if (found !== null) return process(skb, tcp, found)
  const listener = inetLookupListener(skb.netns, saddr, tcpSport(b, o), daddr, tcpDport(b, o), iif)
  if (listener !== null) return toListener(skb, tcp, listener)
  tcpV4SendReset(null, skb)
  kfreeSkb(skb, DROP.NO_SOCKET)
}

/** The TTL says that it has come from too far (IP_MINTTL). */
const tooFar = (skb: Skb, tcp: NetnsTcp, sk: TcpSock): boolean => {
  if (sk.minTtl === 0 || ipv4Ttl(skb.buf, skb.networkHeader) >= sk.minTtl) return false
  tcp.mib.TCPMinTTLDrop++
  sk.drops++
  kfreeSkb(skb, DROP.TCP_MINTTL)
  return true
}

const toListener = (skb: Skb, tcp: NetnsTcp, listener: TcpSock): void => {
  if (!tooFar(skb, tcp, listener)) tcpV4DoRcv(listener, skb)
}

const process = (skb: Skb, tcp: NetnsTcp, found: EhashEntry): void => {
  const { state } = found
  if (state === TCP_TIME_WAIT) return doTimeWait(skb, tcp, found as TcpTimewaitSock)
  if (state === TCP_NEW_SYN_RECV) return newSynRecv(skb, tcp, found as TcpRequestSock)
  const tp = found as TcpSock
  if (tp.minTtl !== 0 && tooFar(skb, tcp, tp)) return
  tcpSegsIn(tp, skb)
  if (!tp.ownedByUser) tcpV4DoRcv(tp, skb)
  else tcpAddBacklog(tp, skb)
}

/** A segment for a request. */
const newSynRecv = (skb: Skb, tcp: NetnsTcp, req: TcpRequestSock): void => {
  const { listener } = req
  if (listener.state !== TCP_LISTEN) {
    // Nobody listens any more: perhaps somebody else does by now.
    inetCskReqskQueueDrop(req)
    return lookupAndProcess(skb, tcp)
  }
  const nsk = tcpCheckReq(skb, req)
  if (nsk === null) return
  if (nsk === listener) return toListener(skb, tcp, listener)
  const reason = tcpChildProcess(listener, nsk, skb)
  if (reason === 0) return
  tcpV4SendReset(nsk, skb)
  kfreeSkb(skb, reason)
}

/** A segment for a connection in TIME_WAIT. */
const doTimeWait = (skb: Skb, tcp: NetnsTcp, tw: TcpTimewaitSock): void => {
  const status = tcpTimewaitStateProcess(tw, skb)
  if (status === TCP_TW_SYN) {
    const { buf: b, data: o, networkHeader: ip } = skb
    const saddr = ipv4Saddr(b, ip)
    const listener = inetLookupListener(tw.netns, saddr, tcpSport(b, o), ipv4Daddr(b, ip), tcpDport(b, o), inetIif(skb))
    if (listener !== null) {
      inetTwskDeschedule(tw)
      tcpV4DoRcv(listener, skb)
      tcp.twIsn = 0
      return
    }
    tcp.twIsn = 0
    tcpV4TimewaitAck(tw, skb, false)
  } else if (status === TCP_TW_ACK || status === TCP_TW_ACK_OOW) tcpV4TimewaitAck(tw, skb, status === TCP_TW_ACK_OOW)
  else if (status === TCP_TW_RST) {
    tcpV4SendReset(tw, skb)
    inetTwskDeschedule(tw)
  }
  kfreeSkb(skb, DROP.NOT_SPECIFIED)
}

/** A segment for a socket whose lock is free, or held by who calls (tcp_v4_do_rcv). Owns the skb. */
export const tcpV4DoRcv = (tp: TcpSock, skb: Skb): void => {
  if (tp.state === TCP_ESTABLISHED) return tcpRcvEstablished(tp, skb)
  if (tp.state === TCP_LISTEN && !(skb.tcpFlags & TH_SYN)) {
    const nsk = cookieV4Check(tp, skb)
    if (nsk === null) return kfreeSkb(skb, DROP.NOT_SPECIFIED)
    if (nsk !== tp) return answer(nsk, skb, tcpChildProcess(tp, nsk, skb))
  }
  answer(tp, skb, tcpRcvStateProcess(tp, skb))
}

/** Answers a segment with a reset, if there is a reason. */
const answer = (tp: TcpSock, skb: Skb, reason: number): void => {
  if (reason === 0) return
  tcpV4SendReset(tp, skb)
  kfreeSkb(skb, reason)
}

/** The same options in both headers, octet by octet. */
const haveSameOptions = (a: Skb, b: Skb): boolean => {
  const len = tcpHdrLen(a.buf, a.data)
  if (tcpHdrLen(b.buf, b.data) !== len) return false
  for (let i = TCP_HLEN; i < len; i++) if (a.buf[a.data + i] !== b.buf[b.data + i]) return false
  return true
}

/**
 * May the segment take the place of the acknowledgement that waits in front of it? Data that waits is not added to: its
 * octets are the sender's own, which may have to send them again.
 */
const mayCoalesce = (tail: Skb, skb: Skb): boolean => {
  const either = tail.tcpFlags | skb.tcpFlags
  if (tail.seq !== tail.endSeq || tail.endSeq !== skb.seq) return false
  if (either & (TH_SYN | TH_RST | TH_URG) || !(tail.tcpFlags & skb.tcpFlags & TH_ACK)) return false
  if ((tail.tcpFlags ^ skb.tcpFlags) & (TH_ECE | TH_CWR)) return false
  if (ipv4Tos(tail.buf, tail.networkHeader) !== ipv4Tos(skb.buf, skb.networkHeader)) return false
  return haveSameOptions(tail, skb)
}

/** Lets a segment wait until the program has left its system call (tcp_add_backlog). */
export const tcpAddBacklog = (tp: TcpSock, skb: Skb): void => {
  const { backlog } = tp
  const tail = backlog.length === 0 ? null : backlog[backlog.length - 1]!
  if (tail !== null && mayCoalesce(tail, skb) && ((skb.ackSeq - tail.ackSeq) | 0) >= 0) {
    ipv4(tp.netns).tcp.mib.TCPBacklogCoalesce++
    backlog[backlog.length - 1] = skb
    tp.backlogLen += skbTruesize(skb) - skbTruesize(tail)
    consumeSkb(tail)
    return
  }
  const size = skbTruesize(skb)
  const limit = tp.rcvbuf * 2 + (tp.sndbuf >>> 1) + 64 * 1024
  if (tp.backlogLen + tp.rmemAlloc > limit) {
    ipv4(tp.netns).tcp.mib.TCPBacklogDrop++
    tp.drops++
    return kfreeSkb(skb, DROP.SOCKET_BACKLOG)
  }
  tp.backlogLen += size
  backlog.push(skb)
}
