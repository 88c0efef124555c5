/**
 * A TCP socket: everything that the kernel keeps in struct tcp_sock, inet_connection_sock and sock about one, under the
 * kernel's names. Sequence numbers are int32, windows and counts plain numbers; times are nanoseconds of virtual time
 * unless the name says otherwise (`Us` microseconds, `Jiffies` ticks of 4 ms).
 *
 * @see include/linux/tcp.h, include/net/inet_connection_sock.h
 */
import type { Netns } from '../../core/netns.js'
import type { Skb, SkbOwner } from '../../core/skb.js'
import { Timer } from '../../sim/timer.js'
import { IPPROTO_TCP } from '../../wire/ipv4.js'
import { Sock, type SockError } from '../sock.js'
import type { BindBucket } from './inet-bhash.js'
import type { AckSample, TcpCongestionOps } from './tcp-cong.js'
import type { TcpListener } from './tcp-listener.js'
import type { TcpMetrics } from './tcp-metrics.js'
import { AckState, CleanState, RateSample } from './tcp-ack-sample.js'
import { type TcpSeg, TcpSegQueue, TcpTsortedList } from './tcp-seg.js'
import type { TcpRingPool } from './tcp-ring-pool.js'
import { TcpSendBuffer } from './tcp-send-buffer.js'
import { TCP_CA_OPEN, TCP_CLOSE } from './tcp-states.js'
import type { TcpTimers } from './tcp-timer.js'
import type { Minmax } from './win-minmax.js'

/** Options of the last segment that was parsed, and those that the peers agreed on (struct tcp_options_received). */
export class TcpOptions {
  /** The last segment had a timestamp, and its two values (int32). */
  sawTstamp = false
  rcvTsval = 0
  rcvTsecr = 0
  /** Timestamp to echo (int32), and when it came, in seconds. */
  tsRecent = 0
  tsRecentStamp = 0
  /** Agreed on at the handshake. */
  tstampOk = false
  sackOk = false
  wscaleOk = false
  sndWscale = 0
  rcvWscale = 0
  /** Where the SACK option of the last segment is in its frame, 0 when it had none. */
  sackAt = 0
  /** Blocks that this side has to tell of (num_sacks). */
  numSacks = 0
  /** MSS that the user asked for, and the peer's limit. */
  userMss = 0
  mssClamp = 0
  /** The duplicate in the last SACK (rx_opt.dsack). */
  dsack = false
}

/** A range of sequence numbers (struct tcp_sack_block). */
export interface SackBlock {
  start: number
  end: number
}

/** RACK's view of the connection (struct tcp_rack). */
export interface TcpRack {
  /** Time of transmission of the most recently delivered segment, its end and its RTT. */
  mstamp: number
  rttUs: number
  endSeq: number
  lastDelivered: number
  reoWndSteps: number
  reoWndPersist: number
  dsackSeen: boolean
  advanced: boolean
}

/** Receive buffer tuning (tp->rcvq_space, tp->rcv_rtt_est). */
export interface RcvqSpace {
  space: number
  seq: number
  time: number
}

/** Acknowledgement timers and their state (icsk_ack). */
export interface IcskAck {
  /** ICSK_ACK_* flags. */
  pending: number
  quick: number
  pingpong: number
  retry: number
  /** Timeout of delayed acknowledgements in jiffies (ato), and when the timer that was set last fires (jiffies). */
  atoJiffies: number
  timeoutJiffies: number
  /** Jiffies of the last data segment (lrcvtime). */
  lrcvtimeJiffies: number
  /** Octets of the last segment, and the estimate of the peer's MSS. */
  lastSegSize: number
  rcvMss: number
}

/** Path MTU probing (icsk_mtup). */
export interface IcskMtup {
  enabled: boolean
  searchHigh: number
  searchLow: number
  probeSize: number
  /** Jiffies of the last probe. */
  probeTimestamp: number
  /** Sequence numbers of the probe (mtu_probe). */
  probeSeqStart: number
  probeSeqEnd: number
}

/** What a socket calls by itself, set by tcpInitXmitTimers: it must know no file that knows it. */
export interface TcpSockHooks {
  /** Goes on sending when packets have left the machine (tcp_tsq_handler). */
  readonly tsq: (tp: TcpSock) => void
  /** Ends the socket with its namespace. */
  readonly destroy: (tp: TcpSock) => void
}

/** Bits of {@link TcpSock.deferred} (enum tsq_enum). */
export const TSQ_THROTTLED = 1
export const TSQ_QUEUED = 2
export const TCP_TSQ_DEFERRED = 4
export const TCP_WRITE_TIMER_DEFERRED = 8
export const TCP_DELACK_TIMER_DEFERRED = 16
export const TCP_MTU_REDUCED_DEFERRED = 32
export const TCP_ACK_DEFERRED = 64

/** What a pure acknowledgement counts as: it must not hold up data (skb_set_tcp_pure_ack). */
export const PURE_ACK_TRUESIZE = 2

const sackBlocks = (n: number): SackBlock[] => Array.from({ length: n }, () => ({ start: 0, end: 0 }))

/** A TCP socket (SOCK_STREAM). Programs use it through tcp.ts. */
export class TcpSock extends Sock implements SkbOwner {
  state: number = TCP_CLOSE
  shutdown = 0
  /** No program holds it any more; the kernel finishes it (SOCK_DEAD, sock_orphan). */
  dead = false
  done = false
  /** Called in process context when there is room in the send buffer, the connection is made, or an error. */
  onWritable: (() => void) | null = null
  writeWakePending = false
  /** errno that is reported only when nothing better comes (sk_err_soft). */
  errSoft = 0

  // The lock: a program is in a system call, and what arrives waits (sk_lock.owned, sk_backlog).
  ownedByUser = false
  readonly backlog: Skb[] = []
  backlogLen = 0
  /** TCP_*_DEFERRED: what timers and queues left to release_sock (sk_tsq_flags). */
  deferred = 0

  // Options of the program.
  nodelay = false
  cork = false
  quickackMode = 0
  keepalive = false
  /** Seconds, 0 for the namespace's sysctl. */
  keepaliveTime = 0
  keepaliveIntvl = 0
  keepaliveProbes = 0
  userTimeoutMs = 0
  synRetries = 0
  /** SO_LINGER: seconds, -1 for off. */
  lingerSec = -1
  /** TCP_LINGER2 in jiffies, 0 for tcp_fin_timeout. */
  linger2Jiffies = 0
  deferAccept = 0
  windowClamp = 0
  rcvlowat = 1
  notsentLowat = 0
  userRcvbuf = false
  userSndbuf = false
  oobInline = false
  bindAddressNoPort = false

  // Identity and tables.
  /** What the program has made of it: SS_* of inet-connection-sock.ts. */
  socketState = 0
  /** IP_MINTTL: segments with a smaller TTL are dropped. */
  minTtl = 0
  /** MTU that a router has named while a program held the lock (mtu_info). */
  mtuInfo = 0
  /** Bound port is in the bind table, and whether the user named the port (SOCK_BINDPORT_LOCK). */
  bound = false
  /** Local port of a connection that has let go of it, which its last reset still bears (inet_sport). */
  lastPort = 0
  bindPortLocked = false
  /** The user named the address (SOCK_BINDADDR_LOCK). */
  bindAddrLocked = false
  /** The kernel chose the port for a connection; others may have it, too (SOCK_CONNECT_BIND). */
  connectBind = false
  bindBucket: BindBucket | null = null
  hashed = false
  listener: TcpListener | null = null
  /** Connection in the accept queue of this listening socket. */
  parent: TcpSock | null = null
  tsOffset = 0

  // Sending.
  readonly writeQueue: TcpSegQueue = new TcpSegQueue()
  readonly rtxQueue: TcpSegQueue = new TcpSegQueue()
  readonly tsorted: TcpTsortedList = new TcpTsortedList()
  readonly sendBuffer: TcpSendBuffer
  /** Octets of queued segments (sk_wmem_queued), and of frames on their way through this machine (sk_wmem_alloc). */
  wmemQueued = 0
  wmemAlloc = 0
  /** The program asked for room and there was none (SOCK_NOSPACE). */
  nospace = false
  iss = 0
  sndUna = 0
  sndNxt = 0
  writeSeq = 0
  pushedSeq = 0
  sndSml = 0
  sndUp = 0
  urgMode = false
  sndWl1 = 0
  sndWnd = 0
  maxWindow = 0
  mssCache = 536
  advmss = 0
  xmitSizeGoalSegs = 0
  gsoSegs = 0
  tcpHeaderLen = 20
  pmtuCookie = 0
  /** Longest packet that is given to the device in one piece, and its segments (sk_gso_max_size, sk_gso_max_segs). */
  gsoMaxSize = 65343
  gsoMaxSegs = 65535
  hooks: TcpSockHooks | null = null
  /** What keeps it from sending faster: TCP_CHRONO_*, since when, and jiffies of each so far. */
  chronoType = 0
  chronoStartJiffies = 0
  readonly chronoStat: number[] = [0, 0, 0]
  extHdrLen = 0
  lsndtimeJiffies = 0
  /** Octets that have waited, the first of which fills a partial segment (nonagle). TCP_NAGLE_* bits. */
  nonagle = 0
  repair = false
  pacingRate: number = Number.MAX_SAFE_INTEGER
  maxPacingRate: number = Number.MAX_SAFE_INTEGER
  pacingShift = 10
  /** Sending waits for pacing only when an algorithm asks (sk_pacing_status). */
  pacingNeeded = false
  tcpWstampNs = 0
  tcpClockNs = 0

  // Receiving. The in-order queue and its bytes.
  readonly rcvQueue: Skb[] = []
  rcvQueueHead = 0
  /** Segments that came out of order so far (rcv_ooopack). */
  rcvOooPack = 0
  /** Out of order, by sequence number (out_of_order_queue). */
  readonly oooQueue: Skb[] = []
  oooLastIndex = -1
  rmemAlloc = 0
  rcvTstampJiffies = 0
  irs = 0
  rcvNxt = 0
  copiedSeq = 0
  rcvWup = 0
  rcvWnd = 0
  rcvSsthresh = 0
  rcvUp = 0
  urgData = 0
  urgSeq = 0
  predFlags = 0
  scalingRatio = 0
  readonly rxOpt: TcpOptions = new TcpOptions()
  readonly rcvqSpace: RcvqSpace = { space: 0, seq: 0, time: 0 }
  rcvRttUs = 0
  rcvRttSeq = 0
  rcvRttTime = 0
  /** Virtual time of the last data. */
  lastDataNs = -1
  rcvRttLastTsecr = 0
  /** SACK blocks to send, a duplicate first. */
  readonly duplicateSack: SackBlock = { start: 0, end: 0 }
  readonly selectiveAcks: readonly SackBlock[] = sackBlocks(4)
  compressedAck = 0
  compressedAckRcvNxt = 0
  dupAckCounter = 0
  lastOowAckTimeJiffies = 0
  oowAckPending = false

  // The state of acknowledgements (icsk_ack), MTU probing, timers.
  readonly ack: IcskAck = {
    pending: 0,
    quick: 0,
    pingpong: 0,
    retry: 0,
    atoJiffies: 0,
    timeoutJiffies: 0,
    lrcvtimeJiffies: 0,
    lastSegSize: 0,
    rcvMss: 0,
  }
  readonly mtup: IcskMtup = {
    enabled: false,
    searchHigh: 0,
    searchLow: 0,
    probeSize: 0,
    probeTimestamp: 0,
    probeSeqStart: 0,
    probeSeqEnd: 0,
  }
  /** ICSK_TIME_* that the retransmission timer stands for, and when it is due (jiffies). */
  icskPending = 0
  icskTimeoutJiffies = 0
  /** RTO and its bounds in jiffies. */
  rtoJiffies = 250
  rtoMinJiffies = 50
  rtoMaxJiffies = 30000
  delackMaxJiffies = 50
  retransmits = 0
  backoff = 0
  probesOut = 0
  probesTstampJiffies = 0
  probesZeroWindow = 0
  orphanProbes = 0
  timers: TcpTimers | null = null

  // RTT and congestion control. Windows in packets, RTTs in microseconds; srtt is 8 times the mean (srtt_us).
  srttUs = 0
  mdevUs = 0
  mdevMaxUs = 0
  rttvarUs = 0
  rttSeq = 0
  /** Minimum of the RTT in microseconds; its times are jiffies. */
  readonly rttMin: Minmax = { t: [0, 0, 0], v: [0xffffffff, 0xffffffff, 0xffffffff] }
  rcvRttMinUs = 0
  sndCwnd = 10
  sndCwndCnt = 0
  sndCwndClamp = 0xffffffff
  sndCwndUsed = 0
  sndCwndStampJiffies = 0
  sndSsthresh = 0x7fffffff
  priorSsthresh = 0
  priorCwnd = 0
  prrDelivered = 0
  prrOut = 0
  caState: number = TCP_CA_OPEN
  caOps: TcpCongestionOps | null = null
  /** What the algorithm keeps; it makes and types it. */
  caPriv: object | null = null
  caSetsockopt = false
  /** The route has named the algorithm and locked it. */
  caDstLocked = false
  reordering = 3
  reordSeen = 0
  packetsOut = 0
  sackedOut = 0
  lostOut = 0
  retransOut = 0
  maxPacketsOut = 0
  cwndUsageSeq = 0
  isCwndLimited = false
  highSeq = 0
  highSack: TcpSeg | null = null
  retransStamp = 0
  retransHint: TcpSeg | null = null
  undoMarker = 0
  undoRetrans = 0
  totalRetrans = 0
  totalRto = 0
  totalRtoRecoveries = 0
  /** Milliseconds in recoveries that a timeout began. */
  totalRtoTime = 0
  rtoStamp = 0
  frto = false
  tlpHighSeq = 0
  tlpRetrans = false
  isSackReneg = false
  dsackDups = 0
  readonly recvSackCache: readonly SackBlock[] = sackBlocks(4)
  /** Where the blocks of an incoming SACK are put in order. */
  readonly sackScratch: readonly SackBlock[] = sackBlocks(4)
  readonly ackState: AckState = new AckState()
  readonly cleanState: CleanState = new CleanState()
  readonly rate: RateSample = new RateSample()
  readonly ackSample: AckSample = { pktsAcked: 0, rttUs: -1, inFlight: 0 }
  readonly rack: TcpRack = {
    mstamp: 0,
    rttUs: 0,
    endSeq: 0,
    lastDelivered: 0,
    reoWndSteps: 1,
    reoWndPersist: 0,
    dsackSeen: false,
    advanced: false,
  }
  metrics: TcpMetrics | null = null
  // Rate samples (tp->delivered ...).
  delivered = 0
  deliveredCe = 0
  lost = 0
  appLimited = 0
  firstTxMstamp = 0
  deliveredMstamp = 0
  rateDelivered = 0
  rateIntervalUs = 0
  rateAppLimited = false

  // ECN (RFC 3168).
  ecnFlags = 0
  /** TCP_ECN_* from the SYN on a listener's behalf, TOS of the SYN for tcp_reflect_tos. */
  synTos = 0

  // Statistics of TCP_INFO.
  bytesAcked = 0
  bytesReceived = 0
  bytesSent = 0
  bytesRetrans = 0
  segsIn = 0
  segsOut = 0
  dataSegsIn = 0
  dataSegsOut = 0
  sawUnknown = false

  // Handshake.
  /** Sequence numbers of this side's SYN were acknowledged by this time (rtt of the handshake). */
  synStampJiffies = 0
  synSmart = false
  fastReorderSeen = false
  totalSynRetrans = 0

  constructor(netns: Netns, rings: TcpRingPool) {
    super(netns, IPPROTO_TCP)
    this.sendBuffer = new TcpSendBuffer(rings)
  }

  /** ifindex that it is bound to, 0 for none (sk_bound_dev_if). */
  get boundIfindex(): number {
    return this.boundDev === null ? 0 : this.boundDev.ifindex
  }

  /** Congestion window reached slow start's threshold (tcp_in_slow_start is the opposite). */
  get inSlowStart(): boolean {
    return this.sndCwnd < this.sndSsthresh
  }

  /** Packets that left the network and were not yet acknowledged in order (tcp_left_out). */
  get leftOut(): number {
    return this.sackedOut + this.lostOut
  }

  /** Packets in the network as far as this side knows (tcp_packets_in_flight). */
  get inFlight(): number {
    return this.packetsOut - this.sackedOut - this.lostOut + this.retransOut
  }

  /** Wakes the program because there is something to read, an event or an error (sk_data_ready, sk_state_change). */
  wakeRead(): void {
    this.wake()
  }

  /** Wakes a program that waits for the connection or for room (sk_write_space). */
  wakeWrite(): void {
    if (this.onWritable === null || this.writeWakePending) return
    this.writeWakePending = true
    this.netns.world.sim.task(runWritable, this, 'program')
  }

  /** A frame of this socket has ended (tcp_wfree, __sock_wfree). */
  wfree(octets: number): void {
    this.wmemAlloc -= octets
    if (octets === PURE_ACK_TRUESIZE || (this.deferred & (TSQ_THROTTLED | TSQ_QUEUED)) !== TSQ_THROTTLED) return
    this.deferred = (this.deferred & ~TSQ_THROTTLED) | TSQ_QUEUED
    this.netns.world.sim.tasklet(this.hooks!.tsq, this, 'tcp small queue')
  }

  /** The error of the socket as a positive errno, 0 for none; one that was only noted counts, too (SO_ERROR). */
  soError(): number {
    const error = this.takeError()
    if (error !== 0) return error
    const soft = this.errSoft
    this.errSoft = 0
    return soft
  }

  /** An ICMP error goes to the error queue, whether or not the program has asked for that (ip_icmp_error). */
  queueIcmpError(error: SockError): void {
    this.queueErrorOnly(error)
    this.wakeWrite()
  }

  /** Checks an address to bind to and returns what to send from (inet_bind). Throws EADDRNOTAVAIL. */
  bindSource(address: number): number {
    return this.checkBind(address)
  }

  /** Ends with its namespace. */
  close(): void {
    if (!this.closed) this.hooks?.destroy(this)
  }

  /** Lets go of what every socket holds; see inetCskDestroySock. */
  free(): void {
    if (!this.closed) this.release()
  }

  /** A restartable kernel timer of this socket. */
  timer(fn: (tp: TcpSock) => void, label: string): Timer<TcpSock, Skb> {
    return new Timer<TcpSock, Skb>(this.netns.world.sim, fn, this, label)
  }
}

const runWritable = (tp: TcpSock): void => {
  tp.writeWakePending = false
  if (!tp.closed) tp.onWritable?.()
}
