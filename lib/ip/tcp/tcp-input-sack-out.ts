/**
 * SACK blocks that this side tells the peer of.
 *
 * @see net/ipv4/tcp_input.c tcp_sack_new_ofo_skb, tcp_sack_remove, tcp_dsack_set
 */
import { netnsTcp } from './netns-tcp.js'
import { tcpSendAck } from './tcp-output-ctl.js'
import { after, before } from './tcp-seq.js'
import type { SackBlock, TcpSock } from './tcp-sock.js'
import { tcpCancelCompressedAckTimer } from './tcp-timer.js'

const TCP_NUM_SACKS = 4
/** Blocks that surely go into an option; what changes behind them is told at once. */
const TCP_SACK_BLOCKS_EXPECTED = 2

/** Widens a block by a range that touches it (tcp_sack_extend). */
const extend = (sp: SackBlock, seq: number, endSeq: number): boolean => {
  if (after(seq, sp.end) || after(sp.start, endSeq)) return false
  if (before(seq, sp.start)) sp.start = seq
  if (after(endSeq, sp.end)) sp.end = endSeq
  return true
}

const copy = (to: SackBlock, from: SackBlock): void => {
  to.start = from.start
  to.end = from.end
}

/** The next acknowledgement tells of a duplicate (tcp_dsack_set). */
export const tcpDsackSet = (tp: TcpSock, seq: number, endSeq: number): void => {
  const { sysctls, mib } = netnsTcp(tp.netns)
  if (!tp.rxOpt.sackOk || sysctls.dsack === 0) return
  if (before(seq, tp.rcvNxt)) mib.TCPDSACKOldSent++
  else mib.TCPDSACKOfoSent++
  tp.rxOpt.dsack = true
  tp.duplicateSack.start = seq
  tp.duplicateSack.end = endSeq
}

/** The duplicate that is to be told becomes longer (tcp_dsack_extend). */
export const tcpDsackExtend = (tp: TcpSock, seq: number, endSeq: number): void => {
  if (!tp.rxOpt.dsack) tcpDsackSet(tp, seq, endSeq)
  else extend(tp.duplicateSack, seq, endSeq)
}

/** Sends an acknowledgement that was held back (tcp_sack_compress_send_ack). */
export const tcpSackCompressSendAck = (tp: TcpSock): void => {
  if (tp.compressedAck === 0) return
  tcpCancelCompressedAckTimer(tp)
  netnsTcp(tp.netns).mib.TCPAckCompressed += tp.compressedAck - 1
  tp.compressedAck = 0
  tcpSendAck(tp)
}

/** Takes block `i` out. */
const zap = (tp: TcpSock, i: number): void => {
  const sp = tp.selectiveAcks
  const last = --tp.rxOpt.numSacks
  for (let k = i; k < last; k++) copy(sp[k]!, sp[k + 1]!)
}

/** The first block may have grown into others (tcp_sack_maybe_coalesce). */
const maybeCoalesce = (tp: TcpSock): void => {
  const sp = tp.selectiveAcks
  for (let i = 1; i < tp.rxOpt.numSacks; ) {
    if (extend(sp[0]!, sp[i]!.start, sp[i]!.end)) zap(tp, i)
    else i++
  }
}

/** Makes block `i` the first one; the others move back. */
const rotateToFront = (tp: TcpSock, i: number): void => {
  const sp = tp.selectiveAcks
  const { start, end } = sp[i]!
  for (let k = i; k > 0; k--) copy(sp[k]!, sp[k - 1]!)
  sp[0]!.start = start
  sp[0]!.end = end
}

/** Something came out of order: it is told first (tcp_sack_new_ofo_skb). */
export const tcpSackNewOfoSkb = (tp: TcpSock, seq: number, endSeq: number): void => {
  const sp = tp.selectiveAcks
  const n = tp.rxOpt.numSacks
  for (let i = 0; i < n; i++) {
    if (!extend(sp[i]!, seq, endSeq)) continue
    if (i >= TCP_SACK_BLOCKS_EXPECTED) tcpSackCompressSendAck(tp)
    rotateToFront(tp, i)
    if (n > 1) maybeCoalesce(tp)
    return
  }
  if (n >= TCP_SACK_BLOCKS_EXPECTED) tcpSackCompressSendAck(tp)
  // The block that was told longest ago is forgotten when there is no room.
  let at = n
  if (at >= TCP_NUM_SACKS) {
    at--
    tp.rxOpt.numSacks--
  }
  for (let k = at; k > 0; k--) copy(sp[k]!, sp[k - 1]!)
  sp[0]!.start = seq
  sp[0]!.end = endSeq
  tp.rxOpt.numSacks++
}

/** What is in order now is told no more (tcp_sack_remove). */
export const tcpSackRemove = (tp: TcpSock): void => {
  if (tp.oooQueue.length === 0) {
    tp.rxOpt.numSacks = 0
    return
  }
  const sp = tp.selectiveAcks
  for (let i = 0; i < tp.rxOpt.numSacks; ) {
    if (before(tp.rcvNxt, sp[i]!.start)) i++
    else zap(tp, i)
  }
}
