/**
 * Header prediction: what the next expected segment looks like.
 *
 * @see include/net/tcp.h tcp_fast_path_on, tcp_fast_path_check
 */
import { TH_ACK } from '../../wire/tcp.js'
import type { TcpSock } from './tcp-sock.js'

/** The fourth word of the header that the next segment should have; `window` unscaled (__tcp_fast_path_on). */
export const tcpFastPathOnRaw = (tp: TcpSock, window: number): void => {
  tp.predFlags = (tp.tcpHeaderLen << 26) | (TH_ACK << 16) | window
}

/** Expects segments as the last one (tcp_fast_path_on). */
export const tcpFastPathOn = (tp: TcpSock): void => tcpFastPathOnRaw(tp, tp.sndWnd >>> tp.rxOpt.sndWscale)

/** The same, where nothing speaks against it (tcp_fast_path_check). */
export const tcpFastPathCheck = (tp: TcpSock): void => {
  if (tp.oooQueue.length === 0 && tp.rcvWnd !== 0 && tp.rmemAlloc < tp.rcvbuf && tp.urgData === 0) tcpFastPathOn(tp)
}
