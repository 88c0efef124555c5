/**
 * The keys net.ipv4.tcp_* of a namespace that netloom obeys, with the values of Linux 6.18. One that is not here belongs to
 * something that is not built (fast open, MPTCP, PLB, ...) or stands for nothing any more (tcp_fack, tcp_low_latency).
 *
 * DIFFERS: every namespace starts with the tcp_congestion_control of the machine's profile, cubic without one, not with that
 * of the first namespace; and every algorithm can be chosen in it, not only those of tcp_allowed_congestion_control.
 *
 * @see net/ipv4/tcp_ipv4.c tcp_sk_init, net/ipv4/sysctl_net_ipv4.c, Documentation/networking/ip-sysctl.rst
 */
import { HZ } from '../../sim/timer.js'

/** net.ipv4.tcp_congestion_control where the machine's profile names none (CONFIG_DEFAULT_TCP_CONG). */
export const TCP_CONGESTION_DEFAULT = 'cubic'

/** Settings of TCP in a namespace under the kernel's names; times in jiffies of 4 ms where the name says nothing else. */
export class TcpSysctls {
  /** net.ipv4.ip_autobind_reuse. */
  ipAutobindReuse = 0
  abortOnOverflow = 0
  advWinScale = 1
  appWin = 31
  autocorking = 1
  backlogAckDefer = 1
  baseMss = 1024
  challengeAckLimit = 2147483647
  compSackDelayNs = 1_000_000
  compSackNr = 44
  compSackSlackNs = 100_000
  congestionControl: string
  dsack = 1
  earlyRetrans = 3
  ecn = 2
  ecnFallback = 1
  /** Options of accurate ECN, which this kernel lets nobody ask for: the two change nothing. */
  ecnOption = 2
  ecnOptionBeacon = 3
  /** Nothing since forward acknowledgement went. */
  fack = 0
  /** Fast open for programs that ask for it; none of netloom's can. */
  fastopen = 1
  finTimeoutJiffies: number = 60 * HZ
  frto = 2
  fwmarkAccept = 0
  invalidRatelimitJiffies: number = HZ / 2
  keepaliveIntvlJiffies: number = 75 * HZ
  keepaliveProbes = 9
  keepaliveTimeJiffies: number = 7200 * HZ
  limitOutputBytes: number = 4 * 1024 * 1024
  maxReordering = 300
  maxSynBacklog = 2048
  maxTwBuckets = 131072
  minRttWlenSec = 300
  minSndMss = 48
  minTsoSegs = 2
  moderateRcvbuf = 1
  mtuProbeFloor = 48
  mtuProbing = 0
  noMetricsSave = 0
  noSsthreshMetricsSave = 1
  notsentLowat = 0xffffffff
  orphanRetries = 0
  pacingCaRatio = 120
  pacingSsRatio = 200
  pingpongThresh = 1
  probeIntervalSec = 600
  probeThreshold = 8
  recovery = 1
  reflectTos = 0
  reordering = 3
  retransCollapse = 1
  retries1 = 3
  retries2 = 15
  rfc1337 = 0
  /** Smallest, initial and largest receive buffer of a socket in octets. */
  rmemMin = 4096
  rmemDefault = 131072
  rmemMax: number = 32 * 1024 * 1024
  rtoMaxMs = 120_000
  rtoMinUs = 200_000
  sack = 1
  shrinkWindow = 0
  slowStartAfterIdle = 1
  stdurg = 0
  synLinearTimeouts = 4
  synRetries = 6
  synackRetries = 5
  syncookies = 1
  thinLinearTimeouts = 0
  timestamps = 1
  tsoRttLog = 9
  tsoWinDivisor = 3
  twReuse = 2
  twReuseDelayMs = 1000
  windowScaling = 1
  wmemMin = 4096
  wmemDefault = 16384
  wmemMax: number = 4 * 1024 * 1024
  workaroundSignedWindows = 0
  /** net.core.somaxconn: the longest queue of connections that wait to be accepted. */
  somaxconn = 4096

  constructor(congestionControl: string) {
    this.congestionControl = congestionControl
  }
}
