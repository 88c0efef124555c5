/**
 * The lock of a socket: a program is in a system call, and what arrives meanwhile waits in the backlog.
 *
 * @see net/core/sock.c lock_sock, release_sock, net/ipv4/tcp_output.c tcp_release_cb
 */
import type { TcpSock } from './tcp-sock.js'


/** Takes the lock (lock_sock). */
export const lockSock = (_tp: TcpSock): void => {
  throw new Error('lockSock is being written')
}

/** Handles what has arrived and what timers have left, and lets go (release_sock). */
export const releaseSock = (_tp: TcpSock): void => {
  throw new Error('releaseSock is being written')
}
