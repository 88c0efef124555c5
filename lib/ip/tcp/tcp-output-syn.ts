/**
 * The handshake's segments.
 *
 * @see net/ipv4/tcp_output.c tcp_connect, tcp_make_synack
 */
import type { Dst } from '../../core/dst.js'
import type { Skb } from '../../core/skb.js'
import type { TcpSock } from './tcp-sock.js'

/** What a SYN,ACK needs of a request sock (struct tcp_request_sock, inet_request_sock). */
export interface SynackRequest {
  /** Addresses int32, ports in host order. */
  readonly localAddress: number
  readonly localPort: number
  readonly peerAddress: number
  readonly peerPort: number
  readonly sntIsn: number
  readonly rcvNxt: number
  /** MSS of the SYN, clamped. */
  mss: number
  /** req->rsk_rcv_wnd, window_clamp and rcv_wscale; set by tcp_openreq_init_rwin (tcpOpenreqInitRwin here). */
  rskRcvWnd: number
  rskWindowClamp: number
  rcvWscale: number
  readonly sndWscale: number
  readonly tstampOk: boolean
  readonly sackOk: boolean
  readonly wscaleOk: boolean
  readonly ecnOk: boolean
  readonly tsRecent: number
  readonly tsOff: number
  readonly mark: number
  /** Hash of its packets (txhash). */
  readonly txHash: number
  /** Milliseconds or ns stamp of the SYN,ACK (snt_synack), set when it is made. */
  sntSynackNs: number
  readonly numTimeout: number
  /** DIFFERS not: a resent one counts (num_retrans). */
  readonly numRetrans: number
}


/** Builds and sends the SYN (tcp_connect of tcp_output.c): 0 or a negative errno. tcpV4Connect has set addresses, route and state. */
export const tcpConnect = (_tp: TcpSock): number => {
  throw new Error('tcpConnect is being written')
}

/** Makes a SYN,ACK for a request; data at the TCP header, checksum not yet set (tcp_make_synack). */
export const tcpMakeSynack = (_lsk: TcpSock, _dst: Dst, _req: SynackRequest, _isCookie: boolean): Skb => {
  throw new Error('tcpMakeSynack is being written')
}
