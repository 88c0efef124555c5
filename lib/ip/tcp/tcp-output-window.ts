/**
 * The receive window that a socket advertises.
 *
 * @see net/ipv4/tcp_output.c __tcp_select_window, tcp_select_window, tcp_select_initial_window; include/net/tcp.h
 */
import { netnsTcp } from './netns-tcp.js'
import type { TcpSock } from './tcp-sock.js'
import { ICSK_ACK_NOMEM } from './tcp-timer.js'

const TCP_RMEM_TO_WIN_SCALE = 8
const MAX_TCP_WINDOW = 32767
const U16_MAX = 65535
const TCP_MAX_WSCALE = 14

/** Answer of {@link tcpSelectInitialWindow}. */
export interface InitialWindow {
  readonly rcvWnd: number
  readonly wndClamp: number
  readonly rcvWscale: number
}

/** Octets of window in `space` octets of receive buffer (tcp_win_from_space). */
export const tcpWinFromSpace = (tp: TcpSock, space: number): number =>
  Math.floor((space * tp.scalingRatio) / (1 << TCP_RMEM_TO_WIN_SCALE))

/** Receive buffer for a window (tcp_space_from_win). */
export const tcpSpaceFromWin = (tp: TcpSock, win: number): number =>
  Math.floor((win * (1 << TCP_RMEM_TO_WIN_SCALE)) / tp.scalingRatio)

/** Free octets of the window (tcp_space). */
export const tcpSpace = (tp: TcpSock): number => tcpWinFromSpace(tp, tp.rcvbuf - tp.backlogLen - tp.rmemAlloc)

/** Window of the whole receive buffer (tcp_full_space). */
export const tcpFullSpace = (tp: TcpSock): number => tcpWinFromSpace(tp, tp.rcvbuf)

/** Window that the peer may still use (tcp_receive_window). */
export const tcpReceiveWindow = (tp: TcpSock): number => {
  return Math.max((tp.rcvWup + tp.rcvWnd - tp.rcvNxt) | 0, 0)
}

const alignUp = (n: number, unit: number): number => Math.ceil(n / unit) * unit
const alignDown = (n: number, unit: number): number => Math.floor(n / unit) * unit

/** First window, its clamp and the scale (tcp_select_initial_window). `space` is tcp_full_space. */
export const tcpSelectInitialWindow = (
  tp: TcpSock,
  space: number,
  mss: number,
  wndClamp: number,
  wscaleOk: boolean,
  initRcvWnd: number,
): InitialWindow => {
  const { sysctls } = netnsTcp(tp.netns)
  const clamp = wndClamp === 0 ? U16_MAX << TCP_MAX_WSCALE : wndClamp
  let room = Math.min(clamp, Math.max(space, 0))
  if (room > mss) room = alignDown(room, mss)
  let rcvWnd = sysctls.workaroundSignedWindows !== 0 ? Math.min(room, MAX_TCP_WINDOW) : room
  if (initRcvWnd !== 0) rcvWnd = Math.min(rcvWnd, initRcvWnd * mss)
  let rcvWscale = 0
  if (wscaleOk) {
    const most = Math.min(Math.max(room, sysctls.rmemMax, tp.netns.world.profile.rmemMax), clamp)
    rcvWscale = Math.min(Math.max(31 - Math.clz32(most) - 15, 0), TCP_MAX_WSCALE)
  }
  return { rcvWnd, wndClamp: Math.min(U16_MAX * 2 ** rcvWscale, clamp), rcvWscale }
}

/** Free space at which the window is closed rather than opened by less than a segment. */
const isTooLittle = (free: number, allowed: number, mss: number): boolean => free < allowed >> 4 || free < mss

/** Window to advertise in octets, unscaled (__tcp_select_window). */
export const tcpSelectWindowRaw = (tp: TcpSock): number => {
  let mss = tp.ack.rcvMss
  let free = tcpSpace(tp)
  const allowed = tcpFullSpace(tp)
  const full = Math.min(tp.windowClamp, allowed)
  if (mss > full) {
    mss = full
    if (mss <= 0) return 0
  }
  const scale = tp.rxOpt.rcvWscale
  if (scale !== 0 && netnsTcp(tp.netns).sysctls.shrinkWindow !== 0) return shrinkingWindow(tp, free, full, allowed, mss)
  if (free < full >> 1) {
    tp.ack.quick = 0
    free = alignDown(free, 1 << scale)
    if (isTooLittle(free, allowed, mss)) return 0
  }
  if (free > tp.rcvSsthresh) free = tp.rcvSsthresh
  // What is scaled does not line up with segments anyway; it is rounded up so that nothing is scaled away.
  if (scale !== 0) return alignUp(free, 1 << scale)
  const window = tp.rcvWnd
  if (window <= free - mss || window > free) return alignDown(free, mss)
  return mss === full && free > window + (full >> 1) ? free : window
}

/** The same where windows may shrink (tcp_shrink_window). */
const shrinkingWindow = (tp: TcpSock, space: number, full: number, allowed: number, mss: number): number => {
  const unit = 1 << tp.rxOpt.rcvWscale
  const free = alignDown(space, unit)
  if (free < full >> 1) {
    tp.ack.quick = 0
    if (isTooLittle(free, allowed, mss) || free < unit) return 0
  }
  return free > tp.rcvSsthresh ? alignUp(tp.rcvSsthresh, unit) : free
}

/** Window field of the next segment; updates rcvWnd and rcvWup (tcp_select_window). */
export const tcpSelectWindow = (tp: TcpSock): number => {
  const { sysctls, mib } = netnsTcp(tp.netns)
  const old = tp.rcvWnd
  if (tp.ack.pending & ICSK_ACK_NOMEM) {
    tp.predFlags = 0
    tp.rcvWnd = 0
    tp.rcvWup = tp.rcvNxt
    return 0
  }
  const scale = tp.rxOpt.rcvWscale
  const current = tcpReceiveWindow(tp)
  let win = tcpSelectWindowRaw(tp)
  if (win < current && (sysctls.shrinkWindow === 0 || scale === 0)) {
    // What was offered is not taken back.
    if (win === 0) mib.TCPWantZeroWindowAdv++
    win = alignUp(current, 1 << scale)
  }
  tp.rcvWnd = win
  tp.rcvWup = tp.rcvNxt
  const most = scale === 0 && sysctls.workaroundSignedWindows !== 0 ? MAX_TCP_WINDOW : U16_MAX * 2 ** scale
  const field = Math.floor(Math.min(win, most) / 2 ** scale)
  if (field === 0) {
    tp.predFlags = 0
    if (old !== 0) mib.TCPToZeroWindowAdv++
  } else if (old === 0) mib.TCPFromZeroWindowAdv++
  return field
}
