/**
 * The end of a connection: its state, and what a socket that nobody holds any more lets go of.
 *
 * @see net/ipv4/tcp.c tcp_set_state, tcp_done, net/ipv4/inet_connection_sock.c inet_csk_destroy_sock
 */
import { DROP } from '../../core/drop.js'
import { kfreeSkb } from '../../core/skb.js'
import { errnoNumber } from '../../errors.js'
import { inetPutPort, inetUnhash } from './inet-hashtables.js'
import { netnsTcp } from './netns-tcp.js'
import { tcpCleanupCongestionControl } from './tcp-cong.js'
import { oooQueuePurge, rcvQueuePurge, tcpWriteQueuePurge } from './tcp-queues.js'
import type { TcpSock } from './tcp-sock.js'
import { SHUTDOWN_MASK, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_ESTABLISHED, TCP_SYN_RECV, TCP_SYN_SENT } from './tcp-states.js'
import { tcpClearXmitTimers } from './tcp-timers.js'

const ETIMEDOUT = errnoNumber('ETIMEDOUT')

/** Changes the state, with the counters; a closed socket leaves the tables and lets its port go (tcp_set_state). */
export const tcpSetState = (tp: TcpSock, state: number): void => {
  const { mib } = netnsTcp(tp.netns)
  const old = tp.state
  const wasOpen = old === TCP_ESTABLISHED || old === TCP_CLOSE_WAIT
  if (state === TCP_ESTABLISHED) {
    if (old !== TCP_ESTABLISHED) mib.TcpCurrEstab++
  } else if (state === TCP_CLOSE_WAIT) {
    if (old === TCP_SYN_RECV) mib.TcpCurrEstab++
  } else {
    if (state === TCP_CLOSE) {
      if (wasOpen) mib.TcpEstabResets++
      inetUnhash(tp)
      tp.lastPort = tp.localPort
      if (tp.bindBucket !== null && !tp.bindPortLocked) inetPutPort(tp)
    }
    if (wasOpen) mib.TcpCurrEstab--
  }
  tp.state = state
}

/** The program hears of a new state (sk_state_change). */
export const skStateChange = (tp: TcpSock): void => {
  tp.wakeRead()
  tp.wakeWrite()
}

/** The connection is over: closed, waiters woken, an orphan destroyed (tcp_done). */
export const tcpDone = (tp: TcpSock): void => {
  if (tp.state === TCP_SYN_SENT || tp.state === TCP_SYN_RECV) netnsTcp(tp.netns).mib.TcpAttemptFails++
  tcpSetState(tp, TCP_CLOSE)
  tcpClearXmitTimers(tp)
  tp.shutdown = SHUTDOWN_MASK
  if (tp.dead) inetCskDestroySock(tp)
  else skStateChange(tp)
}

/** The connection failed: the program gets `errno` (tcp_done_with_error). */
export const tcpDoneWithError = (tp: TcpSock, errno: number): void => {
  tp.setError(errno)
  tcpWriteQueuePurge(tp)
  tcpDone(tp)
  if (!tp.dead) tp.wakeWrite()
}

/** The peer was given up (tcp_write_err). */
export const tcpWriteErr = (tp: TcpSock): void => {
  tcpDoneWithError(tp, tp.errSoft !== 0 ? tp.errSoft : ETIMEDOUT)
  netnsTcp(tp.netns).mib.TCPAbortOnTimeout++
}

/** Lets go of all that a closed socket holds, which nobody holds any more (inet_csk_destroy_sock, tcp_v4_destroy_sock). */
export const inetCskDestroySock = (tp: TcpSock): void => {
  if (tp.closed) return
  if (tp.dead) netnsTcp(tp.netns).orphanCount--
  tp.dead = true
  tcpClearXmitTimers(tp)
  tcpCleanupCongestionControl(tp)
  tcpWriteQueuePurge(tp)
  oooQueuePurge(tp)
  rcvQueuePurge(tp)
  for (const skb of tp.backlog) kfreeSkb(skb, DROP.QUEUE_PURGE)
  tp.backlog.length = 0
  tp.backlogLen = 0
  if (tp.bindBucket !== null) inetPutPort(tp)
  tp.onWritable = null
  tp.free()
}
