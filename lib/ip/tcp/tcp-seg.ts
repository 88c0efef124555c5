/**
 * A piece of the stream on a socket's write or retransmission queue (struct sk_buff with struct tcp_skb_cb). The octets
 * stand in the socket's {@link TcpSendBuffer}; a frame is made anew for each transmission.
 *
 * @see include/net/tcp.h struct tcp_skb_cb
 */

import { TH_FIN, TH_SYN } from '../../wire/tcp.js'
import type { Skb } from '../../core/skb.js'

/** Selectively acknowledged; retransmitted; lost; tagged at all; retransmitted at some time; repaired. */
export const TCPCB_SACKED_ACKED = 0x01
export const TCPCB_SACKED_RETRANS = 0x02
export const TCPCB_LOST = 0x04
export const TCPCB_TAGBITS = 0x07
export const TCPCB_EVER_RETRANS = 0x80
export const TCPCB_RETRANS: number = TCPCB_SACKED_RETRANS | TCPCB_EVER_RETRANS

/** A segment, or several of `gsoSize` octets, that was or will be sent. Sequence numbers are int32. */
export class TcpSeg {
  seq: number
  /** Sequence number behind it; SYN and FIN count. */
  endSeq: number
  /** TH_* flags. */
  flags: number
  /** TCPCB_*. */
  sacked = 0
  /** No more data may be appended (MSG_EOR). */
  eor = false
  /** Frames that it makes (tcp_skb_pcount), and octets of each but the last. */
  pcount = 1
  gsoSize = 0
  /** Octets that it counts against the send buffer. */
  truesize = 0
  /** Virtual time of the last transmission in nanoseconds (skb_mstamp_ns), 0 when it was not sent. */
  mstamp = 0
  /** State of delivery when it was sent, for rate samples (tcp_skb_cb.tx). */
  txDelivered = 0
  txDeliveredCe = 0
  txDeliveredMstamp = 0
  txFirstMstamp = 0
  txInFlight = 0
  txIsAppLimited = false
  /** What was sent last; it may still be in this machine (skb_still_in_host_queue). */
  skb: Skb | null = null
  /** Write queue, then retransmission queue. */
  next: TcpSeg | null = null
  prev: TcpSeg | null = null
  /** Order of transmission of what is not yet acknowledged (tcp_tsorted_anchor). */
  tsNext: TcpSeg | null = null
  tsPrev: TcpSeg | null = null
  isTsorted = false

  constructor(seq: number, endSeq: number, flags: number) {
    this.seq = seq
    this.endSeq = endSeq
    this.flags = flags
  }
}

/** A doubly linked list of segments in the order of their sequence numbers. */
export class TcpSegQueue {
  head: TcpSeg | null = null
  tail: TcpSeg | null = null
  length = 0

  pushBack(seg: TcpSeg): void {
    seg.prev = this.tail
    seg.next = null
    if (this.tail === null) this.head = seg
    else this.tail.next = seg
    this.tail = seg
    this.length++
  }

  pushFront(seg: TcpSeg): void {
    seg.prev = null
    seg.next = this.head
    if (this.head === null) this.tail = seg
    else this.head.prev = seg
    this.head = seg
    this.length++
  }

  insertAfter(at: TcpSeg, seg: TcpSeg): void {
    seg.prev = at
    seg.next = at.next
    if (at.next === null) this.tail = seg
    else at.next.prev = seg
    at.next = seg
    this.length++
  }

  unlink(seg: TcpSeg): void {
    if (seg.prev === null) this.head = seg.next
    else seg.prev.next = seg.next
    if (seg.next === null) this.tail = seg.prev
    else seg.next.prev = seg.prev
    seg.next = null
    seg.prev = null
    this.length--
  }
}

/** The segments of a socket that are not acknowledged, the one sent longest ago first (tsorted_sent_queue). */
export class TcpTsortedList {
  head: TcpSeg | null = null
  tail: TcpSeg | null = null

  /** Puts a segment at the end; takes it out first when it is in. */
  moveToTail(seg: TcpSeg): void {
    if (seg.isTsorted) this.remove(seg)
    seg.tsPrev = this.tail
    seg.tsNext = null
    if (this.tail === null) this.head = seg
    else this.tail.tsNext = seg
    this.tail = seg
    seg.isTsorted = true
  }

  /** Puts `seg` behind `at`, for the second part of one that was cut; of one that is lost, and so not here, neither part is. */
  insertAfter(at: TcpSeg, seg: TcpSeg): void {
    if (!at.isTsorted) return
    seg.tsPrev = at
    seg.tsNext = at.tsNext
    if (at.tsNext === null) this.tail = seg
    else at.tsNext.tsPrev = seg
    at.tsNext = seg
    seg.isTsorted = true
  }

  remove(seg: TcpSeg): void {
    if (!seg.isTsorted) return
    if (seg.tsPrev === null) this.head = seg.tsNext
    else seg.tsPrev.tsNext = seg.tsNext
    if (seg.tsNext === null) this.tail = seg.tsPrev
    else seg.tsNext.tsPrev = seg.tsPrev
    seg.tsNext = null
    seg.tsPrev = null
    seg.isTsorted = false
  }
}

/** What a segment without its payload counts as: the sk_buff, its head of the small cache and its shared info. */
export const TCP_SKB_OVERHEAD = 832

/** Octets of payload between two sequence numbers. */
export const tcpPayloadLen = (seq: number, endSeq: number, flags: number): number =>
  ((endSeq - seq) | 0) - (flags & TH_SYN ? 1 : 0) - (flags & TH_FIN ? 1 : 0)

/** Octets of payload of a segment. */
export const tcpSegLen = (seg: TcpSeg): number => tcpPayloadLen(seg.seq, seg.endSeq, seg.flags)
