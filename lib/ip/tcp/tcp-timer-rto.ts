/**
 * The retransmission timeout: how often, how long, and when a peer is given up.
 *
 * @see net/ipv4/tcp_timer.c tcp_retransmit_timer, tcp_write_timeout
 */
import { ipv4 } from '../ipv4.js'
import { RTCF_REDIRECTED } from '../rtnetlink.js'
import { netnsTcp, tcpSysctls } from './netns-tcp.js'
import { tcpWriteErr } from './tcp-done.js'
import { tcpEnterLoss } from './tcp-input-loss.js'
import { tcpSetRto } from './tcp-input-rtt.js'
import { tcpSegTimestampMs, tcpTimeStampMs } from './tcp-time.js'
import { tcpMssToMtu, tcpMtuToMss, tcpSyncMss } from './tcp-output-mss.js'
import { tcpRetransmitSkb } from './tcp-output-rtx.js'
import { jiffiesToUs, msToJiffies } from './tcp-rto.js'
import type { TcpSeg } from './tcp-seg.js'
import type { TcpSock } from './tcp-sock.js'
import {
  TCP_CA_DISORDER,
  TCP_CA_LOSS,
  TCP_CA_RECOVERY,
  TCP_ESTABLISHED,
  TCP_SYN_SENT,
  TCPF_SYN_RECV,
  TCPF_SYN_SENT,
} from './tcp-states.js'
import { tcpJiffies } from './tcp-time.js'
import {
  ICSK_TIME_RETRANS,
  TCP_RESOURCE_PROBE_INTERVAL,
  TCP_RTO_MIN,
  TCP_TIMEOUT_INIT,
  tcpResetXmitTimer,
} from './tcp-timer.js'

const HANDSHAKE: number = TCPF_SYN_SENT | TCPF_SYN_RECV
const THIN_LINEAR_RETRIES = 6
const THIN_PACKETS = 4
const ORPHAN_RETRIES = 8

/** Milliseconds since the first retransmission (tcp_time_stamp minus retrans_stamp), as int32. */
const sinceRetrans = (tp: TcpSock): number => (tcpTimeStampMs(tp) - tp.retransStamp) | 0

/** RTO, but no longer than the user lets a peer be silent (tcp_clamp_rto_to_user_timeout). */
export const tcpClampRtoToUserTimeout = (tp: TcpSock): number => {
  if (tp.userTimeoutMs === 0) return tp.rtoJiffies
  const left = tp.userTimeoutMs - sinceRetrans(tp)
  return left <= 0 ? 1 : Math.min(tp.rtoJiffies, msToJiffies(left))
}

/** How long FIN_WAIT2 lasts in ticks (tcp_fin_time). */
export const tcpFinTime = (tp: TcpSock): number => {
  const fin = tp.linger2Jiffies !== 0 ? tp.linger2Jiffies : tcpSysctls(tp.netns).finTimeoutJiffies
  return Math.max(fin, tp.rtoJiffies * 4 - (tp.rtoJiffies >> 1))
}

/** Retries of an orphan (tcp_orphan_retries). */
export const tcpOrphanRetries = (tp: TcpSock, alive: boolean): number => {
  const retries = tp.errSoft !== 0 && !alive ? 0 : tcpSysctls(tp.netns).orphanRetries
  return retries === 0 && alive ? ORPHAN_RETRIES : retries
}

/**
 * An orphan is given up when the machine lacks memory (tcp_out_of_resources). This one never does.
 */
export const tcpOutOfResources = (_tp: TcpSock): boolean => false

/** Milliseconds that `boundary` timeouts take that begin with `base` ticks and double (tcp_model_timeout). */
const modelTimeoutMs = (tp: TcpSock, boundary: number, base: number): number => {
  const most = tp.rtoMaxJiffies
  const linear = Math.floor(Math.log2(most / base))
  const ticks =
    boundary <= linear ? (2 * 2 ** boundary - 1) * base : (2 * 2 ** linear - 1) * base + (boundary - linear) * most
  return jiffiesToUs(ticks) / 1000
}

/** True when the peer has been silent for as long as `boundary` timeouts, or `timeoutMs` if not 0 (retransmits_timed_out). */
const retransmitsTimedOut = (tp: TcpSock, boundary: number, timeoutMs: number): boolean => {
  if (tp.retransmits === 0) return false
  const base = (1 << tp.state) & HANDSHAKE ? TCP_TIMEOUT_INIT : TCP_RTO_MIN
  const timeout = timeoutMs !== 0 ? timeoutMs : modelTimeoutMs(tp, boundary, base)
  return sinceRetrans(tp) - timeout >= 0
}

/** Something may be wrong with the route: forget what was learned about it (__dst_negative_advice). */
const negativeAdvice = (tp: TcpSock): void => {
  const dst = tp.dstCache
  if (dst !== null && (dst.flags & RTCF_REDIRECTED || dst.expires !== 0)) tp.dstCache = null
}

/** Long packets seem to vanish: shorter ones are tried (tcp_mtu_probing). */
const mtuProbing = (tp: TcpSock): void => {
  const { mtuProbing: mode, baseMss, mtuProbeFloor, minSndMss } = tcpSysctls(tp.netns)
  if (mode === 0) return
  const m = tp.mtup
  if (!m.enabled) {
    m.enabled = true
    m.probeTimestamp = tcpJiffies(tp.netns)
  } else {
    const mss = Math.min(baseMss, tcpMtuToMss(tp, m.searchLow) >> 1)
    m.searchLow = tcpMssToMtu(tp, Math.max(mss, mtuProbeFloor, minSndMss))
  }
  tcpSyncMss(tp, tp.pmtuCookie)
}

/** How many timeouts the handshake may have. */
const isHandshakeOver = (tp: TcpSock, retries: number): boolean => {
  const linear = tp.state === TCP_SYN_SENT ? tcpSysctls(tp.netns).synLinearTimeouts : 0
  return tp.retransmits >= retries + linear
}

/** Gives the peer up when it has been silent for too long; true then (tcp_write_timeout). */
const writeTimeout = (tp: TcpSock): boolean => {
  const sysctls = tcpSysctls(tp.netns)
  let isExpired = false
  let retries = sysctls.retries2
  if ((1 << tp.state) & HANDSHAKE) {
    if (tp.retransmits !== 0) negativeAdvice(tp)
    retries = tp.synRetries !== 0 ? tp.synRetries : sysctls.synRetries
    isExpired = isHandshakeOver(tp, retries)
  } else {
    if (retransmitsTimedOut(tp, sysctls.retries1, 0)) {
      mtuProbing(tp)
      negativeAdvice(tp)
    }
    if (tp.dead) {
      retries = tcpOrphanRetries(tp, tp.rtoJiffies < tp.rtoMaxJiffies)
      if (tcpOutOfResources(tp)) return true
    }
  }
  if (isExpired || retransmitsTimedOut(tp, retries, tp.userTimeoutMs)) {
    tcpWriteErr(tp)
    return true
  }
  if (tp.txHash !== 0) {
    // Another hash may take another path.
    tp.txHash = ipv4(tp.netns).flowHash.drawTxHash()
    netnsTcp(tp.netns).mib.TcpTimeoutRehash++
  }
  return false
}

/** The peer keeps its window closed and does not answer (tcp_rtx_probe0_timed_out); `rtxMs` since the segment was sent. */
const rtxProbe0TimedOut = (tp: TcpSock, rtxMs: number): boolean => {
  let timeout = tp.rtoMaxJiffies * 2
  if (tp.userTimeoutMs !== 0) {
    if (rtxMs > tp.userTimeoutMs) return true
    timeout = Math.min(timeout, msToJiffies(tp.userTimeoutMs))
  }
  if (tp.icskTimeoutJiffies - tp.rcvTstampJiffies <= timeout) return false
  return msToJiffies(rtxMs) > timeout
}

/** Counts what the timeout means for the state of recovery. */
const countFailure = (tp: TcpSock): void => {
  const { mib } = netnsTcp(tp.netns)
  const { sackOk } = tp.rxOpt
  if (tp.caState === TCP_CA_RECOVERY) {
    if (sackOk) mib.TCPSackRecoveryFail++
    else mib.TCPRenoRecoveryFail++
  } else if (tp.caState === TCP_CA_LOSS) mib.TCPLossFailures++
  else if (tp.caState === TCP_CA_DISORDER || tp.sackedOut !== 0) {
    if (sackOk) mib.TCPSackFailures++
    else mib.TCPRenoFailures++
  }
}

/** One more timeout (tcp_update_rto_stats). */
const updateRtoStats = (tp: TcpSock): void => {
  if (tp.retransmits === 0) {
    tp.totalRtoRecoveries++
    tp.rtoStamp = tcpTimeStampMs(tp)
  }
  tp.retransmits++
  tp.totalRto++
}

/** Doubles the timeout, unless it stays as it is for a while: of a SYN, or of a thin stream where that is wanted. */
const backOff = (tp: TcpSock): void => {
  const { thinLinearTimeouts, synLinearTimeouts } = tcpSysctls(tp.netns)
  const isThin = tp.packetsOut < THIN_PACKETS && tp.sndSsthresh < 0x7fffffff
  if (tp.state === TCP_ESTABLISHED && thinLinearTimeouts !== 0 && isThin && tp.retransmits <= THIN_LINEAR_RETRIES) {
    tp.backoff = 0
    tcpSetRto(tp)
  } else if (tp.state !== TCP_SYN_SENT || tp.totalRto > synLinearTimeouts) {
    tp.backoff++
    tp.rtoJiffies = Math.min(tp.rtoJiffies * 2, tp.rtoMaxJiffies)
  }
}

const restartTimer = (tp: TcpSock): void => {
  backOff(tp)
  tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, tcpClampRtoToUserTimeout(tp), false)
  if (retransmitsTimedOut(tp, tcpSysctls(tp.netns).retries1 + 1, 0)) tp.dstCache = null
}

/** The peer has shrunk its window to nothing: retransmissions are probes of it. */
const probeShrunkWindow = (tp: TcpSock, head: TcpSeg): void => {
  const since = tp.retransStamp !== 0 ? tp.retransStamp : tcpSegTimestampMs(head)
  if (rtxProbe0TimedOut(tp, (tcpTimeStampMs(tp) - since) | 0)) {
    tcpWriteErr(tp)
    return
  }
  tcpEnterLoss(tp)
  tcpRetransmitSkb(tp, head, 1)
  tp.dstCache = null
  restartTimer(tp)
}

/** The time of the retransmission timer is over (tcp_retransmit_timer). */
export const tcpRetransmitTimer = (tp: TcpSock): void => {
  const { head } = tp.rtxQueue
  if (tp.packetsOut === 0 || head === null) return
  if (tp.sndWnd === 0 && !tp.dead && !((1 << tp.state) & HANDSHAKE)) return probeShrunkWindow(tp, head)
  netnsTcp(tp.netns).mib.TCPTimeouts++
  if (writeTimeout(tp)) return
  if (tp.retransmits === 0) countFailure(tp)
  tcpEnterLoss(tp)
  updateRtoStats(tp)
  if (tcpRetransmitSkb(tp, tp.rtxQueue.head!, 1) > 0) {
    tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, TCP_RESOURCE_PROBE_INTERVAL, false)
    return
  }
  restartTimer(tp)
}
