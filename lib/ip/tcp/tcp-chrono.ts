/**
 * What keeps a sender from sending faster, and for how long: TCP_INFO's busy_time, rwnd_limited and sndbuf_limited.
 *
 * @see net/ipv4/tcp_output.c tcp_chrono_start, tcp_chrono_stop
 */
import type { TcpSock } from './tcp-sock.js'
import { tcpJiffies } from './tcp-time.js'

/** Nothing; data is waiting or in flight; the peer's window; the send buffer. The higher one counts. */
export const TCP_CHRONO_UNSPEC = 0
export const TCP_CHRONO_BUSY = 1
export const TCP_CHRONO_RWND_LIMITED = 2
export const TCP_CHRONO_SNDBUF_LIMITED = 3

const chronoSet = (tp: TcpSock, type: number): void => {
  const now = tcpJiffies(tp.netns)
  const old = tp.chronoType
  if (old > TCP_CHRONO_UNSPEC) tp.chronoStat[old - 1]! += now - tp.chronoStartJiffies
  tp.chronoStartJiffies = now
  tp.chronoType = type
}

/** A condition begins (tcp_chrono_start). */
export const tcpChronoStart = (tp: TcpSock, type: number): void => {
  if (type > tp.chronoType) chronoSet(tp, type)
}

/** A condition ends (tcp_chrono_stop). */
export const tcpChronoStop = (tp: TcpSock, type: number): void => {
  if (tp.rtxQueue.head === null && tp.writeQueue.head === null) {
    if (tp.chronoType !== TCP_CHRONO_UNSPEC) chronoSet(tp, TCP_CHRONO_UNSPEC)
  } else if (type === tp.chronoType) chronoSet(tp, TCP_CHRONO_BUSY)
}
