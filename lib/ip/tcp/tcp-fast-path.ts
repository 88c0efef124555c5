/**
 * Header prediction: what the next segment of a plain transfer looks like.
 *
 * @see include/net/tcp.h tcp_fast_path_check, __tcp_fast_path_on
 */
import type { TcpSock } from './tcp-sock.js'

const ACK_WORD = 0x10 << 16

/** Predicts segments with the window field `wnd` (__tcp_fast_path_on). */
export const tcpFastPathOnWith = (tp: TcpSock, wnd: number): void => {
  tp.predFlags = (tp.tcpHeaderLen << 26) | ACK_WORD | wnd
}

/** Predicts segments with the present window (tcp_fast_path_on). */
export const tcpFastPathOn = (tp: TcpSock): void =>
  tcpFastPathOnWith(tp, Math.floor(tp.sndWnd / 2 ** tp.rxOpt.sndWscale))

/** The same when nothing stands against it (tcp_fast_path_check). */
export const tcpFastPathCheck = (tp: TcpSock): void => {
  if (tp.oooQueue.length === 0 && tp.rcvWnd !== 0 && tp.rmemAlloc < tp.rcvbuf && tp.urgData === 0) tcpFastPathOn(tp)
}
