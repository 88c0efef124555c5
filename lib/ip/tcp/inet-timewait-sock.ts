/**
 * What is left of a connection that this side has closed: it answers what is still on its way (TIME_WAIT), and stands for
 * FIN_WAIT2 when no program waits for it. Small, because there may be tens of thousands.
 *
 * @see include/net/inet_timewait_sock.h, include/linux/tcp.h struct tcp_timewait_sock, net/ipv4/inet_timewait_sock.c
 */
import type { Netns } from '../../core/netns.js'
import type { SimEvent } from '../../sim/queue.js'
import { HZ, NSEC_PER_JIFFY, wheelExpiry } from '../../sim/timer.js'
import type { BindBucket } from './inet-bhash.js'
import { inetBindBucketLeave } from './inet-hashtables.js'
import { netnsTcp } from './netns-tcp.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_TIME_WAIT } from './tcp-states.js'

/** TIME_WAIT lasts for a minute: ticks (TCP_TIMEWAIT_LEN). */
export const TCP_TIMEWAIT_LEN: number = 60 * HZ

/** A closed connection. Addresses and sequence numbers are int32, ports in host order. */
export class TcpTimewaitSock {
  readonly state: number = TCP_TIME_WAIT
  readonly netns: Netns
  readonly localAddress: number
  readonly localPort: number
  readonly peerAddress: number
  readonly peerPort: number
  readonly boundIfindex: number
  /** TCP_TIME_WAIT, or TCP_FIN_WAIT2. */
  substate: number
  readonly reuseAddr: boolean
  readonly reusePort: boolean
  readonly tos: number
  readonly mark: number
  readonly txHash: number
  readonly rcvWscale: number
  rcvNxt: number
  readonly sndNxt: number
  readonly rcvWnd: number
  tsRecent: number
  /** Seconds: when the timestamp came; 0 for none. */
  tsRecentStamp: number
  /** Milliseconds, int32: when it closed. */
  entryStampMs = 0
  readonly tsOffset: number
  lastOowAckTimeJiffies = 0
  /** Bound port. */
  bindBucket: BindBucket | null = null
  readonly connectBind: boolean
  timer: SimEvent | null = null

  /** `rcvWnd`: the window that the peer may still use. */
  constructor(tp: TcpSock, substate: number, rcvWnd: number) {
    this.netns = tp.netns
    this.localAddress = tp.localAddress
    this.localPort = tp.localPort
    this.peerAddress = tp.peerAddress
    this.peerPort = tp.peerPort
    this.boundIfindex = tp.boundIfindex
    this.substate = substate
    this.reuseAddr = tp.reuseAddr
    this.reusePort = tp.reusePort
    this.tos = tp.tos
    this.mark = tp.mark
    this.txHash = tp.txHash
    this.rcvWscale = tp.rxOpt.rcvWscale
    this.rcvNxt = tp.rcvNxt
    this.sndNxt = tp.sndNxt
    this.rcvWnd = rcvWnd
    this.tsRecent = tp.rxOpt.tsRecent
    this.tsRecentStamp = tp.rxOpt.tsRecentStamp
    this.tsOffset = tp.tsOffset
    this.connectBind = tp.connectBind
  }
}

const expire = (tw: TcpTimewaitSock): void => {
  tw.timer = null
  inetTwskKill(tw)
}

const setTimer = (tw: TcpTimewaitSock, jiffies: number): void => {
  const { sim } = tw.netns.world
  const at = wheelExpiry(sim.now, jiffies * NSEC_PER_JIFFY)
  tw.timer = sim.scheduleAt(at, expire, tw, 0, 'TIME_WAIT')
}

/** Sets the end of its life (inet_twsk_schedule). */
export const inetTwskSchedule = (tw: TcpTimewaitSock, jiffies: number): void => {
  const tcp = netnsTcp(tw.netns)
  // What the kernel counts as killed is what it does not keep for the whole time.
  if (jiffies <= 4 * HZ) tcp.mib.TWKilled++
  else tcp.mib.TW++
  tcp.twCount++
  setTimer(tw, jiffies)
}

/** Sets it anew while it lives (inet_twsk_reschedule). */
export const inetTwskReschedule = (tw: TcpTimewaitSock, jiffies: number): void => {
  if (tw.timer === null) return
  tw.netns.world.sim.cancel(tw.timer)
  setTimer(tw, jiffies)
}

/** Out of the tables (inet_twsk_kill). */
const inetTwskKill = (tw: TcpTimewaitSock): void => {
  const tcp = netnsTcp(tw.netns)
  tcp.hashinfo.ehash.remove(tw)
  const tb = tw.bindBucket
  tw.bindBucket = null
  if (tb !== null) inetBindBucketLeave(tw.netns, tb, tw)
  tcp.twCount--
}

/** Ends it before its time (inet_twsk_deschedule_put). */
export const inetTwskDeschedule = (tw: TcpTimewaitSock): void => {
  if (tw.timer === null) return
  tw.netns.world.sim.cancel(tw.timer)
  tw.timer = null
  inetTwskKill(tw)
}

/** Takes the place of its connection in the tables; the port stays held by both until the socket lets go (inet_twsk_hashdance). */
export const inetTwskHashdance = (tw: TcpTimewaitSock, tp: TcpSock): void => {
  const { ehash } = netnsTcp(tw.netns).hashinfo
  tw.bindBucket = tp.bindBucket
  tw.bindBucket?.owners.add(tw)
  if (tp.hashed) ehash.remove(tp)
  tp.hashed = false
  ehash.insert(tw)
}
