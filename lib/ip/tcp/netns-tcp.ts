/**
 * TCP's state of a namespace: settings, sockets, what is known about peers, counters.
 *
 * @see include/net/netns/ipv4.h
 */
import { TcpRingPool } from './tcp-ring-pool.js'
import type { Netns } from '../../core/netns.js'
import { ipv4 } from '../ipv4.js'
import { InetHashinfo } from './inet-hashinfo.js'
import { TcpMetricsTable } from './tcp-metrics-table.js'
import { SecureSeq } from './secure-seq.js'
import { TCP_CONGESTION_DEFAULT, TcpSysctls } from './sysctl-tcp.js'
import { TcpMib } from './tcp-mib.js'
import { TcpOptions } from './tcp-sock.js'

/** TCP of one namespace. Get it with `netnsTcp(netns)`. */
export class NetnsTcp {
  readonly netns: Netns
  readonly sysctls: TcpSysctls
  readonly mib: TcpMib = new TcpMib()
  readonly hashinfo: InetHashinfo = new InetHashinfo()
  readonly secure: SecureSeq
  readonly metrics: TcpMetricsTable = new TcpMetricsTable()
  /** @internal see tcp-send-buffer.ts */
  readonly rings: TcpRingPool = new TcpRingPool()
  /** Connections in TIME_WAIT, and those that no program holds. */
  twCount = 0
  orphanCount = 0
  /** Challenge acknowledgements of this second (tcp_challenge_timestamp, tcp_challenge_count). */
  challengeTimestamp = 0
  challengeCount = 0
  /** Sequence number for the answer to the SYN that is being handled, which came to a TIME_WAIT; 0 for none (tcp_tw_isn). */
  twIsn = 0
  /** Options of the segment that is being handled for something that is no socket. */
  readonly tmpOpt: TcpOptions = new TcpOptions()

  constructor(netns: Netns, salt: number) {
    this.netns = netns
    this.sysctls = new TcpSysctls(netns.world.profile.tcpCongestionControl ?? TCP_CONGESTION_DEFAULT)
    this.secure = new SecureSeq(netns.world, salt)
  }
}

/** TCP's state of a namespace. */
export const netnsTcp = (netns: Netns): NetnsTcp => ipv4(netns).tcp

/** Settings of TCP of a namespace. */
export const tcpSysctls = (netns: Netns): TcpSysctls => ipv4(netns).tcp.sysctls

/** Counters of TCP of a namespace. */
export const tcpMib = (netns: Netns): TcpMib => ipv4(netns).tcp.mib
