/**
 * From a queued segment to a frame.
 *
 * @see net/ipv4/tcp_output.c __tcp_transmit_skb
 */
import type { TcpSeg } from './tcp-seg.js'
import type { Skb } from '../../core/skb.js'
import type { TcpSock } from './tcp-sock.js'


/** Transmits a segment of the queues: a copy when `cloneIt`, which means that it stays (tcp_transmit_skb). 0, a NET_XMIT code or a negative errno. */
export const tcpTransmitSkb = (_tp: TcpSock, _seg: TcpSeg, _cloneIt: boolean): number => {
  throw new Error('tcpTransmitSkb is being written')
}

/** True when timestamps clocks run in microseconds: the ms clock with this connection's offset, int32 (tcp_skb_timestamp_ts, tcp_time_stamp_ts + tsoffset is added by the caller). */
export const tcpTimeStampMs = (_tp: TcpSock): number => {
  throw new Error('tcpTimeStampMs is being written')
}

/** Refreshes the socket's clock (tcp_mstamp_refresh). */
export const tcpMstampRefresh = (_tp: TcpSock): void => {
  throw new Error('tcpMstampRefresh is being written')
}

/** Takes the congestion of this machine as a reason to slow down (tcp_enter_cwr is in input); checksum over pseudo header (tcp_v4_send_check). */
export const tcpV4SendCheck = (_skb: Skb, _saddr: number, _daddr: number): void => {
  throw new Error('tcpV4SendCheck is being written')
}
