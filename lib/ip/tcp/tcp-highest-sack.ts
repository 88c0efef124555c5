/**
 * The highest segment that the peer has selectively acknowledged.
 *
 * @see include/net/tcp.h tcp_highest_sack_seq, tcp_advance_highest_sack
 */
import type { TcpSeg } from './tcp-seg.js'
import type { TcpSock } from './tcp-sock.js'

/** Sequence number of the segment behind it (tcp_highest_sack_seq). */
export const tcpHighestSackSeq = (tp: TcpSock): number => {
  if (tp.sackedOut === 0) return tp.sndUna
  return tp.highSack === null ? tp.sndNxt : tp.highSack.seq
}

/** It is `seg` now (tcp_advance_highest_sack). */
export const tcpAdvanceHighestSack = (tp: TcpSock, seg: TcpSeg): void => {
  tp.highSack = seg.next
}

/** None is (tcp_highest_sack_reset). */
export const tcpHighestSackReset = (tp: TcpSock): void => {
  tp.highSack = tp.rtxQueue.head
}

/** A segment takes the place of another one in what is remembered (tcp_highest_sack_replace). */
export const tcpHighestSackReplace = (tp: TcpSock, old: TcpSeg, now: TcpSeg | null): void => {
  if (old === tp.highSack) tp.highSack = now
}
