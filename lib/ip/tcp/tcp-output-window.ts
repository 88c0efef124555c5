/**
 * The receive window that a socket advertises.
 *
 * @see net/ipv4/tcp_output.c __tcp_select_window, tcp_select_window, tcp_select_initial_window
 */
import type { TcpSock } from './tcp-sock.js'

/** Answer of {@link tcpSelectInitialWindow}. */
export interface InitialWindow {
  readonly rcvWnd: number
  readonly wndClamp: number
  readonly rcvWscale: number
}


/** Window to advertise in octets, unscaled (__tcp_select_window). */
export const tcpSelectWindowRaw = (_tp: TcpSock): number => {
  throw new Error('tcpSelectWindowRaw is being written')
}

/** Window field of the next segment; updates rcvWnd and rcvWup (tcp_select_window). */
export const tcpSelectWindow = (_tp: TcpSock): number => {
  throw new Error('tcpSelectWindow is being written')
}

/** First window, its clamp and the scale (tcp_select_initial_window). `space` is tcp_full_space. */
export const tcpSelectInitialWindow = (_tp: TcpSock, _space: number, _mss: number, _wndClamp: number, _wscaleOk: boolean, _initRcvWnd: number): InitialWindow => {
  throw new Error('tcpSelectInitialWindow is being written')
}

/** Octets of the receive buffer that hold data (tcp_win_from_space). */
export const tcpWinFromSpace = (_tp: TcpSock, _space: number): number => {
  throw new Error('tcpWinFromSpace is being written')
}

/** Receive buffer for a window (tcp_space_from_win). */
export const tcpSpaceFromWin = (_tp: TcpSock, _win: number): number => {
  throw new Error('tcpSpaceFromWin is being written')
}

/** Free octets of the window (tcp_space). */
export const tcpSpace = (_tp: TcpSock): number => {
  throw new Error('tcpSpace is being written')
}

/** Window of the whole receive buffer (tcp_full_space). */
export const tcpFullSpace = (_tp: TcpSock): number => {
  throw new Error('tcpFullSpace is being written')
}

/** Window that the peer may still use (tcp_receive_window). */
export const tcpReceiveWindow = (_tp: TcpSock): number => {
  throw new Error('tcpReceiveWindow is being written')
}
