/**
 * Quick acknowledgements, and the estimate of the peer's segment size.
 *
 * @see net/ipv4/tcp_input.c tcp_measure_rcv_mss, tcp_incr_quickack, tcp_in_quickack_mode
 */
import type { Skb } from '../../core/skb.js'
import { TH_FIN, TH_PUSH, TH_SYN, TH_URG } from '../../wire/tcp.js'
import { dstMetrics } from '../dst-metrics.js'
import { ICSK_ACK_PUSHED, ICSK_ACK_PUSHED2, inetCskExitPingpongMode, inetCskInPingpongMode } from './tcp-ack-state.js'
import { tcpWinFromSpace } from './tcp-output-window.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_ATO_MIN } from './tcp-timer.js'

/** Most segments that are acknowledged at once in a row. */
export const TCP_MAX_QUICKACKS = 16
const TCP_MSS_DEFAULT = 536
const TCP_MIN_MSS = 88
const TCP_HLEN = 20
/** Smallest receive buffer (SOCK_MIN_RCVBUF). */
const SOCK_MIN_RCVBUF = 2304
/** Flags that say that a segment may be shorter than the peer's MSS. */
const TCP_REMNANT = TH_FIN | TH_URG | TH_SYN | TH_PUSH

/** Changes the limit of the window (tcp_set_window_clamp for a connection). */
export const tcpSetWindowClamp = (tp: TcpSock, val: number): void => {
  const old = tp.windowClamp
  const clamp = Math.max(SOCK_MIN_RCVBUF / 2, val)
  if (clamp === old) return
  tp.windowClamp = clamp
  if (clamp < old) tp.rcvSsthresh = Math.min(tp.rcvSsthresh, clamp)
  else tp.rcvSsthresh = Math.max(Math.min(tp.rcvWnd, clamp), tp.rcvSsthresh)
}

/** A larger segment shows anew how much of a packet is payload. */
const scaleTo = (tp: TcpSock, skb: Skb, truesize: number): void => {
  const old = tp.scalingRatio
  tp.scalingRatio = Math.min(255, Math.floor(((skb.tail - skb.data) * 256) / truesize) || 1)
  if (old === tp.scalingRatio) return
  tcpSetWindowClamp(tp, tcpWinFromSpace(tp, tp.rcvbuf))
  if (tp.windowClamp < tp.rcvqSpace.space) tp.rcvqSpace.space = tp.windowClamp
}

/** Learns the peer's MSS from a segment whose header is pulled (tcp_measure_rcv_mss). `truesize`: of the skb by itself. */
export const tcpMeasureRcvMss = (tp: TcpSock, skb: Skb, truesize: number): void => {
  const { ack } = tp
  const last = ack.lastSegSize
  ack.lastSegSize = 0
  let len = skb.gsoSize !== 0 ? skb.gsoSize : skb.tail - skb.data
  if (len >= ack.rcvMss) {
    if (len !== ack.rcvMss) scaleTo(tp, skb, truesize)
    ack.rcvMss = Math.min(len, tp.advmss)
    // A full segment that is pushed is likely the end of what was written: nothing follows that would acknowledge it.
    if (skb.tcpFlags & TH_PUSH) ack.pending |= ICSK_ACK_PUSHED
    return
  }
  // SACK blocks make segments shorter: compare with the header, then take off what every segment has.
  len += skb.data - skb.transportHeader
  const isLong = len >= TCP_MSS_DEFAULT + TCP_HLEN
  if (isLong || (len >= TCP_MIN_MSS + TCP_HLEN && (skb.tcpFlags & TCP_REMNANT) === 0)) {
    len -= tp.tcpHeaderLen
    ack.lastSegSize = len
    if (len === last) {
      ack.rcvMss = len
      return
    }
  }
  if (ack.pending & ICSK_ACK_PUSHED) ack.pending |= ICSK_ACK_PUSHED2
  ack.pending |= ICSK_ACK_PUSHED
}

/** More segments are acknowledged at once, as the window lets expect (tcp_incr_quickack). */
export const tcpIncrQuickack = (tp: TcpSock, maxQuickacks: number): void => {
  const n = Math.min(Math.floor(tp.rcvWnd / (2 * tp.ack.rcvMss)) || 2, maxQuickacks)
  if (n > tp.ack.quick) tp.ack.quick = n
}

/** Acknowledges the next `maxQuickacks` segments at once (tcp_enter_quickack_mode). */
export const tcpEnterQuickackMode = (tp: TcpSock, maxQuickacks: number): void => {
  tcpIncrQuickack(tp, maxQuickacks)
  inetCskExitPingpongMode(tp)
  tp.ack.atoJiffies = TCP_ATO_MIN
}

/** Each segment is acknowledged at once (tcp_in_quickack_mode). */
export const tcpInQuickackMode = (tp: TcpSock): boolean =>
  (tp.ack.quick !== 0 && !inetCskInPingpongMode(tp)) ||
  (tp.dstCache !== null && (dstMetrics(tp.dstCache).quickack ?? 0) !== 0)

/** One of the quick acknowledgements was sent (tcp_dec_quickack_mode). */
export const tcpDecQuickackMode = (tp: TcpSock): void => {
  const { ack } = tp
  if (ack.quick === 0) return
  // A window update or data carries an acknowledgement, too; only one that is due counts.
  if ((ack.pending & 1) === 0) return
  ack.quick--
  if (ack.quick === 0) ack.atoJiffies = TCP_ATO_MIN
}
