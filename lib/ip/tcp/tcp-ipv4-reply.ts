/**
 * Answers that no socket sends: resets, and acknowledgements for requests and TIME_WAIT. Their checksum is finished, also
 * over devices that would do it.
 *
 * @see net/ipv4/tcp_ipv4.c tcp_v4_send_reset, tcp_v4_send_ack
 */
import type { Skb } from '../../core/skb.js'
import { putU16, putU32 } from '../../wire/bytes.js'
import { csumFold, csumPartial, csumPseudo } from '../../wire/checksum.js'
import { IPPROTO_TCP, ipv4Daddr, ipv4Saddr, ipv4Tos } from '../../wire/ipv4.js'
import {
  TCP_HLEN,
  TCPOPT_NOP,
  TCPOPT_TIMESTAMP,
  TH_ACK,
  TH_RST,
  tcpAck,
  tcpDport,
  tcpFlags,
  tcpSport,
} from '../../wire/tcp.js'
import { RTN_LOCAL } from '../rtnetlink.js'
import { ipSendUnicastReply } from '../unicast-reply.js'
import type { TcpTimewaitSock } from './inet-timewait-sock.js'
import { netnsTcp } from './netns-tcp.js'
import type { TcpRequestSock } from './request-sock.js'
import { INET_ECN_MASK } from './tcp-ecn.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpClockMs } from './tcp-time.js'

const TCPOLEN_TIMESTAMP = 10
const TSTAMP_ALIGNED = 12
const SEQ = 4
const ACK = 8
const DOFF = 12
const FLAGS = 13
const WINDOW = 14
const CSUM = 16

/** Who answers: its device, mark and the hash of what it sends. */
interface Replier {
  readonly boundIfindex: number
  readonly mark: number
  readonly txHash: number
}

const NOBODY: Replier = Object.freeze({ boundIfindex: 0, mark: 0, txHash: 0 })

/** The fields of an answer. Numbers of 32 bits as int32; `tsecr` 0: no timestamps. */
interface Reply {
  readonly flags: number
  readonly seq: number
  readonly ack: number
  readonly win: number
  readonly tsval: number
  readonly tsecr: number
}

const putTimestamps = (b: Uint8Array, o: number, tsval: number, tsecr: number): void => {
  b[o] = b[o + 1] = TCPOPT_NOP
  b[o + 2] = TCPOPT_TIMESTAMP
  b[o + 3] = TCPOLEN_TIMESTAMP
  putU32(b, o + 4, tsval)
  putU32(b, o + 8, tsecr)
}

const send = (skb: Skb, who: Replier, tos: number, reply: Reply): void => {
  const { buf, transportHeader: th, networkHeader: ip } = skb
  const len = TCP_HLEN + (reply.tsecr !== 0 ? TSTAMP_ALIGNED : 0)
  const sport = tcpDport(buf, th)
  const dport = tcpSport(buf, th)
  const { boundIfindex, mark, txHash } = who
  ipSendUnicastReply(skb, { proto: IPPROTO_TCP, sport, dport, tos, mark, boundIfindex, txHash }, len, (b, at) => {
    putU16(b, at, sport)
    putU16(b, at + 2, dport)
    putU32(b, at + SEQ, reply.seq)
    putU32(b, at + ACK, reply.ack)
    b[at + DOFF] = (len >> 2) << 4
    b[at + FLAGS] = reply.flags
    putU16(b, at + WINDOW, reply.win)
    putU32(b, at + CSUM, 0)
    if (reply.tsecr !== 0) putTimestamps(b, at + TCP_HLEN, reply.tsval, reply.tsecr)
    const pseudo = csumPseudo(ipv4Daddr(buf, ip), ipv4Saddr(buf, ip), IPPROTO_TCP, len)
    putU16(b, at + CSUM, csumFold(csumPartial(b, at, len, pseudo)))
  })
  netnsTcp(skb.netns).mib.TcpOutSegs++
}

/**
 * Answers a segment with a reset (tcp_v4_send_reset). `sk` null: no socket. Its control block must be filled. The skb stays
 * the caller's.
 */
export const tcpV4SendReset = (sk: TcpSock | TcpTimewaitSock | null, skb: Skb): void => {
  const { buf, transportHeader: th } = skb
  const flags = tcpFlags(buf, th)
  // Never a reset for a reset, nor for what was not for an address of this host alone.
  if (flags & TH_RST) return
  if (sk === null && skb.dst!.type !== RTN_LOCAL) return
  const who = sk ?? NOBODY
  const tos = ipv4Tos(buf, skb.networkHeader) & ~INET_ECN_MASK
  const isAck = (flags & TH_ACK) !== 0
  send(skb, who, tos, {
    flags: isAck ? TH_RST : TH_RST | TH_ACK,
    seq: isAck ? tcpAck(buf, th) : 0,
    ack: isAck ? 0 : skb.endSeq,
    win: 0,
    tsval: 0,
    tsecr: 0,
  })
  netnsTcp(skb.netns).mib.TcpOutRsts++
}

/** Acknowledges for a connection in TIME_WAIT (tcp_v4_timewait_ack); `isOow`: the segment was out of the window. */
export const tcpV4TimewaitAck = (tw: TcpTimewaitSock, skb: Skb, isOow: boolean): void =>
  send(skb, tw, isOow ? tw.tos & ~INET_ECN_MASK : tw.tos, {
    flags: TH_ACK,
    seq: tw.sndNxt,
    ack: tw.rcvNxt,
    win: tw.rcvWnd >>> tw.rcvWscale,
    tsval: (tcpClockMs(tw.netns) + tw.tsOffset) | 0,
    tsecr: tw.tsRecent,
  })

/** The window of a SYN,ACK as the peer may use it (tcp_synack_window). */
export const tcpSynackWindow = (req: TcpRequestSock): number => Math.min(req.rskRcvWnd, 65535)

/** Acknowledges for a request (tcp_v4_reqsk_send_ack). */
export const tcpV4ReqskSendAck = (listener: TcpSock, skb: Skb, req: TcpRequestSock): void =>
  send(
    skb,
    { boundIfindex: 0, mark: listener.mark, txHash: req.txHash },
    ipv4Tos(skb.buf, skb.networkHeader) & ~INET_ECN_MASK,
    {
      flags: TH_ACK,
      seq: (req.sntIsn + 1) | 0,
      ack: req.rcvNxt,
      win: tcpSynackWindow(req) >>> req.rcvWscale,
      tsval: (tcpClockMs(listener.netns) + req.tsOff) | 0,
      tsecr: req.tsRecent,
    },
  )
