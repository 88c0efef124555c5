/**
 * What a listening socket has besides: requests, and connections that wait to be accepted (struct request_sock_queue).
 *
 * @see include/net/request_sock.h, net/ipv4/inet_connection_sock.c
 */
import { netnsTcp } from './netns-tcp.js'
import type { TcpRequestSock } from './request-sock.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_LISTEN } from './tcp-states.js'

/** The queues of a listening socket. */
export class TcpListener {
  /** Connections that wait, the oldest first (rskq_accept_head). */
  readonly acceptQueue: TcpSock[] = []
  /** Longest queue (sk_max_ack_backlog). */
  maxAckBacklog = 0
  /** Requests, and those of them that no SYN,ACK has been repeated for. */
  qlen = 0
  young = 0
  /** TCP_DEFER_ACCEPT as timeouts of SYN,ACKs, 0 for off. */
  rskqDeferAccept = 0
  /** Tick of the last SYN for which there was no room, which lets cookies be believed (tcp_synq_overflow). */
  synqOverflowJiffies: number = Number.NEGATIVE_INFINITY
  /** A flood of SYNs was noticed (synflood_warned). */
  synfloodWarned = false

  /** Connections that wait to be accepted (sk_ack_backlog). */
  get ackBacklog(): number {
    return this.acceptQueue.length
  }

  /** No further connection may wait (sk_acceptq_is_full). */
  get isAcceptqFull(): boolean {
    return this.acceptQueue.length > this.maxAckBacklog
  }

  /** No further request may wait (inet_csk_reqsk_queue_is_full). */
  get isReqskQueueFull(): boolean {
    return this.qlen > this.maxAckBacklog
  }

  /** A request is no longer one (reqsk_queue_removed). */
  removed(req: TcpRequestSock): void {
    if (req.numTimeout === 0) this.young--
    this.qlen--
  }
}

/** A segment could not be served (tcp_listendrop). */
export const tcpListendrop = (tp: TcpSock): void => {
  tp.drops++
  netnsTcp(tp.netns).mib.ListenDrops++
}

/** Stops the timer of a request. */
export const reqskStopTimer = (req: TcpRequestSock): void => {
  if (req.timer === null) return
  req.listener.netns.world.sim.cancel(req.timer)
  req.timer = null
}

/** Gives a request up; true when it was there (inet_csk_reqsk_queue_drop). */
export const inetCskReqskQueueDrop = (req: TcpRequestSock): boolean => {
  const unlinked = req.hashed && netnsTcp(req.listener.netns).hashinfo.ehash.remove(req)
  req.hashed = false
  reqskStopTimer(req)
  if (unlinked) req.listener.listener?.removed(req)
  return unlinked
}

/** Lets a connection wait to be accepted; false when nobody listens any more (inet_csk_reqsk_queue_add). */
export const inetCskReqskQueueAdd = (parent: TcpSock, child: TcpSock): boolean => {
  if (parent.state !== TCP_LISTEN) return false
  child.parent = parent
  parent.listener!.acceptQueue.push(child)
  return true
}

/** The connection that has waited longest, or null (reqsk_queue_remove). */
export const reqskQueueRemove = (parent: TcpSock): TcpSock | null => {
  const child = parent.listener?.acceptQueue.shift() ?? null
  if (child !== null) child.parent = null
  return child
}

/**
 * Ends what a socket that stops listening has not handed out (inet_csk_listen_stop). `forget` ends such a connection with
 * a reset, if it is to get one (tcp_disconnect), and frees it.
 */
export const inetCskListenStop = (tp: TcpSock, forget: (child: TcpSock) => void): void => {
  for (let child = reqskQueueRemove(tp); child !== null; child = reqskQueueRemove(tp)) forget(child)
}
