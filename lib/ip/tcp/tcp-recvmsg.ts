/**
 * Reading.
 *
 * @see net/ipv4/tcp.c tcp_recvmsg_locked, __tcp_cleanup_rbuf, tcp_recv_urg
 */
import { TCP_URG_VALID, TCP_URG_READ } from './tcp-states.js'
import type { Skb } from '../../core/skb.js'
import { errnoNumber } from '../../errors.js'
import { copyOctets } from '../../wire/bytes.js'
import { TH_FIN, TH_SYN } from '../../wire/tcp.js'
import { ICSK_ACK_PUSHED, ICSK_ACK_PUSHED2, inetCskAckScheduled, inetCskInPingpongMode } from './tcp-ack-state.js'
import { tcpFastPathCheck } from './tcp-fast-path.js'
import { tcpRcvSpaceAdjust } from './tcp-input-rcvbuf.js'
import { flushBacklog, lockSock, releaseSock } from './tcp-lock.js'
import { tcpMstampRefresh } from './tcp-time.js'
import { tcpSendAck } from './tcp-output-ctl.js'
import { tcpReceiveWindow, tcpSelectWindowRaw } from './tcp-output-window.js'
import { tcpEatRecvSkb } from './tcp-queues.js'
import { after, seqAdd } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'
import { RCV_SHUTDOWN, TCP_CLOSE, TCP_LISTEN } from './tcp-states.js'

/** Flags of a read: urgent data; leave it in the queue. */
export const MSG_OOB = 1
export const MSG_PEEK = 2

const EAGAIN = errnoNumber('EAGAIN')
const EINVAL = errnoNumber('EINVAL')
const ENOTCONN = errnoNumber('ENOTCONN')

/** True when reading `copied` octets calls for the acknowledgement that is due. */
const isAckDue = (tp: TcpSock, copied: number): boolean => {
  if (!inetCskAckScheduled(tp)) return false
  if (((tp.rcvNxt - tp.rcvWup) | 0) > tp.ack.rcvMss) return true
  if (copied <= 0 || tp.rmemAlloc !== 0) return false
  const { pending } = tp.ack
  return (pending & ICSK_ACK_PUSHED2) !== 0 || ((pending & ICSK_ACK_PUSHED) !== 0 && !inetCskInPingpongMode(tp))
}

/** True when the window has become at least twice as large. */
const isWindowOpened = (tp: TcpSock): boolean => {
  const now = tcpReceiveWindow(tp)
  if (2 * now > tp.windowClamp) return false
  const win = tcpSelectWindowRaw(tp)
  return win !== 0 && win >= 2 * now
}

/** Acknowledges when what was read calls for it (tcp_cleanup_rbuf). */
export const tcpCleanupRbuf = (tp: TcpSock, copied: number): void => {
  let isTime = isAckDue(tp, copied)
  if (copied > 0 && !isTime && !(tp.shutdown & RCV_SHUTDOWN)) isTime = isWindowOpened(tp)
  if (!isTime) return
  tcpMstampRefresh(tp)
  tcpSendAck(tp)
}

/** Reads the urgent octet (tcp_recv_urg). */
const recvUrg = (tp: TcpSock, into: Uint8Array, flags: number): number => {
  if (tp.oobInline || tp.urgData === 0 || tp.urgData === TCP_URG_READ) return -EINVAL
  if (tp.state === TCP_CLOSE && !tp.done) return -ENOTCONN
  if (tp.urgData & TCP_URG_VALID) {
    const octet = tp.urgData & 0xff
    if (!(flags & MSG_PEEK)) tp.urgData = TCP_URG_READ
    if (into.length === 0) return 0
    into[0] = octet
    return 1
  }
  return tp.state === TCP_CLOSE || tp.shutdown & RCV_SHUTDOWN ? 0 : -EAGAIN
}

/** What a read that found nothing returns. */
const nothing = (tp: TcpSock): number => {
  if (tp.done) return 0
  const pending = tp.takeError()
  if (pending !== 0) return -pending
  if (tp.shutdown & RCV_SHUTDOWN) return 0
  return tp.state === TCP_CLOSE ? -ENOTCONN : -EAGAIN
}

/** One read, while it goes on: the next octet's sequence number, and the skb that is looked at. */
class Read {
  seq = 0
  copied = 0
  index = 0
}

/** Octets of an skb's payload from `offset` on that can be read: urgent data stops a read, or is left out. */
const usable = (tp: TcpSock, r: Read, len: number): number => {
  if (tp.urgData === 0) return len
  const ahead = (tp.urgSeq - r.seq) | 0
  if (ahead < 0 || ahead >= len) return len
  if (ahead > 0 || tp.oobInline) return ahead > 0 ? ahead : len
  return 0
}

/** Copies out of one skb; false when the read ends with it. */
const readSkb = (tp: TcpSock, r: Read, skb: Skb, into: Uint8Array, isPeek: boolean): boolean => {
  let offset = ((r.seq - skb.seq) | 0) - (skb.tcpFlags & TH_SYN ? 1 : 0)
  const len = skb.tail - skb.data
  let n = usable(tp, r, Math.min(len - offset, into.length - r.copied))
  if (n === 0 && offset < len && into.length > r.copied) {
    // The urgent octet is not part of the stream.
    r.seq = seqAdd(r.seq, 1)
    if (!isPeek) tp.copiedSeq = r.seq
    offset++
    n = usable(tp, r, Math.min(len - offset, into.length - r.copied))
  }
  if (n > 0) {
    const from = skb.data + offset
    copyOctets(skb.buf, from, into, r.copied, n)
    r.seq = seqAdd(r.seq, n)
    r.copied += n
    if (!isPeek) {
      tp.copiedSeq = r.seq
      tcpRcvSpaceAdjust(tp)
    }
  }
  if (tp.urgData !== 0 && after(tp.copiedSeq, tp.urgSeq)) {
    tp.urgData = 0
    tcpFastPathCheck(tp)
  }
  if (offset + n < len) return r.copied < into.length
  const isFin = (skb.tcpFlags & TH_FIN) !== 0
  if (isFin) {
    r.seq = seqAdd(r.seq, 1)
    if (!isPeek) tp.copiedSeq = r.seq
  }
  if (isPeek) r.index++
  else tcpEatRecvSkb(tp)
  return !isFin && r.copied < into.length
}

/** Reads from the queue until it, or the room, is exhausted. */
const readQueue = (tp: TcpSock, r: Read, into: Uint8Array, isPeek: boolean): void => {
  r.index = tp.rcvQueueHead
  for (;;) {
    if (tp.urgData !== 0 && tp.urgSeq === r.seq && r.copied > 0) return
    const skb = tp.rcvQueue[isPeek ? r.index : tp.rcvQueueHead]
    if (skb === undefined) return
    if (!readSkb(tp, r, skb, into, isPeek)) return
  }
}

const recvmsgLocked = (tp: TcpSock, into: Uint8Array, flags: number): number => {
  if (tp.state === TCP_LISTEN) return -ENOTCONN
  if (flags & MSG_OOB) return recvUrg(tp, into, flags)
  if (into.length === 0) return 0
  const r = new Read()
  r.seq = tp.copiedSeq
  readQueue(tp, r, into, (flags & MSG_PEEK) !== 0)
  if (r.copied > 0 && r.copied < into.length && tp.backlog.length > 0) flushBacklog(tp)
  const finished = r.copied === 0 && r.seq !== tp.copiedSeq
  const result = r.copied > 0 ? r.copied : finished ? 0 : nothing(tp)
  tcpCleanupRbuf(tp, r.copied)
  return result
}

/**
 * Reads into `into`: octets, 0 at the end of the stream, -EAGAIN, -ENOTCONN or minus the pending error (tcp_recvmsg).
 * `flags`: MSG_OOB 1, MSG_PEEK 2.
 */
export const tcpRecvmsg = (tp: TcpSock, into: Uint8Array, flags = 0): number => {
  lockSock(tp)
  const rc = recvmsgLocked(tp, into, flags)
  releaseSock(tp)
  return rc
}
