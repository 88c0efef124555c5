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

/** A connection as the tracker of TCP works on it (struct ip_ct_tcp); there is one, for the segment being looked at. */
export class IpCtTcp {
  /** The side that opened the connection, and the other one. */
  readonly orig: IpCtTcpState = new IpCtTcpState()
  readonly repl: IpCtTcpState = new IpCtTcpState()
  /** TCP_CONNTRACK_*. */
  state: number = TCP_CONNTRACK_NONE
  lastDir = 0
  /** How often the last segment was seen again, 0 to 255. */
  retrans = 0
  /** Kind of the last segment, see nf-conntrack-tcp-table.ts. */
  lastIndex = 0
  lastSeq = 0
  lastAck = 0
  lastEnd = 0
  lastWin = 0
  lastWscale = 0
  lastFlags = 0
}

const SIDE_FLAGS = 0x3f
const STATE_MASK = 15

/**
 * What an entry keeps of a TCP connection: the numbers of {@link IpCtTcp}, the small ones packed into two words. That is
 * half the memory, and one object to fetch instead of three.
 */
export class IpCtTcpKept {
  origEnd = 0
  origMaxend = 0
  origMaxwin = 0
  origMaxack = 0
  replEnd = 0
  replMaxend = 0
  replMaxwin = 0
  replMaxack = 0
  lastSeq = 0
  lastAck = 0
  lastEnd = 0
  /** State (4 bits), last direction (1), last kind (3), retransmissions (8) and last window (16), from below. */
  #bits = 0
  /** Flags of the two sides (6 each), last flags (8), scales of the two sides and of the last SYN (4 each), from below. */
  #flags = 0

  /** TCP_CONNTRACK_*. */
  get state(): number {
    return this.#bits & STATE_MASK
  }

  set state(state: number) {
    this.#bits = (this.#bits & ~STATE_MASK) | state
  }

  /** The side that opened the connection, as far as others than the tracker ask for it. */
  get orig(): { readonly end: number } {
    return { end: this.origEnd }
  }

  /** Puts all into the form that the tracker works on. */
  load(tcp: IpCtTcp): void {
    const { orig, repl } = tcp
    const bits = this.#bits
    const flags = this.#flags
    orig.end = this.origEnd
    orig.maxend = this.origMaxend
    orig.maxwin = this.origMaxwin
    orig.maxack = this.origMaxack
    orig.scale = (flags >> 20) & 15
    orig.flags = flags & SIDE_FLAGS
    repl.end = this.replEnd
    repl.maxend = this.replMaxend
    repl.maxwin = this.replMaxwin
    repl.maxack = this.replMaxack
    repl.scale = (flags >> 24) & 15
    repl.flags = (flags >> 6) & SIDE_FLAGS
    tcp.state = bits & STATE_MASK
    tcp.lastDir = (bits >> 4) & 1
    tcp.lastIndex = (bits >> 5) & 7
    tcp.retrans = (bits >> 8) & 0xff
    tcp.lastWin = bits >>> 16
    tcp.lastSeq = this.lastSeq
    tcp.lastAck = this.lastAck
    tcp.lastEnd = this.lastEnd
    tcp.lastWscale = flags >>> 28
    tcp.lastFlags = (flags >> 12) & 0xff
  }

  /** Takes all from the form that the tracker works on. */
  store(tcp: IpCtTcp): void {
    const { orig, repl } = tcp
    this.origEnd = orig.end
    this.origMaxend = orig.maxend
    this.origMaxwin = orig.maxwin
    this.origMaxack = orig.maxack
    this.replEnd = repl.end
    this.replMaxend = repl.maxend
    this.replMaxwin = repl.maxwin
    this.replMaxack = repl.maxack
    this.lastSeq = tcp.lastSeq
    this.lastAck = tcp.lastAck
    this.lastEnd = tcp.lastEnd
    this.#bits = tcp.state | (tcp.lastDir << 4) | (tcp.lastIndex << 5) | (tcp.retrans << 8) | (tcp.lastWin << 16)
    this.#flags =
      orig.flags |
      (repl.flags << 6) |
      (tcp.lastFlags << 12) |
      (orig.scale << 20) |
      (repl.scale << 24) |
      (tcp.lastWscale << 28)
  }
}
