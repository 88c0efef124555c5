/**
 * The receive buffer and the window that it allows: first sizes, growth, tuning.
 *
 * @see net/ipv4/tcp_input.c tcp_grow_window, tcp_init_buffer_space, tcp_rcv_space_adjust
 */
import type { TcpSock } from './tcp-sock.js'

/** First estimate of the peer's MSS (tcp_initialize_rcv_mss). */
export const tcpInitializeRcvMss = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** Sizes of buffers when a connection is made (tcp_init_buffer_space). */
export const tcpInitBufferSpace = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** The program has read: the buffer follows the rate (tcp_rcv_space_adjust). */
export const tcpRcvSpaceAdjust = (_tp: TcpSock): void => {
  throw new Error('being written')
}
