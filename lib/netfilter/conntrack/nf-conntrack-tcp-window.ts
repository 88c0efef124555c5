/**
 * Is a TCP segment within the window of its receiver? After "Real Stateful TCP Packet Filtering in IP Filter" by Guido van
 * Rooij, with bounds as RFC 9293 has them.
 *
 * @see net/netfilter/nf_conntrack_proto_tcp.c tcp_in_window, tcp_options, tcp_sack
 */
import { getU32 } from '../../wire/bytes.js'
import {
  TCP_HLEN,
  TCPOPT_EOL,
  TCPOPT_NOP,
  TCPOPT_SACK,
  TCPOPT_SACK_PERM,
  TCPOPT_TIMESTAMP,
  TCPOPT_WINDOW,
  tcpAck,
  tcpFlags,
  tcpHdrLen,
  tcpSeq,
  tcpWindow,
  TH_ACK,
  TH_FIN,
  TH_RST,
  TH_SYN,
} from '../../wire/tcp.js'
import { IP_CT_DIR_ORIGINAL, IP_CT_DIR_REPLY } from './nf-conntrack-common.js'
import {
  IP_CT_TCP_FLAG_BE_LIBERAL,
  IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED,
  IP_CT_TCP_FLAG_MAXACK_SET,
  IP_CT_TCP_FLAG_SACK_PERM,
  IP_CT_TCP_FLAG_WINDOW_SCALE,
  type IpCtTcp,
  type IpCtTcpState,
  TCP_CONNTRACK_SYN_RECV,
  TCP_CONNTRACK_SYN_SENT,
} from './nf-conntrack-tcp-state.js'
import { TCP_ACK_SET } from './nf-conntrack-tcp-table.js'

/** What the window says of a segment: fine, neither good nor bad, or invalid. */
export const NFCT_TCP_ACCEPT = 0
export const NFCT_TCP_IGNORE = 1
export const NFCT_TCP_INVALID = 2

const TCP_MAX_WSCALE = 14
const MAXACKWINCONST = 66000
const TCPOLEN_WINDOW = 3
const TCPOLEN_SACK_PERM = 2
const TCPOLEN_SACK_BASE = 2
const TCPOLEN_SACK_PERBLOCK = 8
/** Two no-operations, then the option of timestamps with its length: all that most segments have. */
const TIMESTAMP_ONLY: number = (TCPOPT_NOP << 24) | (TCPOPT_NOP << 16) | (TCPOPT_TIMESTAMP << 8) | 10
const TCPOLEN_TSTAMP_ALIGNED = 12

/** Does sequence number `a` come before `b`? */
export const before = (a: number, b: number): boolean => ((a - b) | 0) < 0
/** Does sequence number `a` come after `b`? */
export const after = (a: number, b: number): boolean => ((b - a) | 0) < 0

/** Sequence number behind the segment at `o`, which ends at `end` (segment_seq_plus_len). */
export const segmentSeqPlusLen = (b: Uint8Array, o: number, end: number): number => {
  const flags = tcpFlags(b, o)
  const len = end - o - tcpHdrLen(b, o) + (flags & TH_SYN ? 1 : 0) + (flags & TH_FIN ? 1 : 0)
  return (tcpSeq(b, o) + len) | 0
}

/** Notes what the options of a SYN say of its sender (tcp_options). */
export const tcpOptions = (b: Uint8Array, o: number, state: IpCtTcpState): void => {
  let at = o + TCP_HLEN
  const end = o + tcpHdrLen(b, o)
  if (at >= end) return
  state.scale = 0
  state.flags &= IP_CT_TCP_FLAG_BE_LIBERAL
  while (at < end) {
    const kind = b[at]!
    if (kind === TCPOPT_EOL) return
    if (kind === TCPOPT_NOP) {
      at++
      continue
    }
    if (end - at < 2) return
    const size = b[at + 1]!
    if (size < 2 || size > end - at) return
    if (kind === TCPOPT_SACK_PERM && size === TCPOLEN_SACK_PERM) state.flags |= IP_CT_TCP_FLAG_SACK_PERM
    else if (kind === TCPOPT_WINDOW && size === TCPOLEN_WINDOW) {
      state.scale = Math.min(b[at + 2]!, TCP_MAX_WSCALE)
      state.flags |= IP_CT_TCP_FLAG_WINDOW_SCALE
    }
    at += size
  }
}

/** The highest of `sack` and the right edges that a segment acknowledges selectively (tcp_sack). */
const tcpSack = (b: Uint8Array, o: number, sack: number): number => {
  let at = o + TCP_HLEN
  const end = o + tcpHdrLen(b, o)
  if (at >= end || (end - at === TCPOLEN_TSTAMP_ALIGNED && getU32(b, at) === TIMESTAMP_ONLY)) return sack
  while (at < end) {
    const kind = b[at]!
    if (kind === TCPOPT_EOL) return sack
    if (kind === TCPOPT_NOP) {
      at++
      continue
    }
    if (end - at < 2) return sack
    const size = b[at + 1]!
    if (size < 2 || size > end - at) return sack
    const blocks = size - TCPOLEN_SACK_BASE
    if (kind === TCPOPT_SACK && blocks >= TCPOLEN_SACK_PERBLOCK && blocks % TCPOLEN_SACK_PERBLOCK === 0) {
      let highest = sack
      for (let i = 0; i < blocks; i += TCPOLEN_SACK_PERBLOCK) {
        const right = getU32(b, at + 2 + i + 4)
        if (after(right, highest)) highest = right
      }
      return highest
    }
    at += size
  }
  return sack
}

/** Begins with a side of which a SYN or SYN/ACK is seen (tcp_init_sender). */
const initSender = (
  sender: IpCtTcpState,
  receiver: IpCtTcpState,
  b: Uint8Array,
  o: number,
  end: number,
  win: number,
  dir: number,
): void => {
  sender.end = sender.maxend = end
  sender.maxwin = win === 0 ? 1 : win
  tcpOptions(b, o, sender)
  // Both sides must offer scaling for either to use it (RFC 7323).
  if (dir === IP_CT_DIR_REPLY && !(sender.flags & receiver.flags & IP_CT_TCP_FLAG_WINDOW_SCALE))
    sender.scale = receiver.scale = 0
}

/** Takes what is known of a sender in the middle of a connection from its segment. */
const initMidstream = (sender: IpCtTcpState, receiver: IpCtTcpState, end: number, win: number, sack: number): void => {
  sender.end = end
  const swin = win << sender.scale
  sender.maxwin = swin === 0 ? 1 : swin
  sender.maxend = (end + sender.maxwin) | 0
  if (receiver.maxwin === 0) receiver.end = receiver.maxend = sack
  // The answer to a probe that keeps the connection alive acknowledges one octet more than was sent.
  else if (sack === ((receiver.end + 1) | 0)) receiver.end = (receiver.end + 1) | 0
}

const maxAckWindow = (sender: IpCtTcpState): number =>
  sender.maxwin >>> 0 > MAXACKWINCONST ? sender.maxwin : MAXACKWINCONST

/** The first sequence number below the window, see the bounds II and IV of the paper. */
const lowerBound = (end: number, window: number): number => (end - window - 1) | 0

/** More than the receiver's window allows: may it be a sender that does not keep to that by a little? */
const overshoot = (sender: IpCtTcpState, receiver: IpCtTcpState, end: number, sack: number): boolean => {
  const over = (end - sender.maxend + 1) >>> 0
  if (receiver.maxwin === 0 || !after(end, lowerBound(sender.end, receiver.maxwin))) return false
  if (!after(sack, lowerBound(receiver.end, maxAckWindow(sender)))) return false
  if (over > receiver.maxwin >>> 0 || !before(sack, (receiver.end + 1) | 0)) return false
  sender.end = end
  sender.flags |= IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED
  return true
}

/** Notes a segment that is within the window. */
const update = (
  sender: IpCtTcpState,
  receiver: IpCtTcpState,
  flags: number,
  end: number,
  ack: number,
  sack: number,
  rawWin: number,
): void => {
  const win = flags & TH_SYN ? rawWin : rawWin << sender.scale
  const swin = (win + (sack - ack)) | 0
  if (sender.maxwin >>> 0 < swin >>> 0) sender.maxwin = swin
  if (after(end, sender.end)) {
    sender.end = end
    sender.flags |= IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED
  }
  if (flags & TH_ACK && (!(sender.flags & IP_CT_TCP_FLAG_MAXACK_SET) || after(ack, sender.maxack))) {
    sender.maxack = ack
    sender.flags |= IP_CT_TCP_FLAG_MAXACK_SET
  }
  if (receiver.maxwin !== 0 && after(end, sender.maxend))
    receiver.maxwin = (receiver.maxwin + (end - sender.maxend)) | 0
  const right = (sack + win) | 0
  if (after(right, (receiver.maxend - 1) | 0)) receiver.maxend = win === 0 ? (right + 1) | 0 : right
  if (ack === receiver.end) receiver.flags &= ~IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED
}

/** Counts how often the same acknowledgement is seen again. */
const countRetransmission = (
  tcp: IpCtTcp,
  dir: number,
  seq: number,
  ack: number,
  end: number,
  rawWin: number,
): void => {
  const isSame =
    tcp.lastDir === dir && tcp.lastSeq === seq && tcp.lastAck === ack && tcp.lastEnd === end && tcp.lastWin === rawWin
  if (isSame) {
    tcp.retrans = (tcp.retrans + 1) & 0xff
    return
  }
  tcp.lastDir = dir
  tcp.lastSeq = seq
  tcp.lastAck = ack
  tcp.lastEnd = end
  tcp.lastWin = rawWin
  tcp.retrans = 0
}

/**
 * Looks at the segment at `o`, which ends at `tail` and is of kind `index`, and notes it when it is within the window;
 * NFCT_TCP_* (tcp_in_window). `beLiberal`: what is not is fine as well.
 */
export const tcpInWindow = (
  tcp: IpCtTcp,
  dir: number,
  index: number,
  b: Uint8Array,
  o: number,
  tail: number,
  beLiberal: boolean,
): number => {
  const sender = dir === IP_CT_DIR_ORIGINAL ? tcp.orig : tcp.repl
  const receiver = dir === IP_CT_DIR_ORIGINAL ? tcp.repl : tcp.orig
  const flags = tcpFlags(b, o)
  const win = tcpWindow(b, o)
  let seq = tcpSeq(b, o)
  let ack = tcpAck(b, o)
  let sack = receiver.flags & IP_CT_TCP_FLAG_SACK_PERM ? tcpSack(b, o, ack) : ack
  let end = segmentSeqPlusLen(b, o, tail)
  if (sender.maxwin === 0) {
    if (flags & TH_SYN) {
      initSender(sender, receiver, b, o, end, win, dir)
      if (!(flags & TH_ACK)) return NFCT_TCP_ACCEPT
    } else initMidstream(sender, receiver, end, win, sack)
  } else if (flags & TH_SYN && after(end, sender.end) && isOpening(tcp)) {
    initSender(sender, receiver, b, o, end, win, dir)
    if (dir === IP_CT_DIR_REPLY && !(flags & TH_ACK)) return NFCT_TCP_ACCEPT
  }
  // Without an acknowledgement, or with that of stacks which set 0 in a reset, it is taken for the right one.
  if (!(flags & TH_ACK) || (flags & TH_RST && ack === 0)) ack = sack = receiver.end
  if (flags & TH_RST && seq === 0 && tcp.state === TCP_CONNTRACK_SYN_SENT) seq = end = sender.end
  const fault = outOfWindow(sender, receiver, seq, end, sack)
  if (fault !== NFCT_TCP_ACCEPT) return beLiberal || sender.flags & IP_CT_TCP_FLAG_BE_LIBERAL ? NFCT_TCP_ACCEPT : fault
  update(sender, receiver, flags, end, ack, sack, win)
  if (index === TCP_ACK_SET) countRetransmission(tcp, dir, seq, ack, end, win)
  return NFCT_TCP_ACCEPT
}

/**
 * Is a segment of an established connection, with ACK and none of SYN, FIN and RST, within the window in all respects? Changes
 * nothing; {@link tcpInWindow} will note it and say NFCT_TCP_ACCEPT.
 */
export const tcpIsInWindow = (tcp: IpCtTcp, dir: number, b: Uint8Array, o: number, tail: number): boolean => {
  const sender = dir === IP_CT_DIR_ORIGINAL ? tcp.orig : tcp.repl
  const receiver = dir === IP_CT_DIR_ORIGINAL ? tcp.repl : tcp.orig
  if (sender.maxwin === 0) return false
  const ack = tcpAck(b, o)
  const sack = receiver.flags & IP_CT_TCP_FLAG_SACK_PERM ? tcpSack(b, o, ack) : ack
  if (!before(tcpSeq(b, o), (sender.maxend + 1) | 0)) return false
  return outOfWindow(sender, receiver, tcpSeq(b, o), segmentSeqPlusLen(b, o, tail), sack) === NFCT_TCP_ACCEPT
}

const isOpening = (tcp: IpCtTcp): boolean =>
  tcp.state === TCP_CONNTRACK_SYN_SENT || tcp.state === TCP_CONNTRACK_SYN_RECV

/** Which of the four bounds a segment breaks, as NFCT_TCP_*. */
const outOfWindow = (sender: IpCtTcpState, receiver: IpCtTcpState, seq: number, end: number, sack: number): number => {
  if (!before(seq, (sender.maxend + 1) | 0))
    return overshoot(sender, receiver, end, sack) ? NFCT_TCP_IGNORE : NFCT_TCP_INVALID
  if (!before(sack, (receiver.end + 1) | 0)) return NFCT_TCP_INVALID
  if (receiver.maxwin !== 0 && !after(end, lowerBound(sender.end, receiver.maxwin))) return NFCT_TCP_IGNORE
  return after(sack, lowerBound(receiver.end, maxAckWindow(sender))) ? NFCT_TCP_ACCEPT : NFCT_TCP_IGNORE
}
