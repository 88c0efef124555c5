/**
 * A connection that a peer has asked for and that is not made yet: what is left of its SYN (struct tcp_request_sock).
 *
 * @see include/net/request_sock.h, include/linux/tcp.h struct tcp_request_sock
 */
import type { Dst } from '../../core/dst.js'
import type { SimEvent } from '../../sim/queue.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_NEW_SYN_RECV } from './tcp-states.js'

/** A request. Addresses and sequence numbers are int32, ports in host order. */
export class TcpRequestSock {
  readonly state: number = TCP_NEW_SYN_RECV
  readonly listener: TcpSock
  readonly localAddress: number
  readonly localPort: number
  readonly peerAddress: number
  readonly peerPort: number
  /** ifindex that it is bound to, 0 for none (ir_iif). */
  readonly boundIfindex: number
  /** Is found by lookups. */
  hashed = false
  mark = 0
  /** MSS of the peer. */
  mss = 0
  /** SYN,ACKs sent again, and the timer's runs. */
  numRetrans = 0
  numTimeout = 0
  syncookie = false
  tstampOk = false
  sackOk = false
  wscaleOk = false
  ecnOk = false
  /** The peer has acknowledged, and the program wants data first. */
  acked = false
  sndWscale = 0
  rcvWscale = 0
  /** Window of the SYN,ACK, and the clamp of the connection's. */
  rskRcvWnd = 0
  rskWindowClamp = 0
  tsRecent = 0
  tsOff = 0
  rcvIsn = 0
  sntIsn = 0
  rcvNxt = 0
  txHash = 0
  /** Nanoseconds of virtual time of the first SYN,ACK (snt_synack), and the timestamps (int32) of the first and last one. */
  sntSynack = 0
  sntTsvalFirst = 0
  sntTsvalLast = 0
  lastOowAckTimeJiffies = 0
  /** TOS of the SYN. */
  synTos = 0
  /** Ticks of the first timeout. */
  timeoutJiffies = 0
  timer: SimEvent | null = null
  /** Route of the SYN,ACK while one is sent. */
  dst: Dst | null = null

  constructor(listener: TcpSock, saddr: number, sport: number, daddr: number, dport: number, ifindex: number) {
    this.listener = listener
    this.localAddress = daddr
    this.localPort = dport
    this.peerAddress = saddr
    this.peerPort = sport
    this.boundIfindex = ifindex
  }
}
