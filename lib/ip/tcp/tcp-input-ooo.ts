/**
 * The out of order queue: segments that came before what is missing in front of them, in the order of their sequence
 * numbers.
 *
 * @see net/ipv4/tcp_input.c tcp_data_queue_ofo, tcp_ofo_queue
 */
import { DROP } from '../../core/drop.js'
import type { Skb } from '../../core/skb.js'
import { TH_FIN } from '../../wire/tcp.js'
import { netnsTcp } from './netns-tcp.js'
import { inetCskScheduleAck } from './tcp-ack-state.js'
import { tcpJoinQueue, tcpTryCoalesce } from './tcp-input-coalesce.js'
import { tcpDataEcnCheck } from './tcp-input-ecn.js'
import { tcpMeasureRcvMss } from './tcp-input-quickack.js'
import { tcpGrowWindow, tcpRcvbufGrow } from './tcp-input-rcvbuf.js'
import { skbRfree, skbSetOwnerR, tcpDropReason, tcpRxTruesize, tcpTryRmemSchedule } from './tcp-input-rmem.js'
import { tcpDsackExtend, tcpDsackSet, tcpSackNewOfoSkb } from './tcp-input-sack-out.js'
import { after, before } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'

/** A segment that this one covers is no longer needed. */
const dropCovered = (tp: TcpSock, at: number): void => {
  const skb = tp.oooQueue[at]!
  tcpDsackExtend(tp, skb.seq, skb.endSeq)
  netnsTcp(tp.netns).mib.TCPOFOMerge++
  skbRfree(tp, skb)
  tcpDropReason(tp, skb, DROP.TCP_OFOMERGE)
}

/** Index of the first segment that begins behind `seq`: everything before it begins at or before. */
const upperBound = (queue: readonly Skb[], seq: number): number => {
  let lo = 0
  let hi = queue.length
  while (lo < hi) {
    const mid = (lo + hi) >> 1
    if (before(seq, queue[mid]!.seq)) hi = mid
    else lo = mid + 1
  }
  return lo
}

/** Puts a segment into the queue where it belongs and ends what it covers; false when it brings nothing and has ended. */
const insert = (tp: TcpSock, skb: Skb): boolean => {
  const queue = tp.oooQueue
  const { seq, endSeq } = skb
  let at = queue.length
  if (before(seq, queue[at - 1]!.endSeq)) {
    at = upperBound(queue, seq)
    const prev = at > 0 ? queue[at - 1]! : null
    if (prev !== null && before(seq, prev.endSeq)) {
      if (!after(endSeq, prev.endSeq)) {
        netnsTcp(tp.netns).mib.TCPOFOMerge++
        tcpDropReason(tp, skb, DROP.TCP_OFOMERGE)
        tcpDsackSet(tp, seq, endSeq)
        return false
      }
      if (after(seq, prev.seq)) tcpDsackSet(tp, seq, prev.endSeq)
      else {
        // It begins where the other does, and goes further.
        at--
        dropCovered(tp, at)
        queue.splice(at, 1)
      }
    }
  }
  let end = at
  for (; end < queue.length && after(endSeq, queue[end]!.seq); end++) {
    const next = queue[end]!
    if (before(endSeq, next.endSeq)) {
      tcpDsackExtend(tp, next.seq, endSeq)
      break
    }
    dropCovered(tp, end)
  }
  tcpTryCoalesce(tp, at > 0 ? queue[at - 1]! : null, skb)
  queue.splice(at, end - at, skb)
  return true
}

/** Keeps a segment that came too early (tcp_data_queue_ofo). Owns the skb, whose header is pulled. */
export const tcpDataQueueOfo = (tp: TcpSock, skb: Skb): void => {
  const { mib } = netnsTcp(tp.netns)
  const truesize = tcpRxTruesize(skb)
  tcpDataEcnCheck(tp, skb)
  if (!tcpTryRmemSchedule(tp, skb)) {
    mib.TCPOFODrop++
    tp.wakeRead()
    tcpDropReason(tp, skb, DROP.PROTO_MEM)
    return
  }
  tp.predFlags = 0
  inetCskScheduleAck(tp)
  tcpMeasureRcvMss(tp, skb, truesize)
  tp.rcvOooPack += skb.gsoSegs !== 0 ? skb.gsoSegs : 1
  mib.TCPOFOQueue++
  const { seq, endSeq } = skb
  const { sackOk } = tp.rxOpt
  const queue = tp.oooQueue
  let isKept = true
  if (queue.length === 0) {
    if (sackOk) {
      tp.rxOpt.numSacks = 1
      tp.selectiveAcks[0]!.start = seq
      tp.selectiveAcks[0]!.end = endSeq
    }
    tcpTryCoalesce(tp, null, skb)
    queue.push(skb)
  } else {
    isKept = insert(tp, skb)
    if (sackOk) tcpSackNewOfoSkb(tp, seq, endSeq)
  }
  if (isKept) {
    // Without SACK the window stays, so that acknowledgements are duplicates.
    if (sackOk) tcpGrowWindow(tp, skb, truesize)
    skbSetOwnerR(tp, skb)
  }
  if (!tp.dead && tp.parent === null) tcpRcvbufGrow(tp, tp.rcvqSpace.space)
}

/** Moves what is in order now to the receive queue; true when a FIN was among it (tcp_ofo_queue). */
export const tcpOfoQueue = (tp: TcpSock): boolean => {
  const queue = tp.oooQueue
  const had = tp.rcvNxt
  let n = 0
  let isFin = false
  while (n < queue.length && !isFin && !after(queue[n]!.seq, tp.rcvNxt)) {
    const skb = queue[n++]!
    if (before(skb.seq, had)) tcpDsackExtend(tp, skb.seq, before(skb.endSeq, had) ? skb.endSeq : had)
    if (!after(skb.endSeq, tp.rcvNxt)) {
      skbRfree(tp, skb)
      tcpDropReason(tp, skb, DROP.TCP_OFO_DROP)
      continue
    }
    tcpJoinQueue(tp, skb)
    tcpRcvNxtUpdate(tp, skb.endSeq)
    tp.rcvQueue.push(skb)
    isFin = (skb.tcpFlags & TH_FIN) !== 0
  }
  queue.splice(0, n)
  return isFin
}

/** What comes next is `seq` (tcp_rcv_nxt_update). */
export const tcpRcvNxtUpdate = (tp: TcpSock, seq: number): void => {
  tp.bytesReceived += (seq - tp.rcvNxt) | 0
  tp.rcvNxt = seq
}
