/**
 * A new socket of TCP.
 *
 * @see net/ipv4/tcp.c tcp_init_sock
 */
import { netnsTcp } from './netns-tcp.js'
import { tcpAssignCongestionControl } from './tcp-cong.js'
import { msToJiffies, usToJiffies } from './tcp-rto.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpJiffies } from './tcp-time.js'
import { TCP_DELACK_MAX, TCP_TIMEOUT_INIT } from './tcp-timer.js'

/** Half of the buffer holds data, until something else is measured (TCP_DEFAULT_SCALING_RATIO). */
const DEFAULT_SCALING_RATIO = 128
const TIMEOUT_INIT_US = 1_000_000
const U32_MAX = 0xffffffff

/** State of a new socket but its timers (tcp_init_sock). */
export const tcpInitSock = (tp: TcpSock): void => {
  const { sysctls } = netnsTcp(tp.netns)
  tp.rtoJiffies = TCP_TIMEOUT_INIT
  tp.rtoMaxJiffies = msToJiffies(sysctls.rtoMaxMs)
  tp.rtoMinJiffies = usToJiffies(sysctls.rtoMinUs)
  tp.delackMaxJiffies = TCP_DELACK_MAX
  tp.mdevUs = TIMEOUT_INIT_US
  const now = tcpJiffies(tp.netns)
  tp.rttMin.t = [now, now, now]
  tp.rttMin.v = [U32_MAX, U32_MAX, U32_MAX]
  tp.appLimited = U32_MAX
  tp.rateAppLimited = true
  tp.reordering = sysctls.reordering
  tcpAssignCongestionControl(tp)
  tp.sndbuf = sysctls.wmemDefault
  tp.rcvbuf = sysctls.rmemDefault
  tp.scalingRatio = DEFAULT_SCALING_RATIO
}
