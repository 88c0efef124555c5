/**
 * Opening a connection from this side.
 *
 * @see net/ipv4/tcp_ipv4.c tcp_v4_connect
 */
import type { Dst } from '../../core/dst.js'
import { errnoNumber } from '../../errors.js'
import type { Flow4 } from '../fib-table.js'
import { ipv4 } from '../ipv4.js'
import { ipRouteConnect, ipRouteOutput, routeError } from '../route.js'
import { RTCF_BROADCAST, RTCF_MULTICAST } from '../rtnetlink.js'
import { inetHashConnect } from './inet-hash-connect.js'
import { netnsTcp } from './netns-tcp.js'
import { tcpConnect } from './tcp-output-syn.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_CLOSE, TCP_SYN_SENT } from './tcp-states.js'
import { tcpSetState } from './tcp-done.js'

const ENETUNREACH = errnoNumber('ENETUNREACH')
const TCP_MSS_DEFAULT = 536

const describe = (tp: TcpSock, fl: Flow4, sport: number, dport: number): Flow4 => {
  fl.proto = tp.protocol
  fl.tos = tp.tos
  fl.mark = tp.mark
  fl.sport = sport
  fl.dport = dport
  return fl
}

/** The route with the port that was chosen, which rules and the choice of a next hop may look at (ip_route_newports). */
const routeNewports = (tp: TcpSock, rt: Dst, origSport: number): Dst | null => {
  if (origSport === tp.localPort) return rt
  const fl = ipv4(tp.netns).fib.flow.reset(tp.peerAddress, tp.sourceAddress, tp.boundIfindex)
  return ipRouteOutput(tp.netns, describe(tp, fl, tp.localPort, tp.peerPort))
}

/** What is left of an earlier connection to somebody else does not count. */
const forgetOther = (tp: TcpSock, daddr: number): void => {
  if (tp.rxOpt.tsRecentStamp === 0 || tp.peerAddress === daddr) return
  tp.rxOpt.tsRecent = 0
  tp.rxOpt.tsRecentStamp = 0
  if (!tp.repair) tp.writeSeq = 0
}

/** First numbers of the connection. */
const initNumbers = (tp: TcpSock): void => {
  if (tp.repair) return
  const { secure, sysctls } = netnsTcp(tp.netns)
  const { sourceAddress: saddr, peerAddress: daddr } = tp
  if (tp.writeSeq === 0) tp.writeSeq = secure.tcpSeq(saddr, daddr, tp.localPort, tp.peerPort)
  tp.tsOffset = sysctls.timestamps === 1 ? secure.tcpTsOff(saddr, daddr) : 0
}

/** No connection comes of it (the end of tcp_v4_connect). */
const failure = (tp: TcpSock, err: number): number => {
  tcpSetState(tp, TCP_CLOSE)
  if (!tp.bindAddrLocked) tp.localAddress = tp.sourceAddress = 0
  tp.dstCache = null
  tp.peerPort = 0
  return err
}

/** Sends a SYN to `addr` and `port`: 0 or a negative errno (tcp_v4_connect). The lock is held. */
export const tcpV4Connect = (tp: TcpSock, addr: number, port: number): number => {
  const { netns } = tp
  const sport = tp.localPort
  const fl = describe(tp, ipv4(netns).fib.flow.reset(addr, tp.sourceAddress, tp.boundIfindex), sport, port)
  const found = ipRouteConnect(netns, fl)
  if (found === null) return -routeError(netns)
  if (found.flags & (RTCF_MULTICAST | RTCF_BROADCAST)) return -ENETUNREACH
  const { daddr, saddr } = fl
  if (tp.sourceAddress === 0) tp.sourceAddress = saddr
  tp.localAddress = tp.sourceAddress
  forgetOther(tp, daddr)
  tp.peerPort = port
  tp.peerAddress = daddr
  tp.extHdrLen = 0
  tp.rxOpt.mssClamp = TCP_MSS_DEFAULT
  tcpSetState(tp, TCP_SYN_SENT)
  const taken = inetHashConnect(tp)
  if (taken !== 0) return failure(tp, taken)
  tp.txHash = ipv4(netns).flowHash.drawTxHash()
  const rt = routeNewports(tp, found, sport)
  if (rt === null) return failure(tp, -routeError(netns))
  tp.dstCache = rt
  initNumbers(tp)
  tp.inetId = netns.rng.u16()
  const err = tcpConnect(tp)
  return err === 0 ? 0 : failure(tp, err)
}
