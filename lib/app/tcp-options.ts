/**
 * Options of TCP sockets as users name them.
 *
 * @see tcp(7), socket(7), ip(7)
 */
import type { TcpSock } from '../ip/tcp/tcp-sock.js'
import type { PmtuDisc } from '../ip/sock.js'
import {
  tcpSetCongestion,
  tcpSetCork,
  tcpSetDeferAccept,
  tcpSetKeepalive,
  tcpSetKeepaliveTimes,
  tcpSetLinger,
  tcpSetLinger2,
  tcpSetMss,
  tcpSetNodelay,
  tcpSetNotsentLowat,
  tcpSetQuickack,
  tcpSetRcvbuf,
  tcpSetRcvlowat,
  tcpSetSndbuf,
  tcpSetSynRetries,
  tcpSetTos,
  tcpSetUserTimeout,
  tcpSetWindowClamp,
} from '../ip/tcp/tcp-sockopt.js'
import { type DeviceRef, deviceOf } from './endpoint.js'

/** Options of a TCP socket; each can also be set later with `socket.set`. */
export interface TcpSocketOptions {
  /** Time to live of what is sent (IP_TTL); the namespace's default when absent. */
  readonly ttl?: number
  /** Drop segments whose time to live is smaller (IP_MINTTL). */
  readonly minTtl?: number
  /** Type of service (IP_TOS); its two ECN bits belong to TCP. */
  readonly tos?: number
  /** Mark of what is sent, which rules may look at (SO_MARK). */
  readonly mark?: number
  /** Only use this device (SO_BINDTODEVICE). */
  readonly dev?: DeviceRef
  /** Path MTU discovery (IP_MTU_DISCOVER). */
  readonly pmtuDisc?: PmtuDisc
  /** SO_REUSEADDR and SO_REUSEPORT. */
  readonly reuseAddr?: boolean
  readonly reusePort?: boolean
  /** Receive buffer in octets (SO_RCVBUF): the kernel doubles it, and no longer tunes it. */
  readonly rcvbuf?: number
  /** Send buffer in octets (SO_SNDBUF): the kernel doubles it, and no longer tunes it. */
  readonly sndbuf?: number
  /** Wake the program when this many octets can be read (SO_RCVLOWAT); 1. */
  readonly rcvlowat?: number
  /** Send small segments at once (TCP_NODELAY); false, which is Nagle's algorithm. */
  readonly nodelay?: boolean
  /** Send full segments only, up to 200 ms (TCP_CORK). */
  readonly cork?: boolean
  /** Acknowledge at once (TCP_QUICKACK); the kernel leaves this mode by itself. */
  readonly quickack?: boolean
  /** Probe a silent peer (SO_KEEPALIVE). */
  readonly keepalive?: boolean
  /** Seconds of silence before the first probe, between probes, and how many there are (TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT). */
  readonly keepaliveTime?: number
  readonly keepaliveIntvl?: number
  readonly keepaliveProbes?: number
  /** Seconds that closing waits for what is unsent (SO_LINGER); 0: closing resets the connection; null: off. */
  readonly linger?: number | null
  /** Seconds in FIN_WAIT2 after closing (TCP_LINGER2); 0: as net.ipv4.tcp_fin_timeout; less than 0: none, the connection is reset. */
  readonly linger2?: number
  /** Milliseconds that sent data may stay without acknowledgement (TCP_USER_TIMEOUT); 0: the system's limit. */
  readonly userTimeoutMs?: number
  /** How often a SYN is repeated (TCP_SYNCNT). */
  readonly synRetries?: number
  /** Largest segment in octets (TCP_MAXSEG). */
  readonly mss?: number
  /** Congestion control (TCP_CONGESTION): `cubic` or `reno`. */
  readonly congestion?: string
  /** Upper bound of the advertised window in octets (TCP_WINDOW_CLAMP). */
  readonly windowClamp?: number
  /** Take data to send only while less than this many octets are not sent yet (TCP_NOTSENT_LOWAT). */
  readonly notsentLowat?: number
  /** A listener's connections wait this many seconds for their first data (TCP_DEFER_ACCEPT). */
  readonly deferAccept?: number
}

type Apply<T> = (tp: TcpSock, value: T) => void

/** How each option is set. Throws EINVAL and ENOENT as setsockopt(2) does. */
const APPLY: { readonly [K in keyof TcpSocketOptions]-?: Apply<Exclude<TcpSocketOptions[K], undefined>> } = {
  ttl: (tp, value) => {
    tp.ttl = value
  },
  minTtl: (tp, value) => {
    tp.minTtl = value
  },
  tos: tcpSetTos,
  mark: (tp, value) => {
    tp.mark = value | 0
  },
  dev: (tp, value) => {
    tp.boundDev = deviceOf(tp.netns, value)
  },
  pmtuDisc: (tp, value) => {
    tp.pmtuDisc = value
  },
  reuseAddr: (tp, value) => {
    tp.reuseAddr = value
  },
  reusePort: (tp, value) => {
    tp.reusePort = value
  },
  rcvbuf: tcpSetRcvbuf,
  sndbuf: tcpSetSndbuf,
  rcvlowat: tcpSetRcvlowat,
  nodelay: tcpSetNodelay,
  cork: tcpSetCork,
  quickack: tcpSetQuickack,
  keepaliveTime: (tp, value) => tcpSetKeepaliveTimes(tp, 'time', value),
  keepaliveIntvl: (tp, value) => tcpSetKeepaliveTimes(tp, 'intvl', value),
  keepaliveProbes: (tp, value) => tcpSetKeepaliveTimes(tp, 'probes', value),
  keepalive: tcpSetKeepalive,
  linger: tcpSetLinger,
  linger2: tcpSetLinger2,
  userTimeoutMs: tcpSetUserTimeout,
  synRetries: tcpSetSynRetries,
  mss: tcpSetMss,
  congestion: tcpSetCongestion,
  windowClamp: tcpSetWindowClamp,
  notsentLowat: tcpSetNotsentLowat,
  deferAccept: tcpSetDeferAccept,
}

/** @internal names of the options */
export const TCP_SOCKET_OPTIONS: readonly string[] = Object.keys(APPLY)

/** @internal sets options of a socket, in the order of the table */
export const setTcpOptions = (tp: TcpSock, options: TcpSocketOptions): void => {
  for (const [name, apply] of Object.entries(APPLY)) {
    const value = (options as Readonly<Record<string, unknown>>)[name]
    if (value !== undefined) (apply as Apply<unknown>)(tp, value)
  }
}
