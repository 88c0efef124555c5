/**
 * What is left of a connection that this side has closed: it answers what is still on its way (TIME_WAIT), and stands for
 * FIN_WAIT2 when no program waits for it. Small, because there may be tens of thousands.
 *
 * @see include/net/inet_timewait_sock.h, include/linux/tcp.h struct tcp_timewait_sock
 */
import type { Netns } from '../../core/netns.js'
import type { SimEvent } from '../../sim/queue.js'
import type { BindBucket } from './inet-bhash.js'
import { TCP_TIME_WAIT } from './tcp-states.js'

/** A closed connection. Addresses and sequence numbers are int32, ports in host order. */
export class TcpTimewaitSock {
  readonly state: number = TCP_TIME_WAIT
  readonly netns: Netns
  localAddress = 0
  localPort = 0
  peerAddress = 0
  peerPort = 0
  boundIfindex = 0
  /** TCP_TIME_WAIT, or TCP_FIN_WAIT2. */
  substate: number
  reuseAddr = false
  reusePort = false
  tos = 0
  mark = 0
  priority = 0
  txHash = 0
  rcvWscale = 0
  rcvNxt = 0
  sndNxt = 0
  rcvWnd = 0
  tsRecent = 0
  /** Seconds and microseconds: when the timestamp came, and when it closed. */
  tsRecentStamp = 0
  entryStampUs = 0
  tsOffset = 0
  lastOowAckTimeJiffies = 0
  /** Bound port. */
  bindBucket: BindBucket | null = null
  connectBind = false
  timer: SimEvent | null = null

  constructor(netns: Netns, substate: number) {
    this.netns = netns
    this.substate = substate
  }
}
