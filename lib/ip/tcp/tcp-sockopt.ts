/**
 * setsockopt(2) of a TCP socket.
 *
 * @see net/ipv4/tcp.c do_tcp_setsockopt, net/core/sock.c sk_setsockopt, net/ipv4/ip_sockglue.c __ip_sock_set_tos
 */
import { NetloomError } from '../../errors.js'
import { netnsTcp } from './netns-tcp.js'
import { lockSock, releaseSock } from './tcp-lock.js'
import { tcpCleanupRbuf } from './tcp.js'
import { tcpSetCongestionControl } from './tcp-cong.js'
import { inetCskAckScheduled, inetCskEnterPingpongMode, inetCskExitPingpongMode } from './tcp-output-ctl.js'
import { tcpSpaceFromWin } from './tcp-output-window.js'
import { tcpPushPendingFrames } from './tcp-output-xmit.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_CLOSE, TCPF_CLOSE, TCPF_CLOSE_WAIT, TCPF_ESTABLISHED, TCPF_LISTEN } from './tcp-states.js'
import {
  ICSK_ACK_PUSHED,
  TCP_RTO_MAX,
  TCP_TIMEOUT_INIT,
  tcpKeepaliveTimeElapsed,
  tcpResetKeepaliveTimer,
  tcpSetKeepalive as setKeepaliveTimer,
} from './tcp-timer.js'

/** Bits of `tp.nonagle`. */
export const TCP_NAGLE_OFF = 1
export const TCP_NAGLE_CORK = 2
export const TCP_NAGLE_PUSH = 4

const HZ = 250
const INT_MAX = 0x7fffffff
const SOCK_MIN_SNDBUF = 4608
const SOCK_MIN_RCVBUF = 2304
const TCP_MIN_MSS = 88
const MAX_TCP_WINDOW = 32767
const MAX_TCP_KEEPIDLE = 32767
const MAX_TCP_KEEPCNT = 127
const MAX_TCP_SYNCNT = 127
const TCP_FIN_TIMEOUT_MAX_SEC = 120
const INET_ECN_MASK = 3

/** Runs `fn` with the socket's lock, as every system call does. */
const locked = (tp: TcpSock, fn: () => void): void => {
  lockSock(tp)
  try {
    fn()
  } finally {
    releaseSock(tp)
  }
}

const inRange = (option: string, value: number, min: number, max: number): void => {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new NetloomError('EINVAL', `${option}: ${value} is not an integer of ${min} to ${max}`, { option, value })
}

/** TCP_NODELAY (__tcp_sock_set_nodelay). */
export const tcpSetNodelay = (tp: TcpSock, on: boolean): void =>
  locked(tp, () => {
    tp.nodelay = on
    if (!on) tp.nonagle &= ~TCP_NAGLE_OFF
    else {
      tp.nonagle |= TCP_NAGLE_OFF | TCP_NAGLE_PUSH
      tcpPushPendingFrames(tp)
    }
  })

/** TCP_CORK (__tcp_sock_set_cork). */
export const tcpSetCork = (tp: TcpSock, on: boolean): void =>
  locked(tp, () => {
    tp.cork = on
    if (on) {
      tp.nonagle |= TCP_NAGLE_CORK
      return
    }
    tp.nonagle &= ~TCP_NAGLE_CORK
    if (tp.nonagle & TCP_NAGLE_OFF) tp.nonagle |= TCP_NAGLE_PUSH
    tcpPushPendingFrames(tp)
  })

/** TCP_QUICKACK (__tcp_sock_set_quickack). */
export const tcpSetQuickack = (tp: TcpSock, on: boolean): void =>
  locked(tp, () => {
    if (!on) return inetCskEnterPingpongMode(tp)
    inetCskExitPingpongMode(tp)
    if (((1 << tp.state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) === 0 || !inetCskAckScheduled(tp)) return
    tp.ack.pending |= ICSK_ACK_PUSHED
    tcpCleanupRbuf(tp, 1)
  })

/** SO_KEEPALIVE (tcp_set_keepalive). */
export const tcpSetKeepalive = (tp: TcpSock, on: boolean): void =>
  locked(tp, () => {
    setKeepaliveTimer(tp, on)
    tp.keepalive = on
  })

/** TCP_KEEPIDLE, TCP_KEEPINTVL (seconds), TCP_KEEPCNT. Throws EINVAL. */
export const tcpSetKeepaliveTimes = (tp: TcpSock, what: 'time' | 'intvl' | 'probes', value: number): void => {
  inRange(`keepalive ${what}`, value, 1, what === 'probes' ? MAX_TCP_KEEPCNT : MAX_TCP_KEEPIDLE)
  locked(tp, () => {
    if (what === 'intvl') tp.keepaliveIntvl = value
    else if (what === 'probes') tp.keepaliveProbes = value
    else {
      tp.keepaliveTime = value
      if (!tp.keepalive || (1 << tp.state) & (TCPF_CLOSE | TCPF_LISTEN)) return
      tcpResetKeepaliveTimer(tp, Math.max(0, value * HZ - tcpKeepaliveTimeElapsed(tp)))
    }
  })
}

/** SO_LINGER: seconds, null for off. Throws EINVAL. */
export const tcpSetLinger = (tp: TcpSock, seconds: number | null): void => {
  if (seconds !== null) inRange('linger', seconds, 0, INT_MAX)
  tp.lingerSec = seconds ?? -1
}

/** TCP_LINGER2: seconds in FIN_WAIT2 once nobody holds the socket; 0 for net.ipv4.tcp_fin_timeout, less than 0 for none. Throws EINVAL. */
export const tcpSetLinger2 = (tp: TcpSock, seconds: number): void => {
  inRange('linger2', seconds, -INT_MAX, INT_MAX)
  tp.linger2Jiffies = seconds < 0 ? -1 : Math.min(seconds, TCP_FIN_TIMEOUT_MAX_SEC) * HZ
}

/** TCP_USER_TIMEOUT in milliseconds. Throws EINVAL. */
export const tcpSetUserTimeout = (tp: TcpSock, ms: number): void => {
  inRange('userTimeoutMs', ms, 0, INT_MAX)
  tp.userTimeoutMs = ms
}

/** TCP_SYNCNT. Throws EINVAL. */
export const tcpSetSynRetries = (tp: TcpSock, count: number): void => {
  inRange('synRetries', count, 1, MAX_TCP_SYNCNT)
  tp.synRetries = count
}

/** TCP_MAXSEG; 0 takes it back. Throws EINVAL. */
export const tcpSetMss = (tp: TcpSock, mss: number): void => {
  if (mss !== 0) inRange('mss', mss, TCP_MIN_MSS, MAX_TCP_WINDOW)
  tp.rxOpt.userMss = mss
}

/** TCP_CONGESTION. Throws ENOENT for an algorithm that there is not. */
export const tcpSetCongestion = (tp: TcpSock, name: string): void =>
  locked(tp, () => {
    if (tcpSetCongestionControl(tp, name) < 0)
      throw new NetloomError('ENOENT', `congestion: there is no algorithm "${name}"`, { congestion: name })
  })

/** SO_RCVBUF: doubled for the overhead of packets, and fixed from now on. Throws EINVAL. */
export const tcpSetRcvbuf = (tp: TcpSock, octets: number): void => {
  inRange('rcvbuf', octets, 0, INT_MAX)
  tp.userRcvbuf = true
  tp.rcvbuf = Math.max(Math.min(octets, tp.netns.world.profile.rmemMax) * 2, SOCK_MIN_RCVBUF)
}

/** SO_SNDBUF: doubled for the overhead of packets, and fixed from now on. Throws EINVAL. */
export const tcpSetSndbuf = (tp: TcpSock, octets: number): void => {
  inRange('sndbuf', octets, 0, INT_MAX)
  tp.userSndbuf = true
  tp.sndbuf = Math.max(Math.min(octets, tp.netns.world.profile.wmemMax) * 2, SOCK_MIN_SNDBUF)
  tp.wakeWrite()
}

/** SO_RCVLOWAT; the receive buffer grows with it (tcp_set_rcvlowat). Throws EINVAL. */
export const tcpSetRcvlowat = (tp: TcpSock, octets: number): void => {
  inRange('rcvlowat', octets, 0, INT_MAX)
  const most = tp.userRcvbuf ? tp.rcvbuf >> 1 : netnsTcp(tp.netns).sysctls.rmemMax >> 1
  const value = Math.min(octets, most)
  tp.rcvlowat = value === 0 ? 1 : value
  if (tp.rcvNxt !== tp.copiedSeq) tp.wakeRead()
  if (tp.userRcvbuf) return
  const space = tcpSpaceFromWin(tp, value)
  if (space <= tp.rcvbuf) return
  tp.rcvbuf = space
  if (tp.windowClamp !== 0 && tp.windowClamp < value) tp.windowClamp = value
}

/** TCP_WINDOW_CLAMP; 0 takes it back while closed (tcp_set_window_clamp). Throws EINVAL. */
export const tcpSetWindowClamp = (tp: TcpSock, octets: number): void => {
  inRange('windowClamp', octets, tp.state === TCP_CLOSE ? 0 : 1, INT_MAX)
  if (octets === 0) {
    tp.windowClamp = 0
    return
  }
  const value = Math.max(SOCK_MIN_RCVBUF / 2, octets)
  const old = tp.windowClamp
  tp.windowClamp = value
  if (value < old) tp.rcvSsthresh = Math.min(tp.rcvSsthresh, value)
  else if (value > old) tp.rcvSsthresh = Math.max(tp.rcvSsthresh, Math.min(tp.rcvWnd, value))
}

/** TCP_NOTSENT_LOWAT. Throws EINVAL. */
export const tcpSetNotsentLowat = (tp: TcpSock, octets: number): void => {
  inRange('notsentLowat', octets, 0, INT_MAX)
  tp.notsentLowat = octets
  tp.wakeWrite()
}

/** TCP_DEFER_ACCEPT in seconds, kept as the number of SYN,ACKs that may be sent in that time (secs_to_retrans). Throws EINVAL. */
export const tcpSetDeferAccept = (tp: TcpSock, seconds: number): void => {
  inRange('deferAccept', seconds, 0, INT_MAX)
  let retrans = 0
  if (seconds > 0) {
    let timeout = TCP_TIMEOUT_INIT / HZ
    let period = timeout
    for (retrans = 1; seconds > period && retrans < 255; retrans++) {
      timeout = Math.min(timeout * 2, TCP_RTO_MAX / HZ)
      period += timeout
    }
  }
  tp.deferAccept = retrans
}

/** IP_TOS: the two bits of ECN stay TCP's own; a new route is looked up. */
export const tcpSetTos = (tp: TcpSock, tos: number): void => {
  inRange('tos', tos, 0, 255)
  const value = (tos & ~INET_ECN_MASK) | (tp.tos & INET_ECN_MASK)
  if (tp.tos === value) return
  tp.tos = value
  tp.dstCache = null
}
