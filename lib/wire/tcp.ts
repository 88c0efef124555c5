/**
 * The TCP header (RFC 9293): fields and options, as far as text and user objects need them.
 * @see include/uapi/linux/tcp.h, include/net/tcp.h
 */

import { getU16, getU32 } from './bytes.js'
import { offsets, u8, u16, u32 } from './layout.js'

const F = offsets(20, [
  u16('sport'),
  u16('dport'),
  u32('seq'),
  u32('ack'),
  u8('doff'),
  u8('flags'),
  u16('window'),
  u16('csum'),
  u16('urg'),
])
const SPORT = F.sport
const DPORT = F.dport
const SEQ = F.seq
const ACK = F.ack
const DOFF = F.doff
const FLAGS = F.flags
const WINDOW = F.window
const CSUM = F.csum
const URG = F.urg

/** Octets of a TCP header without options. */
export const TCP_HLEN: number = F.SIZE
/** Flag: no more data. */
export const TH_FIN = 0x01
/** Flag: synchronise. */
export const TH_SYN = 0x02
/** Flag: reset. */
export const TH_RST = 0x04
/** Flag: push. */
export const TH_PUSH = 0x08
/** Flag: acknowledgement. */
export const TH_ACK = 0x10
/** Flag: urgent pointer. */
export const TH_URG = 0x20
/** Flag: ECN echo. */
export const TH_ECE = 0x40
/** Flag: congestion window reduced. */
export const TH_CWR = 0x80

/** Option: end of list. */
export const TCPOPT_EOL = 0
/** Option: no operation. */
export const TCPOPT_NOP = 1
/** Option: maximum segment size. */
export const TCPOPT_MSS = 2
/** Option: window scale. */
export const TCPOPT_WINDOW = 3
/** Option: selective acknowledgement permitted. */
export const TCPOPT_SACK_PERM = 4
/** Option: selective acknowledgement blocks. */
export const TCPOPT_SACK = 5
/** Option: timestamps. */
export const TCPOPT_TIMESTAMP = 8

/** Source port of the TCP header at `o`. */
export const tcpSport = (b: Uint8Array, o: number): number => getU16(b, o + SPORT)
/** Destination port of the TCP header at `o`. */
export const tcpDport = (b: Uint8Array, o: number): number => getU16(b, o + DPORT)
/** Sequence number of the TCP header at `o`, int32. */
export const tcpSeq = (b: Uint8Array, o: number): number => getU32(b, o + SEQ)
/** Acknowledgement number of the TCP header at `o`, int32. */
export const tcpAck = (b: Uint8Array, o: number): number => getU32(b, o + ACK)
/** Octets of the TCP header at `o`, options included, as its data offset says (0 to 60). */
export const tcpHdrLen = (b: Uint8Array, o: number): number => (b[o + DOFF]! >> 4) << 2
/** Flags of the TCP header at `o`. */
export const tcpFlags = (b: Uint8Array, o: number): number => b[o + FLAGS]!
/** Window of the TCP header at `o`, unscaled. */
export const tcpWindow = (b: Uint8Array, o: number): number => getU16(b, o + WINDOW)
/** Checksum field of the TCP header at `o`. */
export const tcpCsum = (b: Uint8Array, o: number): number => getU16(b, o + CSUM)
/** Urgent pointer of the TCP header at `o`. */
export const tcpUrg = (b: Uint8Array, o: number): number => getU16(b, o + URG)

/** Whether the header at `off` is complete before `end`, options included. */
export const tcpOk = (b: Uint8Array, off: number, end: number): boolean => {
  if (end - off < TCP_HLEN) return false
  const len = tcpHdrLen(b, off)
  return len >= TCP_HLEN && len <= end - off
}
