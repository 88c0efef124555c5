/**
 * The end of sending.
 *
 * @see net/ipv4/tcp.c tcp_close_state, tcp_shutdown
 */
import { tcpSetState } from './tcp-done.js'
import { tcpSendFin } from './tcp-output-ctl.js'
import type { TcpSock } from './tcp-sock.js'
import {
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_SYN_RECV,
  TCPF_CLOSE_WAIT,
  TCPF_ESTABLISHED,
  TCPF_SYN_SENT,
} from './tcp-states.js'

/** The state that closing leads to (new_state); only from the first three a FIN is sent. */
const nextState = (state: number): number => {
  if (state === TCP_ESTABLISHED || state === TCP_SYN_RECV) return TCP_FIN_WAIT1
  if (state === TCP_CLOSE_WAIT) return TCP_LAST_ACK
  const stays = state === TCP_FIN_WAIT1 || state === TCP_FIN_WAIT2 || state === TCP_LAST_ACK || state === TCP_CLOSING
  return stays ? state : TCP_CLOSE
}

/** Moves to the state that closing leads to; true when a FIN must be sent (tcp_close_state). */
export const tcpCloseState = (tp: TcpSock): boolean => {
  const { state } = tp
  const sendsFin = state === TCP_ESTABLISHED || state === TCP_SYN_RECV || state === TCP_CLOSE_WAIT
  tcpSetState(tp, nextState(state))
  return sendsFin
}

const SHUTS_DOWN: number = TCPF_ESTABLISHED | TCPF_SYN_SENT | TCPF_CLOSE_WAIT

/** Sends a FIN where the state calls for one (tcp_shutdown with SEND_SHUTDOWN). */
export const tcpSendShutdown = (tp: TcpSock): void => {
  if ((1 << tp.state) & SHUTS_DOWN && tcpCloseState(tp)) tcpSendFin(tp)
}
