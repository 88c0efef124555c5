/**
 * What the handling of one acknowledgement carries from step to step. A socket has one of each for good: nothing is
 * allocated for an acknowledgement.
 *
 * @see net/ipv4/tcp_input.c struct tcp_sacktag_state, include/net/tcp.h struct rate_sample
 */

/** What an acknowledgement was (FLAG_*): it came with data; updated the window; acknowledged data, some of it retransmitted, or a SYN. */
export const FLAG_DATA = 0x01
export const FLAG_WIN_UPDATE = 0x02
export const FLAG_DATA_ACKED = 0x04
export const FLAG_RETRANS_DATA_ACKED = 0x08
export const FLAG_SYN_ACKED = 0x10
/** New data was selectively acknowledged; ECE was set; a retransmission was lost; windows are to be checked. */
export const FLAG_DATA_SACKED = 0x20
export const FLAG_ECE = 0x40
export const FLAG_LOST_RETRANS = 0x80
export const FLAG_SLOWPATH = 0x100
/** Something that was never retransmitted was acknowledged; the left edge moved; it tells of a duplicate. */
export const FLAG_ORIG_SACK_ACKED = 0x200
export const FLAG_SND_UNA_ADVANCED = 0x400
export const FLAG_DSACKING_ACK = 0x800
/** The retransmission timer starts anew; the head was selectively acknowledged; the timestamp is to be remembered. */
export const FLAG_SET_XMIT_TIMER = 0x1000
export const FLAG_SACK_RENEGING = 0x2000
export const FLAG_UPDATE_TS_RECENT = 0x4000
export const FLAG_NO_CHALLENGE_ACK = 0x8000
/** The peer may have delayed it; the duplicate is that of a loss probe. */
export const FLAG_ACK_MAYBE_DELAYED = 0x10000
export const FLAG_DSACK_TLP = 0x20000

export const FLAG_ACKED: number = FLAG_DATA_ACKED | FLAG_SYN_ACKED
export const FLAG_NOT_DUP: number = FLAG_DATA | FLAG_WIN_UPDATE | FLAG_ACKED
export const FLAG_CA_ALERT: number = FLAG_DATA_SACKED | FLAG_ECE | FLAG_DSACKING_ACK
export const FLAG_FORWARD_PROGRESS: number = FLAG_ACKED | FLAG_DATA_SACKED

/** What to send in recovery: nothing, what is lost, something new. */
export const REXMIT_NONE = 0
export const REXMIT_LOST = 1
export const REXMIT_NEW = 2

/** A sample of the rate of delivery (struct rate_sample). Times in microseconds. */
export class RateSample {
  priorMstampUs = -1
  priorDelivered = 0
  priorDeliveredCe = 0
  delivered = 0
  deliveredCe = 0
  intervalUs = 0
  rttUs = -1
  losses = 0
  ackedSacked = 0
  priorInFlight = 0
  lastEndSeq = 0
  isAppLimited = false
  isRetrans = false
  isAckDelayed = false

  /** Begins the sample of another acknowledgement. */
  reset(): void {
    this.priorMstampUs = -1
    this.priorDelivered = 0
    this.priorDeliveredCe = 0
    this.delivered = 0
    this.deliveredCe = 0
    this.intervalUs = 0
    this.rttUs = -1
    this.losses = 0
    this.ackedSacked = 0
    this.priorInFlight = 0
    this.lastEndSeq = 0
    this.isAppLimited = false
    this.isRetrans = false
    this.isAckDelayed = false
  }
}

/** The state of one acknowledgement (struct tcp_sacktag_state, and what tcp_ack hands on by reference). */
export class AckState {
  /** FLAG_* and REXMIT_*. */
  flag = 0
  rexmit: number = REXMIT_NONE
  /** Microseconds when the first and the last segment were sent that SACKs told of and that were sent once; -1 for none. */
  firstSacktUs = -1
  lastSacktUs = -1
  /** Lowest sequence number that arrived behind a higher one. */
  reord = 0
  /** Packets that SACKs told of. */
  sackDelivered = 0

  /** Begins another acknowledgement. */
  reset(flag: number): void {
    this.flag = flag
    this.rexmit = REXMIT_NONE
    this.firstSacktUs = -1
    this.lastSacktUs = -1
    this.reord = 0
    this.sackDelivered = 0
  }
}

/** What the walk over the queue found; one for each socket. */
export class CleanState {
  flag = 0
  /** Microseconds when the first and last segment were sent that were sent once, -1 for none. */
  firstAckUs = -1
  lastAckUs = -1
  pktsAcked = 0
  /** Lowest sequence number that was sent once and not selectively acknowledged. */
  reord = 0
}
