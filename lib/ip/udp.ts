/**
 * The User Datagram Protocol: sockets, sending, receiving, errors.
 *
 * @see net/ipv4/udp.c, RFC 768
 */
import { nfResetCt } from '../core/netfilter.js'
import { NET_XMIT_CN, netXmitErrno } from '../core/dev-tx.js'
import { DROP } from '../core/drop.js'
import type { Dst } from '../core/dst.js'
import { flowFlush } from '../core/flow-genid.js'
import { NETIF_F_HW_CSUM } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import {
  allocSkb,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  deliverSkb,
  kfreeSkb,
  type Skb,
  skbClone,
  skbCsum,
  skbPush,
  skbPut,
} from '../core/skb.js'
import { skbReuse } from '../core/skb-reuse.js'
import { errnoName, errnoNumber, NetloomError } from '../errors.js'
import { csumAndCopy, csumFold, csumPseudo } from '../wire/checksum.js'
import { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, ICMP_REDIRECT } from '../wire/icmp.js'
import { formatIpv4, isMulticast4 } from '../wire/ip.js'
import { IP_DF, IPPROTO_UDP, IPV4_HLEN, ipv4Daddr, ipv4Ihl, ipv4Saddr, ipv4Tos, ipv4Ttl } from '../wire/ipv4.js'
import { putUdp, putUdpCsumField, UDP_HLEN, udpCsum, udpDport, udpLen, udpSport } from '../wire/udp.js'
import type { Flow4 } from './fib-table.js'
import { flowLocal, flowLocalOut } from './flow.js'
import { icmpErrConvert } from './icmp-errors.js'
import { icmpSend } from './icmp-send.js'
import { ipv4 } from './ipv4.js'
import { LastRoute } from './last-route.js'
import { dstHoplimit, dstLocalOut, ipPutHeader } from './local-out.js'
import { tosToPriority } from './priority.js'
import { dstMtu, inetIif, ipRouteConnect, ipRouteOutput, routeError } from './route.js'
import { ipRtIcmpError } from './route-exceptions.js'
import { RTCF_BROADCAST, RTCF_MULTICAST } from './rtnetlink.js'
import { dropRcvbuf, Sock } from './sock.js'

const EACCES = errnoNumber('EACCES')
const EDESTADDRREQ = errnoNumber('EDESTADDRREQ')
const EINVAL = errnoNumber('EINVAL')
const EMSGSIZE = errnoNumber('EMSGSIZE')
const EPIPE = errnoNumber('EPIPE')
const ENOBUFS = errnoNumber('ENOBUFS')

/** Longest payload: 65,535 less the IPv4 and UDP headers. */
export const UDP_MAX_PAYLOAD: number = 65535 - IPV4_HLEN - UDP_HLEN

/** Up to here one pass that copies and sums beats a copy and a sum over words: 64 octets take 50 and 25 ns. */
const ONE_PASS = 24

/** Up to here a loop copies faster than a view and set(). */
const SMALL_COPY = 96

/** A received datagram. Addresses as int32. */
export interface Datagram {
  readonly data: Uint8Array
  readonly saddr: number
  readonly sport: number
  readonly daddr: number
  /** ifindex of the device that it came in by. */
  readonly ifindex: number
  readonly ttl: number
  readonly tos: number
}

/** A UDP socket (SOCK_DGRAM). Make one with {@link udpSocket}. */
export class UdpSocket extends Sock {
  /** @internal */
  readonly encapErrLookup = null
  #bound = false
  readonly #last: LastRoute = new LastRoute()
  /** Way of the datagram that is being sent. */
  #dst: Dst | null = null
  #saddr = 0
  #daddr = 0
  #fits = true

  constructor(netns: Netns) {
    super(netns, IPPROTO_UDP)
  }

  /** Binds to an address (0: any) and port (0: a free one). Throws EINVAL when bound, EADDRNOTAVAIL, EADDRINUSE. */
  bind(to: { address?: number; port?: number } = {}): void {
    const { address = 0, port = 0 } = to
    const source = this.checkBind(address)
    if (this.#bound) throw new NetloomError('EINVAL')
    this.localAddress = address
    this.sourceAddress = source
    this.localPort = port
    if (!ipv4(this.netns).udp.bind(this, this.netns)) {
      this.localAddress = this.sourceAddress = this.localPort = 0
      throw new NetloomError('EADDRINUSE', undefined, { address: formatIpv4(address), port, netns: this.netns.name })
    }
    this.#bound = true
  }

  /** Fixes the peer: only its datagrams are received, and ICMP errors are reported (ip4_datagram_connect). */
  connect(addr: number, port: number): void {
    if (!this.#bound) this.bind()
    const fl = ipv4(this.netns).fib.flow.reset(addr, this.sourceAddress, this.#oif(addr))
    this.#describe(fl, port)
    const dst = ipRouteConnect(this.netns, fl)
    if (dst === null) throw new NetloomError(errnoName(routeError(this.netns)), undefined, { peer: formatIpv4(addr) })
    if (dst.flags & RTCF_BROADCAST && !this.broadcast)
      throw new NetloomError('EACCES', undefined, { peer: formatIpv4(addr) })
    const { saddr, daddr } = fl
    if (this.sourceAddress === 0) this.sourceAddress = saddr
    if (this.localAddress === 0) this.localAddress = saddr
    this.peerAddress = daddr
    this.peerPort = port
    flowFlush(this.netns)
    this.inetId = this.netns.rng.u16()
    this.txHash = ipv4(this.netns).flowHash.drawTxHash()
    this.dstCache = dst
  }

  #oif(addr: number): number {
    if (this.boundDev !== null) return this.boundDev.ifindex
    return isMulticast4(addr) && this.mcastIf !== null ? this.mcastIf.ifindex : 0
  }

  /** What rules and multipath hashing may look at besides addresses. */
  #describe(fl: Flow4, port: number): void {
    fl.proto = IPPROTO_UDP
    fl.tos = this.tos
    fl.mark = this.mark
    fl.sport = this.localPort
    fl.dport = port
  }

  /** Sends to the connected peer; octets sent, or a negative errno. */
  send(data: Uint8Array): number {
    if (this.peerPort === 0) return -EDESTADDRREQ
    return this.sendTo(data, this.peerAddress, this.peerPort)
  }

  /** Sends a datagram (udp_sendmsg); octets sent, or a negative errno. A pending error is reported instead of sending. */
  sendTo(data: Uint8Array, addr: number, port: number): number {
    const octets = data.length
    const err = this.#prepare(octets, addr, port)
    if (err !== 0) return err
    const skb = allocSkb(this.netns, IPV4_HLEN + UDP_HLEN + octets)
    const at = skb.data + IPV4_HLEN
    const from = at + UDP_HLEN
    skb.data = at
    skb.tail = from
    skbPut(skb, octets)
    const sum = this.#beginCsum(skb, at, port)
    // The device finishes the sum, else it is made on the way.
    if (skb.ipSummed === CHECKSUM_PARTIAL) skb.buf.set(data, from)
    else if (octets <= ONE_PASS) putCsum(skb, at, sum + csumAndCopy(skb.buf, from, data))
    else {
      skb.buf.set(data, from)
      putCsum(skb, at, skbCsum(skb, from, skb.tail, sum))
    }
    return this.#transmit(skb, octets)
  }

  /**
   * As {@link sendTo} for the octets of a packet that the program has read, from `data` to `tail`, which are not copied if
   * that can be. Owns it.
   */
  sendSkb(read: Skb, addr: number, port: number): number {
    const octets = read.tail - read.data
    const err = this.#prepare(octets, addr, port)
    if (err !== 0) {
      deliverSkb(read)
      return err
    }
    const { netns } = this
    const skb = skbReuse(read, netns)
    netns.acct.created++
    const from = skb.data
    const at = skbPush(skb, UDP_HLEN)
    const sum = this.#beginCsum(skb, at, port)
    if (skb.ipSummed !== CHECKSUM_PARTIAL) putCsum(skb, at, skbCsum(skb, from, skb.tail, sum))
    return this.#transmit(skb, octets)
  }

  /** Finds the way of a datagram; 0, or the negative errno that sending it returns. */
  #prepare(octets: number, addr: number, port: number): number {
    if (this.closed) return -EPIPE
    if (octets > UDP_MAX_PAYLOAD) return -EMSGSIZE
    if (port === 0) return -EINVAL
    if (!this.#bound) this.bind()
    const isPeer = addr === this.peerAddress && port === this.peerPort
    let dst = isPeer ? this.freshDst() : null
    this.#saddr = this.sourceAddress
    this.#daddr = addr
    if (dst === null) {
      dst = this.#lookup(addr, port)
      if (dst === null) return -routeError(this.netns)
      if (dst.flags & RTCF_BROADCAST && !this.broadcast) return -EACCES
      if (isPeer) this.dstCache = dst
    }
    this.#dst = dst
    const mtu = this.usesPmtu ? dstMtu(dst, false) : dst.dev.mtu
    this.#fits = octets + UDP_HLEN + IPV4_HLEN <= mtu
    if (!this.#fits && !this.ignoresDf) return this.tooBig(this.#daddr, port, mtu)
    return 0 - this.takeError()
  }

  /** The route to a place, or null for none; sets the datagram's addresses. */
  #lookup(addr: number, port: number): Dst | null {
    const oif = this.#oif(addr)
    const last = this.#last
    if (last.isFor(this, addr, port, oif)) {
      this.#saddr = last.saddr
      this.#daddr = last.daddr
      return last.dst
    }
    const fl = ipv4(this.netns).fib.flow.reset(addr, this.sourceAddress, oif)
    this.#describe(fl, port)
    const dst = ipRouteOutput(this.netns, fl)
    if (dst === null) return null
    this.#saddr = fl.saddr
    this.#daddr = fl.daddr
    last.remember(this, dst, addr, port, oif, fl.saddr, fl.daddr)
    return dst
  }

  /**
   * Writes the UDP header at `at` and decides who makes the checksum: with CHECKSUM_PARTIAL the device, otherwise what is
   * returned is its sum without the payload.
   */
  #beginCsum(skb: Skb, at: number, port: number): number {
    const len = skb.tail - at
    const b = skb.buf
    putUdp(b, at, this.localPort, port, len)
    skb.transportHeader = at
    const pseudo = csumPseudo(this.#saddr, this.#daddr, IPPROTO_UDP, len)
    if (!this.#fits || !(this.#dst!.dev.features & NETIF_F_HW_CSUM)) return pseudo + this.localPort + port + len
    // Until then the field holds the pseudo-header's.
    putUdpCsumField(b, at, ~csumFold(pseudo) & 0xffff)
    skb.ipSummed = CHECKSUM_PARTIAL
    skb.csumStart = at
    skb.csumOffset = 6
    return 0
  }

  #transmit(skb: Skb, octets: number): number {
    const dst = this.#dst!
    skb.sk = this
    skb.mark = this.mark
    skb.priority = tosToPriority(this.tos)
    skb.hash = this.txHash
    skb.l4Hash = this.txHash !== 0
    skb.dst = dst
    skb.ignoreDf = this.ignoresDf
    const df = this.setsDf || (this.#fits && this.wantsDf && !dst.mtuLocked) ? IP_DF : 0
    const ttl = dst.flags & RTCF_MULTICAST ? this.mcastTtl : this.ttl !== 0 ? this.ttl : dstHoplimit(dst)
    ipPutHeader(skb, this, this.tos, df, ttl, IPPROTO_UDP, this.#saddr, this.#daddr)
    const { flows } = this.netns.world
    const rc = flows === null ? dstLocalOut(skb) : flowLocalOut(flows, skb)
    return rc === 0 ? octets : this.#sent(rc, octets)
  }

  /** What a send returns after a transmit that returned `rc`. */
  #sent(rc: number, octets: number): number {
    const err = rc > 0 ? (rc === NET_XMIT_CN ? 0 : netXmitErrno(rc)) : rc
    return err === 0 || (err === -ENOBUFS && !this.recvErr) ? octets : err
  }

  /** @internal takes a datagram whose `data` is at the UDP header (udp_queue_rcv_skb) */
  receive(skb: Skb): void {
    if (!udpChecksumOk(skb)) kfreeSkb(skb, DROP.UDP_CSUM)
    else if (!this.enqueue(skb, false)) dropRcvbuf(skb)
  }

  /** The oldest datagram, copied out, or null when there is none. */
  recv(): Datagram | null {
    const skb = this.dequeue()
    if (skb === null) return null
    const { buf: b, networkHeader: ip, transportHeader: udp } = skb
    const datagram: Datagram = {
      data: b.slice(udp + UDP_HLEN, skb.tail),
      saddr: ipv4Saddr(b, ip),
      sport: udpSport(b, udp),
      daddr: ipv4Daddr(b, ip),
      ifindex: inetIif(skb),
      ttl: ipv4Ttl(b, ip),
      tos: ipv4Tos(b, ip),
    }
    deliverSkb(skb)
    return datagram
  }

  /** Copies the oldest datagram into `into` without allocating; its length (of which more than fits is lost), or -1. */
  recvInto(into: Uint8Array): number {
    const skb = this.dequeue()
    if (skb === null) return -1
    const { buf: b } = skb
    const from = skb.transportHeader + UDP_HLEN
    const len = skb.tail - from
    const n = Math.min(len, into.length)
    if (n <= SMALL_COPY) copySmall(into, b, from, n)
    else into.set(b.subarray(from, from + n))
    deliverSkb(skb)
    return len
  }

  /**
   * The oldest datagram as a program reads it that leaves the octets where they are, from `data` to `tail`, or null when
   * there is none. The program ends it with deliverSkb, or gives it to the kernel again.
   */
  recvSkb(): Skb | null {
    const skb = this.dequeue()
    if (skb !== null) skb.data = skb.transportHeader + UDP_HLEN
    return skb
  }

  /** Closes the socket. */
  close(): void {
    if (this.closed) return
    this.#dst = this.#last.dst = null
    if (this.#bound) ipv4(this.netns).udp.unbind(this)
    this.release()
  }
}

/** Writes a checksum made of its sum; 0 would mean that there is none (RFC 768). */
const putCsum = (skb: Skb, at: number, sum: number): void => {
  const csum = csumFold(sum)
  putUdpCsumField(skb.buf, at, csum === 0 ? 0xffff : csum)
}

const copySmall = (into: Uint8Array, b: Uint8Array, from: number, n: number): void => {
  let i = 0
  for (const end = n & ~3; i < end; i += 4) {
    into[i] = b[from + i]!
    into[i + 1] = b[from + i + 1]!
    into[i + 2] = b[from + i + 2]!
    into[i + 3] = b[from + i + 3]!
  }
  for (; i < n; i++) into[i] = b[from + i]!
}

/** Opens a UDP socket in a namespace. */
export const udpSocket = (netns: Netns): UdpSocket => new UdpSocket(netns)

/** Verifies the checksum of a received packet, once; `transportHeader` is at the UDP header (udp_lib_checksum_complete). */
export const udpChecksumOk = (skb: Skb): boolean => {
  if (skb.ipSummed !== CHECKSUM_NONE) return true
  const { buf: b, transportHeader: o, networkHeader: ip } = skb
  if (udpCsum(b, o) !== 0) {
    const pseudo = csumPseudo(ipv4Saddr(b, ip), ipv4Daddr(b, ip), IPPROTO_UDP, skb.tail - o)
    if (csumFold(skbCsum(skb, o, skb.tail, pseudo)) !== 0) return false
  }
  skb.ipSummed = CHECKSUM_UNNECESSARY
  return true
}

/** The handler of IPPROTO_UDP (__udp4_lib_rcv). `skb.data` is at the UDP header. */
export const udpRcv = (skb: Skb): void => {
  const b = skb.buf
  const o = skb.data
  const room = skb.tail - o
  const len = room < UDP_HLEN ? 0 : udpLen(b, o)
  if (len < UDP_HLEN || len > room) return kfreeSkb(skb, DROP.PKT_TOO_SMALL)
  skb.tail = o + len
  skb.transportHeader = o
  const ip = skb.networkHeader
  const saddr = ipv4Saddr(b, ip)
  const daddr = ipv4Daddr(b, ip)
  const { udp } = ipv4(skb.netns)
  if (skb.dst!.flags & (RTCF_BROADCAST | RTCF_MULTICAST)) return deliverToAll(skb, saddr, daddr)
  const sk = udp.lookup(saddr, udpSport(b, o), daddr, udpDport(b, o), inetIif(skb))
  if (sk === null) return noSocket(skb)
  // What is queued keeps no connection alive (udp_queue_rcv_one_skb).
  nfResetCt(skb)
  if (skb.flowRec !== null) flowLocal(skb.flowRec, skb, sk)
  sk.receive(skb)
}

const noSocket = (skb: Skb): void => {
  if (!udpChecksumOk(skb)) return kfreeSkb(skb, DROP.UDP_CSUM)
  nfResetCt(skb)
  icmpSend(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0)
  kfreeSkb(skb, DROP.NO_SOCKET)
}

/** Gives every interested socket a copy (__udp4_lib_mcast_deliver). */
const deliverToAll = (skb: Skb, saddr: number, daddr: number): void => {
  const { buf: b, data: o } = skb
  const iif = inetIif(skb)
  const all = ipv4(skb.netns)
    .udp.lookupAll(saddr, udpSport(b, o), daddr, udpDport(b, o), iif)
    .filter(sk => sk.memberships.allows(daddr, saddr, iif, sk.mcastAll))
  if (all.length === 0) return kfreeSkb(skb, DROP.NO_SOCKET)
  for (let i = 1; i < all.length; i++) all[i]!.receive(skbClone(skb))
  all[0]!.receive(skb)
}

/**
 * An ICMP error about a UDP packet of this host (__udp4_lib_err). `skb.data` is at the quoted IPv4 header, `info` the MTU
 * or pointer of the error.
 */
export const udpErr = (skb: Skb, type: number, code: number, info: number): void => {
  const b = skb.buf
  const ip = skb.data
  const o = ip + ipv4Ihl(b, ip)
  const state = ipv4(skb.netns)
  const daddr = ipv4Daddr(b, ip)
  const dport = udpDport(b, o)
  const saddr = ipv4Saddr(b, ip)
  const sk = state.udp.lookup(daddr, dport, saddr, udpSport(b, o), inetIif(skb))
  if (sk === null || sk.encapErrLookup !== null) {
    // A tunnel sends from ports that it does not listen to: its socket is the one of the far end's port.
    const tunnel = state.udp.lookup(daddr, udpSport(b, o), saddr, dport, inetIif(skb))
    if (tunnel?.encapErrLookup?.(skb, o) === true) ipRtIcmpError(skb, type, code, info, tunnel)
    return
  }
  ipRtIcmpError(skb, type, code, info, sk)
  if (type === ICMP_REDIRECT) return
  const { errno, fatal } = icmpErrConvert(type, code, sk.pmtuDisc)
  if (errno === 0) return
  if (sk.recvErr) {
    const offender = ipv4Saddr(b, skb.networkHeader)
    sk.queueError({ errno, icmpType: type, icmpCode: code, info, offender, daddr, dport, quoted: b.slice(o, skb.tail) })
  } else if (fatal && sk.peerAddress !== 0) sk.setError(errno)
}
