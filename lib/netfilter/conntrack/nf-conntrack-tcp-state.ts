/**
 * What is kept of a TCP connection.
 *
 * @see include/linux/netfilter/nf_conntrack_tcp.h, include/uapi/linux/netfilter/nf_conntrack_tcp.h
 */

export const TCP_CONNTRACK_NONE = 0
export const TCP_CONNTRACK_SYN_SENT = 1
export const TCP_CONNTRACK_SYN_RECV = 2
export const TCP_CONNTRACK_ESTABLISHED = 3
export const TCP_CONNTRACK_FIN_WAIT = 4
export const TCP_CONNTRACK_CLOSE_WAIT = 5
export const TCP_CONNTRACK_LAST_ACK = 6
export const TCP_CONNTRACK_TIME_WAIT = 7
export const TCP_CONNTRACK_CLOSE = 8
export const TCP_CONNTRACK_SYN_SENT2 = 9
/** Entries of the table of transitions: invalid, and neither valid nor invalid. */
export const TCP_CONNTRACK_MAX = 10
export const TCP_CONNTRACK_IGNORE = 11
/** Timeouts that belong to no state, in the table of timeouts. */
export const TCP_CONNTRACK_RETRANS = 12
export const TCP_CONNTRACK_UNACK = 13

/** Names of the states as listings print them. */
export const TCP_CONNTRACK_NAMES: readonly string[] = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
]

/** The sender offered window scaling. */
export const IP_CT_TCP_FLAG_WINDOW_SCALE = 0x01
/** The sender permits selective acknowledgements. */
export const IP_CT_TCP_FLAG_SACK_PERM = 0x02
/** It was the first to close. */
export const IP_CT_TCP_FLAG_CLOSE_INIT = 0x04
/** Segments out of the window are not invalid. */
export const IP_CT_TCP_FLAG_BE_LIBERAL = 0x08
/** Data is under way that has not been acknowledged. */
export const IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED = 0x10
/** `maxack` is valid. */
export const IP_CT_TCP_FLAG_MAXACK_SET = 0x20
/** An answer to a SYN in LAST_ACK is a challenge and no acknowledgement of the FIN (RFC 5961). */
export const IP_CT_EXP_CHALLENGE_ACK = 0x40
/** Both sides sent a SYN. */
export const IP_CT_TCP_SIMULTANEOUS_OPEN = 0x80

/** What one side has sent (struct ip_ct_tcp_state); sequence numbers are int32. */
export class IpCtTcpState {
  /** Highest sequence number sent, plus one. */
  end = 0
  /** Highest sequence number that it may send. */
  maxend = 0
  /** Largest window that it has announced. */
  maxwin = 0
  /** Highest acknowledgement. */
  maxack = 0
  scale = 0
  flags = 0
}

/** A connection as the tracker of TCP sees it (struct ip_ct_tcp). */
export class IpCtTcp {
  /** The side that opened the connection, and the other one. */
  readonly orig: IpCtTcpState = new IpCtTcpState()
  readonly repl: IpCtTcpState = new IpCtTcpState()
  /** TCP_CONNTRACK_*. */
  state: number = TCP_CONNTRACK_NONE
  lastDir = 0
  retrans = 0
  /** Kind of the last segment, see nf-conntrack-proto-tcp.ts. */
  lastIndex = 0
  lastSeq = 0
  lastAck = 0
  lastEnd = 0
  lastWin = 0
  lastWscale = 0
  lastFlags = 0
}
