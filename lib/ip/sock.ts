/**
 * What UDP and raw sockets have in common: addresses, options, the receive queue, errors and the wake-up of the program.
 *
 * System calls are plain calls that return at once, as with O_NONBLOCK: a negative errno instead of -1 and errno.
 *
 * @see include/net/sock.h, include/net/inet_sock.h, net/ipv4/ip_sockglue.c
 */
import type { Dst } from '../core/dst.js'
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { consumeSkb, kfreeSkb, type Skb } from '../core/skb.js'
import { DROP } from '../core/drop.js'
import { errnoNumber, NetloomError } from '../errors.js'
import { formatIpv4, isBroadcast, isMulticast4 } from '../wire/ip.js'
import { inetAddrType } from './fib-lookup.js'
import { ipv4 } from './ipv4.js'
import { McMemberships } from './mc-sock.js'
import { dstMtu, isDstFresh } from './route.js'
import { RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST } from './rtnetlink.js'
import { skbTruesize } from './truesize.js'

/**
 * IP_MTU_DISCOVER: fragment or not, and believe ICMP or not. `interface` keeps to the device's MTU, does not fragment and
 * sets no DF; `omit` is the same with fragments.
 */
export type PmtuDisc = 'dont' | 'want' | 'do' | 'probe' | 'interface' | 'omit'

/** What a socket with `recvErr` reads from its error queue (struct sock_extended_err). */
export interface SockError {
  /** errno as a positive number. */
  readonly errno: number
  /** ICMP type and code, -1 for errors of this host itself. */
  readonly icmpType: number
  readonly icmpCode: number
  /** Next-hop MTU or pointer, 0 otherwise. */
  readonly info: number
  /** Who sent the ICMP error, 0 for this host. */
  readonly offender: number
  /** Destination of the packet that failed. */
  readonly daddr: number
  readonly dport: number
  /** The quoted packet from its transport header on. */
  readonly quoted: Uint8Array
}

const EMSGSIZE = errnoNumber('EMSGSIZE')

/** A process that holds a socket. */
export interface SockHolder {
  readonly name: string
  readonly pid: number
  readonly fd: number
}

/** A socket of the IPv4 family. Programs use UdpSocket and RawSocket. */
export class Sock {
  readonly netns: Netns
  readonly protocol: number
  /** Counts the sockets of the namespace; what `ss -e` shows as inode and cookie. */
  readonly number: number
  /** Addresses as int32, ports in host order; 0 when not set. */
  localAddress = 0
  localPort = 0
  peerAddress = 0
  peerPort = 0
  /** Source address of what is sent; differs from {@link localAddress} when bound to a broadcast or group address. */
  sourceAddress = 0
  /** IP_TTL, 0 for the namespace's default. */
  ttl = 0
  tos = 0
  mcastTtl = 1
  mcastLoop = true
  /** IP_MULTICAST_ALL: what is sent to groups that others have joined here is received, too. */
  mcastAll = true
  mcastIf: NetDevice | null = null
  /** The kernel may fragment what this socket sends (ip_sk_ignore_df). Follows from {@link pmtuDisc}, as the next three do. */
  ignoresDf = true
  /** Learned path MTUs count (ip_sk_use_pmtu). */
  usesPmtu = true
  /** Every packet carries DF; otherwise, with `wantsDf`, one that fits and whose route lets it (ip_dont_fragment). */
  setsDf = false
  wantsDf = true
  /** IP_RECVERR: ICMP errors go to the error queue, and transmit errors are reported. */
  recvErr = false
  reuseAddr = false
  reusePort = false
  /** SO_BROADCAST. */
  broadcast = false
  /** SO_BINDTODEVICE. */
  boundDev: NetDevice | null = null
  /** SO_MARK of what is sent, int32. */
  mark = 0
  rcvbuf: number
  sndbuf: number
  /** Who holds it, for listings; null for the user's own program. */
  holder: SockHolder | null = null
  /** Called in process context when there is something to read, or an error. */
  onReadable: (() => void) | null = null
  closed = false
  /** @internal identification counter of a connected socket */
  inetId: number
  /** @internal hash of what a connected socket sends (sk_txhash), 0 for none */
  txHash = 0
  /** @internal route of a connected socket */
  dstCache: Dst | null = null
  /** @internal the peer has answered, which the next packet tells the neighbour entry (sk_dst_pending_confirm) */
  dstPendingConfirm = false
  /** Packets dropped because the receive queue was full. */
  drops = 0
  /** Groups that it has joined. */
  readonly memberships: McMemberships
  readonly rxQueue: Skb[] = []
  #rxHead = 0
  #rmem = 0
  #error = 0
  #wakePending = false
  #pmtuDisc: PmtuDisc = 'want'
  readonly #errors: SockError[] = []

  constructor(netns: Netns, protocol: number) {
    const { profile } = netns.world
    this.netns = netns
    this.protocol = protocol
    this.number = ++ipv4(netns).socketNumber
    if (ipv4(netns).sysctls.ipNoPmtuDisc !== 0) this.pmtuDisc = 'dont'
    this.rcvbuf = profile.rmemDefault
    this.sndbuf = profile.wmemDefault
    this.inetId = 0
    this.memberships = new McMemberships(netns)
    ipv4(netns).sockets.add(this)
  }

  /** IP_MTU_DISCOVER. */
  get pmtuDisc(): PmtuDisc {
    return this.#pmtuDisc
  }

  // Sending reads the flags, not the word: five comparisons of text for each packet are a twentieth of its way.
  set pmtuDisc(mode: PmtuDisc) {
    this.#pmtuDisc = mode
    this.ignoresDf = mode === 'dont' || mode === 'want' || mode === 'omit'
    this.usesPmtu = mode !== 'probe' && this.acceptsPmtu
    this.setsDf = mode === 'do' || mode === 'probe'
    this.wantsDf = mode === 'want'
  }

  /** True when ICMP errors about the path's MTU are believed (ip_sk_accept_pmtu). */
  get acceptsPmtu(): boolean {
    return this.#pmtuDisc !== 'interface' && this.#pmtuDisc !== 'omit'
  }

  /** Packets waiting to be read. */
  get readable(): number {
    return this.rxQueue.length - this.#rxHead
  }

  /** Octets that the receive queue counts as (sk_rmem_alloc). */
  get rmemQueued(): number {
    return this.#rmem
  }

  /** Checks an address to bind to and returns what to send from (inet_bind). Throws EADDRNOTAVAIL. */
  protected checkBind(address: number): number {
    const type = inetAddrType(this.netns, address)
    const isGroup = isMulticast4(address) || isBroadcast(address) || type === RTN_BROADCAST || type === RTN_MULTICAST
    if (address !== 0 && type !== RTN_LOCAL && !isGroup && ipv4(this.netns).sysctls.ipNonlocalBind === 0)
      throw new NetloomError('EADDRNOTAVAIL', undefined, { address: formatIpv4(address), netns: this.netns.name })
    return isGroup ? 0 : address
  }

  /**
   * Queues a packet for the program; false when the receive buffer is full. Takes the skb when true. `mayExceed`: the
   * packet that fills the buffer may go beyond its end (sock_queue_rcv_skb); otherwise it must fit, unless it is alone
   * (__udp_enqueue_schedule_skb).
   */
  enqueue(skb: Skb, mayExceed: boolean): boolean {
    const size = skbTruesize(skb)
    const fits = mayExceed ? this.#rmem < this.rcvbuf : this.#rmem === 0 || this.#rmem + size <= this.rcvbuf
    if (!fits) {
      this.drops++
      return false
    }
    this.#rmem += size
    this.rxQueue.push(skb)
    this.wake()
    return true
  }

  /** Takes the oldest packet off the receive queue, or null; the caller ends it. */
  protected dequeue(): Skb | null {
    if (this.#rxHead === this.rxQueue.length) return null
    const skb = this.rxQueue[this.#rxHead++]!
    if (this.#rxHead === this.rxQueue.length) {
      this.rxQueue.length = 0
      this.#rxHead = 0
    }
    this.#rmem -= skbTruesize(skb)
    return skb
  }

  /** Wakes the program at this instant, once however much there is to read. */
  wake(): void {
    if (this.onReadable === null || this.#wakePending) return
    this.#wakePending = true
    this.netns.world.sim.task(runReadable, this, 'program')
  }

  /** @internal */
  readableNow(): void {
    this.#wakePending = false
    if (!this.closed) this.onReadable?.()
  }

  /** Sets the error that the next call reports (sk_err), and wakes the program. */
  setError(errno: number): void {
    this.#error = errno
    this.wake()
  }

  /** True while an error is pending. */
  get hasError(): boolean {
    return this.#error !== 0
  }

  /** The pending error as a positive errno, 0 for none; reading clears it (SO_ERROR). */
  takeError(): number {
    const e = this.#error
    this.#error = 0
    return e
  }

  /** The oldest entry of the error queue, or null (MSG_ERRQUEUE). */
  errQueue(): SockError | null {
    const e = this.#errors.shift() ?? null
    if (e !== null && this.#errors.length === 0) this.#error = 0
    return e
  }

  /** True while the error queue holds something. */
  get hasQueuedErrors(): boolean {
    return this.#errors.length > 0
  }

  /** Puts an error into the error queue alone (sock_queue_err_skb). */
  protected queueErrorOnly(error: SockError): void {
    this.#errors.push(error)
    this.wake()
  }

  /** Puts an error into the error queue (ip_icmp_error, ip_local_error). */
  queueError(error: SockError): void {
    this.#errors.push(error)
    this.setError(error.errno)
  }

  /** A packet of this socket is too long for the path: -EMSGSIZE, told to the error queue as well (ip_local_error). */
  tooBig(daddr: number, dport: number, mtu: number): number {
    if (this.recvErr)
      this.queueError({
        errno: EMSGSIZE,
        icmpType: -1,
        icmpCode: -1,
        info: mtu,
        offender: 0,
        daddr,
        dport,
        quoted: new Uint8Array(0),
      })
    return -EMSGSIZE
  }

  /** MTU of the path to the connected peer as far as known (IP_MTU), or null without a peer. */
  get mtu(): number | null {
    return this.dstCache === null ? null : dstMtu(this.dstCache, false)
  }

  /** The connected route while it is fresh, else null. */
  protected freshDst(): Dst | null {
    const dst = this.dstCache
    return dst !== null && isDstFresh(dst, ipv4(this.netns)) ? dst : null
  }

  /** Releases what the socket holds. Packets that were not read end here. */
  protected release(): void {
    this.closed = true
    this.onReadable = null
    this.memberships.drop()
    for (let skb = this.dequeue(); skb !== null; skb = this.dequeue()) consumeSkb(skb)
    this.dstCache = null
    ipv4(this.netns).sockets.delete(this)
  }
}

const runReadable = (sk: Sock): void => sk.readableNow()

/** Ends a packet that a full receive queue refused. */
export const dropRcvbuf = (skb: Skb): void => kfreeSkb(skb, DROP.SOCKET_RCVBUFF)
