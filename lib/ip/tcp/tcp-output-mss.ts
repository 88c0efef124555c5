/**
 * Sizes of segments: from the path's MTU to the MSS.
 *
 * @see net/ipv4/tcp_output.c tcp_mtu_to_mss, tcp_sync_mss, tcp_current_mss, tcp_mtup_init
 */
import { IPV4_HLEN } from '../../wire/ipv4.js'
import { TCP_HLEN } from '../../wire/tcp.js'
import { dstAdvmss, heldDstMtu } from '../dst-metrics.js'
import { tcpSysctls } from './netns-tcp.js'
import { tcpEstablishedOptionsLen } from './tcp-output-options.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpJiffies } from './tcp-time.js'

/** MSS of a path MTU without options (__tcp_mtu_to_mss). */
const mtuToMssBare = (tp: TcpSock, pmtu: number): number => {
  const mss = Math.min(pmtu - IPV4_HLEN - TCP_HLEN, tp.rxOpt.mssClamp) - tp.extHdrLen
  return Math.max(mss, tcpSysctls(tp.netns).minSndMss)
}

/** MSS for a path MTU, with options but SACK (tcp_mtu_to_mss). */
export const tcpMtuToMss = (tp: TcpSock, pmtu: number): number => mtuToMssBare(tp, pmtu) - (tp.tcpHeaderLen - TCP_HLEN)

/** Path MTU for an MSS (tcp_mss_to_mtu). */
export const tcpMssToMtu = (tp: TcpSock, mss: number): number => mss + tp.tcpHeaderLen + tp.extHdrLen + IPV4_HLEN

/** Starts path MTU probing of a connection (tcp_mtup_init). */
export const tcpMtupInit = (tp: TcpSock): void => {
  const { mtuProbing, baseMss } = tcpSysctls(tp.netns)
  const m = tp.mtup
  m.enabled = mtuProbing > 1
  m.searchHigh = tp.rxOpt.mssClamp + TCP_HLEN + IPV4_HLEN
  m.searchLow = tcpMssToMtu(tp, baseMss)
  m.probeSize = 0
  if (m.enabled) m.probeTimestamp = tcpJiffies(tp.netns)
}

/** A segment must not be more than half of the largest window that the peer ever offered (tcp_bound_to_half_wnd). */
export const tcpBoundToHalfWnd = (tp: TcpSock, size: number): number => {
  // While the window is that small, half of it would make many tiny segments: then the whole window is the bound.
  const cutoff = tp.maxWindow > 536 ? tp.maxWindow >>> 1 : tp.maxWindow
  return cutoff !== 0 && size > cutoff ? Math.max(cutoff, 68 - tp.tcpHeaderLen) : size
}

/** Takes a path MTU over and returns the MSS (tcp_sync_mss). */
export const tcpSyncMss = (tp: TcpSock, pmtu: number): number => {
  const m = tp.mtup
  if (m.searchHigh > pmtu) m.searchHigh = pmtu
  let mss = tcpBoundToHalfWnd(tp, tcpMtuToMss(tp, pmtu))
  tp.pmtuCookie = pmtu
  if (m.enabled) mss = Math.min(mss, tcpMtuToMss(tp, m.searchLow))
  tp.mssCache = mss
  return mss
}

/** MSS with the options of the next segment (tcp_current_mss). */
export const tcpCurrentMss = (tp: TcpSock): number => {
  let mss = tp.mssCache
  if (tp.dstCache !== null) {
    const mtu = heldDstMtu(tp.dstCache)
    if (mtu !== tp.pmtuCookie) mss = tcpSyncMss(tp, mtu)
  }
  return mss - (TCP_HLEN + tcpEstablishedOptionsLen(tp) - tp.tcpHeaderLen)
}

/** The MSS with the limit that the user has set (tcp_mss_clamp). */
export const tcpMssClamp = (tp: TcpSock, mss: number): number => {
  const { userMss } = tp.rxOpt
  return userMss !== 0 && userMss < mss ? userMss : mss
}

/** MSS to advertise (tcp_advertise_mss). */
export const tcpAdvertiseMss = (tp: TcpSock): number => {
  if (tp.dstCache !== null) {
    const metric = dstAdvmss(tp.dstCache)
    if (metric < tp.advmss) tp.advmss = metric
  }
  return tp.advmss & 0xffff
}
