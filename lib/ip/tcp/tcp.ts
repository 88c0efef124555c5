/**
 * The system calls of a TCP socket: a door to what the files beside it do.
 *
 * @see net/ipv4/tcp.c
 */
import type { Netns } from '../../core/netns.js'
import { netnsTcp } from './netns-tcp.js'
import { tcpInitSock } from './tcp-init-sock.js'
import { tcpTsqHandler } from './tcp-output-tsq.js'
import { tcpNetnsExit } from './tcp-close.js'
import { tcpInitXmitTimers } from './tcp-timer-handlers.js'
import { tcpReceiveWindow } from './tcp-output-window.js'
import { TCP_URG_VALID } from './tcp-states.js'
import { skStreamIsWriteable } from './tcp-sndbuf.js'
import { TcpSock, type TcpSockHooks } from './tcp-sock.js'
import {
  RCV_SHUTDOWN,
  SEND_SHUTDOWN,
  SHUTDOWN_MASK,
  TCP_CLOSE,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
} from './tcp-states.js'

export { tcpAbort, tcpClose, tcpDisconnect, tcpShutdown } from './tcp-close.js'
export { tcpCloseState } from './tcp-close-state.js'
export { tcpInitSock } from './tcp-init-sock.js'
export { inetCskDestroySock, tcpDone, tcpDoneWithError, tcpSetState, tcpWriteErr } from './tcp-done.js'
export { type TcpInfo, tcpGetInfo as tcpInfo } from './tcp-info.js'
export { tcpWriteQueuePurge } from './tcp-queues.js'
export { tcpCleanupRbuf, tcpRecvmsg } from './tcp-recvmsg.js'
export { tcpSendmsg } from './tcp-sendmsg.js'
export { skStreamWriteSpace } from './tcp-sndbuf.js'

/** Events of {@link tcpPoll}. */
export const EPOLLIN = 0x001
export const EPOLLPRI = 0x002
export const EPOLLOUT = 0x004
export const EPOLLERR = 0x008
export const EPOLLHUP = 0x010
export const EPOLLRDHUP = 0x2000

/** What a socket calls by itself. */
const HOOKS: TcpSockHooks = { tsq: tcpTsqHandler, destroy: tcpNetnsExit }

/** A new socket of `netns` (socket(AF_INET, SOCK_STREAM)). */
export const tcpSocket = (netns: Netns): TcpSock => {
  const tp = new TcpSock(netns, netnsTcp(netns).rings)
  tcpInitXmitTimers(tp)
  tp.hooks = HOOKS
  tcpInitSock(tp)
  return tp
}

/** Enough can be read (tcp_epollin_ready). */
const isReadable = (tp: TcpSock, target: number): boolean => {
  const available = (tp.rcvNxt - tp.copiedSeq) | 0
  if (available <= 0) return false
  return available >= target || tcpReceiveWindow(tp) <= tp.ack.rcvMss
}

const pollConnected = (tp: TcpSock): number => {
  let mask = 0
  const isAtUrgent = tp.urgData !== 0 && tp.urgSeq === tp.copiedSeq && !tp.oobInline
  if (isReadable(tp, tp.rcvlowat + (isAtUrgent ? 1 : 0))) mask |= EPOLLIN
  if (tp.shutdown & SEND_SHUTDOWN || skStreamIsWriteable(tp)) mask |= EPOLLOUT
  else tp.nospace = true
  if (tp.urgData & TCP_URG_VALID) mask |= EPOLLPRI
  return mask
}

/** Events: EPOLLIN, EPOLLPRI, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLRDHUP (tcp_poll). */
export const tcpPoll = (tp: TcpSock): number => {
  const { state } = tp
  if (state === TCP_LISTEN) return tp.listener !== null && tp.listener.acceptQueue.length > 0 ? EPOLLIN : 0
  let mask = 0
  if (tp.shutdown === SHUTDOWN_MASK || state === TCP_CLOSE) mask |= EPOLLHUP
  if (tp.shutdown & RCV_SHUTDOWN) mask |= EPOLLIN | EPOLLRDHUP
  if (state !== TCP_SYN_SENT && state !== TCP_SYN_RECV) mask |= pollConnected(tp)
  return tp.hasError || tp.hasQueuedErrors ? mask | EPOLLERR : mask
}
