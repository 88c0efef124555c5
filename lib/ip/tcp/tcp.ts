/**
 * The system calls of a TCP socket.
 *
 * @see net/ipv4/tcp.c
 */
import type { Netns } from '../../core/netns.js'
import type { TcpSock } from './tcp-sock.js'

/** TCP_INFO under the kernel's names. */
export interface TcpInfo {
  readonly state: number
}


/** A new socket of `netns` (socket(AF_INET, SOCK_STREAM)). */
export const tcpSocket = (_netns: Netns): TcpSock => {
  throw new Error('tcpSocket is being written')
}

/** State of a new or reused socket (tcp_init_sock). */
export const tcpInitSock = (_tp: TcpSock): void => {
  throw new Error('tcpInitSock is being written')
}

/** Writes `data[from..to)`: octets taken, -EAGAIN, -EPIPE, or minus the pending error (tcp_sendmsg). */
export const tcpSendmsg = (_tp: TcpSock, _data: Uint8Array, _from = 0, _to: number = _data.length): number => {
  throw new Error('tcpSendmsg is being written')
}

/** Reads: octets, 0 at the end of the stream, -EAGAIN, -ENOTCONN or minus the pending error (tcp_recvmsg). MSG_OOB 1, MSG_PEEK 2. */
export const tcpRecvmsg = (_tp: TcpSock, _into: Uint8Array, _flags = 0): number => {
  throw new Error('tcpRecvmsg is being written')
}

/** Acknowledges when what was read calls for it (tcp_cleanup_rbuf). */
export const tcpCleanupRbuf = (_tp: TcpSock, _copied: number): void => {
  throw new Error('tcpCleanupRbuf is being written')
}

/** Ends reading (0), writing (1) or both (2): 0 or -ENOTCONN (shutdown(2)). */
export const tcpShutdown = (_tp: TcpSock, _how: 0 | 1 | 2): number => {
  throw new Error('tcpShutdown is being written')
}

/** Closes: the kernel finishes what is left (close(2)). */
export const tcpClose = (_tp: TcpSock): void => {
  throw new Error('tcpClose is being written')
}

/** Closes at once with a RST (SO_LINGER 0). */
export const tcpAbort = (_tp: TcpSock): void => {
  throw new Error('tcpAbort is being written')
}

/** Ends the connection, the socket can be used again (tcp_disconnect). */
export const tcpDisconnect = (_tp: TcpSock): number => {
  throw new Error('tcpDisconnect is being written')
}

/** Changes the state, with counters and the port's release (tcp_set_state). */
export const tcpSetState = (_tp: TcpSock, _state: number): void => {
  throw new Error('tcpSetState is being written')
}

/** The connection is over: closed, waiters woken, an orphan destroyed (tcp_done). */
export const tcpDone = (_tp: TcpSock): void => {
  throw new Error('tcpDone is being written')
}

/** Drops the write and retransmission queues (tcp_write_queue_purge). */
export const tcpWriteQueuePurge = (_tp: TcpSock): void => {
  throw new Error('tcpWriteQueuePurge is being written')
}

/** Destroys an orphan (inet_csk_destroy_sock). */
export const inetCskDestroySock = (_tp: TcpSock): void => {
  throw new Error('inetCskDestroySock is being written')
}

/** Events: EPOLLIN 1, EPOLLOUT 4, EPOLLERR 8, EPOLLHUP 16, EPOLLRDHUP 0x2000 (tcp_poll). */
export const tcpPoll = (_tp: TcpSock): number => {
  throw new Error('tcpPoll is being written')
}

/** Wakes a writer when there is room again (sk_stream_write_space, tcp_check_space calls it). */
export const skStreamWriteSpace = (_tp: TcpSock): void => {
  throw new Error('skStreamWriteSpace is being written')
}

/** TCP_INFO. */
export const tcpInfo = (_tp: TcpSock): TcpInfo => {
  throw new Error('tcpInfo is being written')
}

/** State for a user's eyes, TIME_WAIT etc: moves on after close: the next state, true when a FIN must be sent (tcp_close_state). */
export const tcpCloseState = (_tp: TcpSock): boolean => {
  throw new Error('tcpCloseState is being written')
}
