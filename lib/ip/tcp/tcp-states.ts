/**
 * States of a TCP connection and of its congestion control.
 *
 * @see include/net/tcp_states.h, include/uapi/linux/tcp.h
 */

export const TCP_ESTABLISHED = 1
export const TCP_SYN_SENT = 2
export const TCP_SYN_RECV = 3
export const TCP_FIN_WAIT1 = 4
export const TCP_FIN_WAIT2 = 5
export const TCP_TIME_WAIT = 6
export const TCP_CLOSE = 7
export const TCP_CLOSE_WAIT = 8
export const TCP_LAST_ACK = 9
export const TCP_LISTEN = 10
export const TCP_CLOSING = 11
export const TCP_NEW_SYN_RECV = 12

export const TCPF_ESTABLISHED: number = 1 << TCP_ESTABLISHED
export const TCPF_SYN_SENT: number = 1 << TCP_SYN_SENT
export const TCPF_SYN_RECV: number = 1 << TCP_SYN_RECV
export const TCPF_FIN_WAIT1: number = 1 << TCP_FIN_WAIT1
export const TCPF_FIN_WAIT2: number = 1 << TCP_FIN_WAIT2
export const TCPF_TIME_WAIT: number = 1 << TCP_TIME_WAIT
export const TCPF_CLOSE: number = 1 << TCP_CLOSE
export const TCPF_CLOSE_WAIT: number = 1 << TCP_CLOSE_WAIT
export const TCPF_LAST_ACK: number = 1 << TCP_LAST_ACK
export const TCPF_LISTEN: number = 1 << TCP_LISTEN
export const TCPF_CLOSING: number = 1 << TCP_CLOSING

/** Nothing is wrong; duplicates are counted; the window was reduced for ECN; retransmitting; after a timeout. */
export const TCP_CA_OPEN = 0
export const TCP_CA_DISORDER = 1
export const TCP_CA_CWR = 2
export const TCP_CA_RECOVERY = 3
export const TCP_CA_LOSS = 4

export const RCV_SHUTDOWN = 1
export const SEND_SHUTDOWN = 2
export const SHUTDOWN_MASK = 3

/** Bits of `tp.urgData`: announced but not here, an octet is here, it was read. */
export const TCP_URG_VALID = 0x0100
export const TCP_URG_NOTYET = 0x0200
export const TCP_URG_READ = 0x0400
