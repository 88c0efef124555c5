/**
 * From a connection to its TIME_WAIT, and what that answers.
 *
 * @see net/ipv4/tcp_minisocks.c tcp_time_wait, net/ipv4/inet_timewait_sock.c
 */
import type { TcpSock } from './tcp-sock.js'

/** Lets a TIME_WAIT sock stand for a connection from now on; ends the socket with tcpDone (tcp_time_wait). `state`: TCP_TIME_WAIT or TCP_FIN_WAIT2. */
export const tcpTimeWait = (_tp: TcpSock, _state: number, _timeoJiffies: number): void => {
  throw new Error('being written')
}
