/**
 * The lock of a socket: a program is in a system call, and what arrives meanwhile waits in the backlog.
 *
 * @see net/core/sock.c lock_sock, release_sock, net/ipv4/tcp_output.c tcp_release_cb
 */
import { inetCskAckScheduled } from './tcp-ack-state.js'
import { tcpV4DoRcv, tcpV4MtuReduced } from './tcp-ipv4.js'
import { tcpSendAck } from './tcp-output-ctl.js'
import { tcpTsqWrite } from './tcp-output-tsq.js'
import {
  TCP_ACK_DEFERRED,
  TCP_DELACK_TIMER_DEFERRED,
  TCP_MTU_REDUCED_DEFERRED,
  TCP_TSQ_DEFERRED,
  TCP_WRITE_TIMER_DEFERRED,
  type TcpSock,
} from './tcp-sock.js'
import { tcpDelackTimerHandler, tcpWriteTimerHandler } from './tcp-timer-handlers.js'

const DEFERRED_ALL: number =
  TCP_TSQ_DEFERRED | TCP_WRITE_TIMER_DEFERRED | TCP_DELACK_TIMER_DEFERRED | TCP_MTU_REDUCED_DEFERRED | TCP_ACK_DEFERRED

/** Takes the lock (lock_sock). */
export const lockSock = (tp: TcpSock): void => {
  tp.ownedByUser = true
}

/** Does what timers and queues have left while the lock was held (tcp_release_cb). */
const releaseCb = (tp: TcpSock): void => {
  const flags = tp.deferred
  if ((flags & DEFERRED_ALL) === 0) return
  tp.deferred &= ~DEFERRED_ALL
  if (flags & TCP_TSQ_DEFERRED) tcpTsqWrite(tp)
  if (flags & TCP_WRITE_TIMER_DEFERRED) tcpWriteTimerHandler(tp)
  if (flags & TCP_DELACK_TIMER_DEFERRED) tcpDelackTimerHandler(tp)
  if (flags & TCP_MTU_REDUCED_DEFERRED) tcpV4MtuReduced(tp)
  if (flags & TCP_ACK_DEFERRED && inetCskAckScheduled(tp)) tcpSendAck(tp)
}

/** Handles what has arrived while the lock is held, without letting go (__release_sock, sk_flush_backlog). */
export const flushBacklog = (tp: TcpSock): void => {
  const { backlog } = tp
  while (backlog.length > 0) {
    // A segment may end the socket, which drops what still waits: what is being handled waits no longer.
    for (const skb of backlog.splice(0)) tcpV4DoRcv(tp, skb)
  }
  tp.backlogLen = 0
}

/** Handles what has arrived and what timers have left, and lets go (release_sock). */
export const releaseSock = (tp: TcpSock): void => {
  if (tp.backlog.length > 0) flushBacklog(tp)
  if ((tp.deferred & DEFERRED_ALL) === 0) {
    tp.ownedByUser = false
    return
  }
  const { sim } = tp.netns.world
  sim.bhDisable()
  releaseCb(tp)
  tp.ownedByUser = false
  sim.bhEnable()
}
