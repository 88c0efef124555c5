/**
 * What an acknowledgement allows besides: sending, waking writers, acknowledging.
 *
 * @see net/ipv4/tcp_input.c tcp_check_space, tcp_data_snd_check, __tcp_ack_snd_check
 */
import type { TcpSock } from './tcp-sock.js'

/** Wakes a writer when there is room again (tcp_check_space). */
export const tcpCheckSpace = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** The send buffer should grow (tcp_should_expand_sndbuf, tcp_sndbuf_expand). */
export const tcpSndbufExpand = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** Sends what may be sent now, and wakes writers (tcp_data_snd_check). */
export const tcpDataSndCheck = (_tp: TcpSock): void => {
  throw new Error('being written')
}
