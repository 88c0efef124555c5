/**
 * The system calls that make connections.
 *
 * @see net/ipv4/inet_connection_sock.c, net/ipv4/af_inet.c
 */
import type { TcpSock } from './tcp-sock.js'

/** bind(2). Throws EADDRINUSE, EADDRNOTAVAIL, EINVAL. */
export const tcpBind = (_tp: TcpSock, _to: { address?: number; port?: number } = {}): void => {
  throw new Error('being written')
}

/** listen(2); also changes the backlog of a listening socket. Throws EINVAL, EADDRINUSE. */
export const tcpListen = (_tp: TcpSock, _backlog: number): void => {
  throw new Error('being written')
}

/** The next connection that waits, or null (accept(2)). Throws EINVAL when it does not listen. */
export const tcpAccept = (_tp: TcpSock): TcpSock | null => {
  throw new Error('being written')
}

/** connect(2): 0 when made at once, -EINPROGRESS, or another negative errno. */
export const tcpConnect = (_tp: TcpSock, _address: number, _port: number): number => {
  throw new Error('being written')
}
