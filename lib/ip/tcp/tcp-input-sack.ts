/**
 * Selective acknowledgements from the peer: which blocks count, and in what order they are walked.
 *
 * @see net/ipv4/tcp_input.c tcp_sacktag_write_queue, tcp_check_dsack, tcp_is_sackblock_valid; RFC 2018, RFC 2883
 */
import type { Skb } from '../../core/skb.js'
import { getU32 } from '../../wire/bytes.js'
import { netnsTcp } from './netns-tcp.js'
import { FLAG_DSACK_TLP, FLAG_DSACKING_ACK } from './tcp-ack-sample.js'
import { tcpHighestSackReset, tcpHighestSackSeq } from './tcp-highest-sack.js'
import { tcpSacktagSkip, tcpSacktagWalk } from './tcp-input-sacktag.js'
import type { TcpSeg } from './tcp-seg.js'
import { after, before } from './tcp-seq.js'
import { TCP_CA_LOSS } from './tcp-states.js'
import type { SackBlock, TcpSock } from './tcp-sock.js'

const TCP_NUM_SACKS = 4
const TCPOLEN_SACK_BASE = 2
const TCPOLEN_SACK_PERBLOCK = 8

/** Counts a duplicate that the peer tells of: packets that it was, 0 when it cannot be believed (tcp_dsack_seen). */
const dsackSeen = (tp: TcpSock, start: number, end: number): number => {
  if (!before(start, end)) return 0
  const len = (end - start) | 0
  if (len > tp.maxWindow) return 0
  let dup = 1
  const { ackState } = tp
  if (len > tp.mssCache) dup = Math.ceil(len / tp.mssCache)
  else if (tp.tlpHighSeq !== 0 && tp.tlpHighSeq === end) ackState.flag |= FLAG_DSACK_TLP
  tp.dsackDups += dup
  if (tp.dsackDups > tp.totalRetrans) return 0
  if (tp.reordSeen !== 0 && (ackState.flag & FLAG_DSACK_TLP) === 0) tp.rack.dsackSeen = true
  ackState.flag |= FLAG_DSACKING_ACK
  ackState.sackDelivered += dup
  return dup
}

/** Something arrived behind a higher sequence number without having been sent again (tcp_check_sack_reordering). */
export const tcpCheckSackReordering = (tp: TcpSock, lowSeq: number, byTimestamp: boolean): void => {
  const { sysctls, mib } = netnsTcp(tp.netns)
  const fack = tcpHighestSackSeq(tp)
  if (!before(lowSeq, fack)) return
  const metric = (fack - lowSeq) | 0
  const mss = tp.mssCache
  if (metric > tp.reordering * mss && mss !== 0)
    tp.reordering = Math.min(Math.ceil(metric / mss), sysctls.maxReordering)
  tp.reordSeen++
  if (byTimestamp) mib.TCPTSReorder++
  else mib.TCPSACKReorder++
}

/** A block lies in what is out, or is a duplicate that may still count (tcp_is_sackblock_valid). */
const isBlockValid = (tp: TcpSock, isDsack: boolean, start: number, end: number): boolean => {
  if (after(end, tp.sndNxt) || !before(start, end) || !before(start, tp.sndNxt)) return false
  if (after(start, tp.sndUna)) return true
  if (!isDsack || tp.undoMarker === 0 || after(end, tp.sndUna)) return false
  if (!before(start, tp.undoMarker)) return true
  if (!after(end, tp.undoMarker)) return false
  return !before(start, (end - tp.maxWindow) | 0)
}

/** The first block is a duplicate (tcp_check_dsack). */
const checkDsack = (tp: TcpSock, skb: Skb, at: number, num: number, priorSndUna: number): boolean => {
  const { mib } = netnsTcp(tp.netns)
  const start = getU32(skb.buf, at)
  const end = getU32(skb.buf, at + 4)
  if (before(start, skb.ackSeq)) mib.TCPDSACKRecv++
  else if (num > 1) {
    if (after(end, getU32(skb.buf, at + 12)) || before(start, getU32(skb.buf, at + 8))) return false
    mib.TCPDSACKOfoRecv++
  } else return false
  const dup = dsackSeen(tp, start, end)
  if (dup === 0) {
    mib.TCPDSACKIgnoredDubious++
    return false
  }
  mib.TCPDSACKRecvSegs += dup
  if (tp.undoMarker !== 0 && tp.undoRetrans > 0 && !after(end, priorSndUna) && after(end, tp.undoMarker))
    tp.undoRetrans = Math.max(0, tp.undoRetrans - dup)
  return true
}

const countInvalid = (tp: TcpSock, skb: Skb, isDsack: boolean, end: number): void => {
  const { mib } = netnsTcp(tp.netns)
  if (isDsack) {
    if (tp.undoMarker === 0) mib.TCPDSACKIgnoredNoUndo++
    else mib.TCPDSACKIgnoredOld++
  } else if (skb.ackSeq === tp.sndUna || after(end, tp.sndUna)) mib.TCPSACKDiscard++
}

const setBlock = (to: SackBlock, start: number, end: number): void => {
  to.start = start
  to.end = end
}

/** Puts the blocks that count into `tp.sackScratch`, lowest first; `used << 8 | index of the first block + 1`. */
const collectBlocks = (
  tp: TcpSock,
  skb: Skb,
  at: number,
  num: number,
  isDsack: boolean,
  priorSndUna: number,
): number => {
  const sp = tp.sackScratch
  let used = 0
  let first = 0
  for (let i = 0; i < num; i++) {
    const start = getU32(skb.buf, at + i * 8)
    const end = getU32(skb.buf, at + i * 8 + 4)
    const isDup = i === 0 && isDsack
    if (isBlockValid(tp, isDup, start, end)) {
      if (after(end, priorSndUna)) {
        setBlock(sp[used++]!, start, end)
        continue
      }
    } else {
      countInvalid(tp, skb, isDup, end)
      // An old block by a reordered acknowledgement says nothing of the first one.
      if (!isDup && skb.ackSeq !== tp.sndUna && !after(end, tp.sndUna)) continue
    }
    if (i === 0) first = -1
  }
  for (let i = used - 1; i > 0; i--) {
    for (let j = 0; j < i; j++) {
      const a = sp[j]!
      const b = sp[j + 1]!
      if (!after(a.start, b.start)) continue
      const { start, end } = a
      setBlock(a, b.start, b.end)
      setBlock(b, start, end)
      if (j === first) first = j + 1
    }
  }
  return (used << 8) | (first + 1)
}

/** Walks the blocks; those of the last SACK need not be walked again. */
const walkBlocks = (tp: TcpSock, used: number, dupIndex: number): void => {
  const sp = tp.sackScratch
  const cache = tp.recvSackCache
  let c = tp.sackedOut === 0 ? TCP_NUM_SACKS : 0
  while (c < TCP_NUM_SACKS && cache[c]!.start === 0 && cache[c]!.end === 0) c++
  let seg: TcpSeg | null = null
  for (let i = 0; i < used; ) {
    const { start, end } = sp[i]!
    const isDup = i === dupIndex
    const nextDup = i + 1 === dupIndex ? sp[i + 1]! : null
    while (c < TCP_NUM_SACKS && !before(start, cache[c]!.end)) c++
    if (c < TCP_NUM_SACKS && !isDup && after(end, cache[c]!.start)) {
      const known = cache[c]!
      if (before(start, known.start)) {
        seg = tcpSacktagSkip(tp, seg, start)
        seg = tcpSacktagWalk(tp, seg, nextDup, start, known.start, false)
      }
      if (!after(end, known.end)) {
        i++
        continue
      }
      if (nextDup !== null && before(nextDup.start, known.end)) {
        seg = tcpSacktagSkip(tp, seg, nextDup.start)
        seg = tcpSacktagWalk(tp, seg, null, nextDup.start, nextDup.end, true)
      }
      c++
      if (tcpHighestSackSeq(tp) !== known.end) {
        seg = tcpSacktagSkip(tp, seg, known.end)
        continue
      }
      seg = tp.highSack
      if (seg === null) break
    } else {
      if (!before(start, tcpHighestSackSeq(tp))) {
        seg = tp.highSack
        if (seg === null) break
      }
      seg = tcpSacktagSkip(tp, seg, start)
    }
    seg = tcpSacktagWalk(tp, seg, nextDup, start, end, isDup)
    i++
  }
}

const remember = (tp: TcpSock, used: number): void => {
  const cache = tp.recvSackCache
  const gap = TCP_NUM_SACKS - used
  for (let i = 0; i < gap; i++) setBlock(cache[i]!, 0, 0)
  for (let i = 0; i < used; i++) setBlock(cache[gap + i]!, tp.sackScratch[i]!.start, tp.sackScratch[i]!.end)
}

/** Marks what the SACK option of a segment tells (tcp_sacktag_write_queue). Flags go to `tp.ackState.flag`. */
export const tcpSacktagWriteQueue = (tp: TcpSock, skb: Skb, priorSndUna: number): void => {
  const { sackAt } = tp.rxOpt
  const at = sackAt + TCPOLEN_SACK_BASE
  const num = Math.min(TCP_NUM_SACKS, Math.floor((skb.buf[sackAt + 1]! - TCPOLEN_SACK_BASE) / TCPOLEN_SACK_PERBLOCK))
  const { ackState } = tp
  const { flag } = ackState
  ackState.reord = tp.sndNxt
  if (tp.sackedOut === 0) tcpHighestSackReset(tp)
  const isDsack = checkDsack(tp, skb, at, num, priorSndUna)
  // Too old to say anything.
  if (before(skb.ackSeq, (priorSndUna - tp.maxWindow) | 0)) {
    ackState.flag = flag
    return
  }
  if (tp.packetsOut === 0) return
  const found = collectBlocks(tp, skb, at, num, isDsack, priorSndUna)
  const used = found >> 8
  walkBlocks(tp, used, isDsack ? (found & 0xff) - 1 : -1)
  remember(tp, used)
  if (tp.caState !== TCP_CA_LOSS || tp.undoMarker !== 0) tcpCheckSackReordering(tp, ackState.reord, false)
}
