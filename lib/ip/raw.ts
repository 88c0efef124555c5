/**
 * Raw IPv4 sockets of one protocol (SOCK_RAW without IP_HDRINCL): what ping stands on.
 *
 * @see net/ipv4/raw.c
 */
import { NET_XMIT_CN, netXmitErrno } from '../core/dev-tx.js'
import type { Dst } from '../core/dst.js'
import { flowFlush } from '../core/flow-genid.js'
import type { Netns } from '../core/netns.js'
import { allocSkb, deliverSkb, type Skb, skbClone, skbPut } from '../core/skb.js'
import { errnoName, errnoNumber, NetloomError } from '../errors.js'
import { ICMP_HLEN, ICMP_REDIRECT, icmpType } from '../wire/icmp.js'
import { formatIpv4, isMulticast4 } from '../wire/ip.js'
import { IP_DF, IPPROTO_ICMP, IPV4_HLEN, ipv4Daddr, ipv4Ihl, ipv4Saddr, ipv4Tos, ipv4Ttl } from '../wire/ipv4.js'
import { icmpErrConvert } from './icmp-errors.js'
import { ipv4 } from './ipv4.js'
import { compileOwnOptions, type OwnOptions, putOptions } from './options.js'
import { dstHoplimit, ipLocalOut } from './local-out.js'
import { tosToPriority } from './priority.js'
import { dstMtu, inetIif, ipRouteConnect, ipRouteOutput, routeError } from './route.js'
import { ipRtIcmpError } from './route-exceptions.js'
import { RTCF_BROADCAST, RTCF_MULTICAST } from './rtnetlink.js'
import { dropRcvbuf, Sock } from './sock.js'

const EACCES = errnoNumber('EACCES')
const EMSGSIZE = errnoNumber('EMSGSIZE')
const EPIPE = errnoNumber('EPIPE')
const EDESTADDRREQ = errnoNumber('EDESTADDRREQ')

/** A packet as a raw socket receives it: with its IPv4 header. */
export interface RawPacket {
  readonly packet: Uint8Array
  readonly ttl: number
  readonly tos: number
  readonly ifindex: number
  /** Virtual time of its arrival. */
  readonly timeNs: number
}

/** A raw socket. Make one with {@link rawSocket}. */
export class RawSocket extends Sock {
  /** ICMP_FILTER: true lets a type through. */
  filter: ((icmpType: number) => boolean) | null = null
  #ipOptions: Uint8Array | null = null
  #compiled: OwnOptions | null = null

  constructor(netns: Netns, protocol: number) {
    super(netns, protocol)
    ipv4(netns).raw.push(this)
    flowFlush(netns)
  }

  /** IP_OPTIONS of what is sent: up to 40 octets, a multiple of four. A source route begins with its first stop. */
  get ipOptions(): Uint8Array | null {
    return this.#ipOptions
  }

  set ipOptions(options: Uint8Array | null) {
    this.#compiled = options === null ? null : compileOwnOptions(options)
    this.#ipOptions = options
  }

  /** Binds to a local address. Throws EADDRNOTAVAIL. */
  bind(address: number): void {
    this.sourceAddress = this.checkBind(address)
    this.localAddress = address
  }

  /** Fixes the peer (ip4_datagram_connect). Throws what the route lookup says. */
  connect(addr: number): void {
    const fl = ipv4(this.netns).fib.flow.reset(addr, this.sourceAddress, this.#oif(addr))
    fl.proto = this.protocol
    fl.tos = this.tos
    fl.mark = this.mark
    const dst = ipRouteConnect(this.netns, fl)
    if (dst === null) throw new NetloomError(errnoName(routeError(this.netns)), undefined, { peer: formatIpv4(addr) })
    if (dst.flags & RTCF_BROADCAST && !this.broadcast)
      throw new NetloomError('EACCES', undefined, { peer: formatIpv4(addr) })
    if (this.sourceAddress === 0) this.sourceAddress = fl.saddr
    if (this.localAddress === 0) this.localAddress = fl.saddr
    this.peerAddress = fl.daddr
    this.inetId = this.netns.rng.u16()
  }

  #oif(addr: number): number {
    if (this.boundDev !== null) return this.boundDev.ifindex
    return isMulticast4(addr) && this.mcastIf !== null ? this.mcastIf.ifindex : 0
  }

  /** Sends to the connected peer. */
  send(payload: Uint8Array): number {
    return this.peerAddress === 0 ? -EDESTADDRREQ : this.sendTo(payload, this.peerAddress)
  }

  /** Sends a payload of this socket's protocol (raw_sendmsg); octets sent, or a negative errno. */
  sendTo(payload: Uint8Array, addr: number): number {
    if (this.closed) return -EPIPE
    if (payload.length > 65535) return -EMSGSIZE
    const hop = this.#compiled !== null && this.#compiled.faddr !== 0 ? this.#compiled.faddr : addr
    const fl = ipv4(this.netns).fib.flow.reset(hop, this.sourceAddress, this.#oif(hop))
    fl.proto = this.protocol
    fl.tos = this.tos
    fl.mark = this.mark
    // Type and code stand where other protocols have the source port.
    if (this.protocol === IPPROTO_ICMP && payload.length >= 2) fl.sport = (payload[0]! << 8) | payload[1]!
    const dst = ipRouteOutput(this.netns, fl)
    if (dst === null) return -routeError(this.netns)
    if (dst.flags & RTCF_BROADCAST && !this.broadcast) return -EACCES
    return this.#transmit(payload, dst, fl.saddr, fl.daddr, addr)
  }

  /** `addr` is where the packet ends; `daddr` where it goes first, which a source route makes another. */
  #transmit(payload: Uint8Array, dst: Dst, saddr: number, daddr: number, addr: number): number {
    const optLen = this.#ipOptions?.length ?? 0
    const mtu = this.usesPmtu ? dstMtu(dst, false) : dst.dev.mtu
    const total = IPV4_HLEN + optLen + payload.length
    if (total > 65535) return -EMSGSIZE
    if (total > mtu && !this.ignoresDf) return this.tooBig(daddr, 0, mtu)
    const pending = this.takeError()
    if (pending !== 0) return -pending
    const skb = allocSkb(this.netns, total)
    skb.data = skb.tail = skb.data + IPV4_HLEN
    if (this.#compiled !== null) putOptions(skb, this.#compiled, saddr, addr)
    const at = skbPut(skb, payload.length)
    skb.buf.set(payload, at)
    skb.transportHeader = at
    skb.sk = this
    skb.mark = this.mark
    skb.priority = tosToPriority(this.tos)
    skb.dst = dst
    skb.ignoreDf = this.ignoresDf
    const wants = this.wantsDf && total <= mtu && !dst.mtuLocked
    const df = this.setsDf || wants ? IP_DF : 0
    const ttl = dst.flags & RTCF_MULTICAST ? this.mcastTtl : this.ttl !== 0 ? this.ttl : dstHoplimit(dst)
    const rc = ipLocalOut(skb, this, this.tos, df, ttl, this.protocol, saddr, daddr)
    if (rc <= 0) return rc === 0 ? payload.length : rc
    const err = rc === NET_XMIT_CN || !this.recvErr ? 0 : netXmitErrno(rc)
    return err === 0 ? payload.length : err
  }

  /** The oldest packet, copied out, or null when there is none. */
  recv(): RawPacket | null {
    const skb = this.dequeue()
    if (skb === null) return null
    const { buf: b, networkHeader: ip } = skb
    const packet: RawPacket = {
      packet: b.slice(ip, skb.tail),
      ttl: ipv4Ttl(b, ip),
      tos: ipv4Tos(b, ip),
      ifindex: inetIif(skb),
      timeNs: this.netns.world.now,
    }
    deliverSkb(skb)
    return packet
  }

  /** Closes the socket. */
  close(): void {
    if (this.closed) return
    const { raw } = ipv4(this.netns)
    raw.splice(raw.indexOf(this), 1)
    this.release()
  }
}

/** Opens a raw socket for an IPv4 protocol number in a namespace. */
export const rawSocket = (netns: Netns, protocol: number): RawSocket => new RawSocket(netns, protocol)

const matches = (sk: RawSocket, proto: number, saddr: number, daddr: number, ifindex: number): boolean =>
  sk.protocol === proto &&
  (sk.peerAddress === 0 || sk.peerAddress === saddr) &&
  (sk.localAddress === 0 || sk.localAddress === daddr) &&
  (sk.boundDev === null || sk.boundDev.ifindex === ifindex)

/** True when a socket's filter does not want the ICMP message; a headless one passes no filter (icmp_filter). */
const isFiltered = (sk: RawSocket, skb: Skb): boolean =>
  sk.filter !== null && (skb.tail - skb.data < ICMP_HLEN || !sk.filter(icmpType(skb.buf, skb.data)))

/** Gives every raw socket of the protocol a copy (raw_local_deliver); true when there was one. `data` is at the payload. */
export const rawLocalDeliver = (skb: Skb, proto: number): boolean => {
  const { raw } = ipv4(skb.netns)
  return raw.length > 0 && deliverCopies(skb, proto, raw)
}

const deliverCopies = (skb: Skb, proto: number, raw: readonly RawSocket[]): boolean => {
  const { buf: b, networkHeader: ip } = skb
  const saddr = ipv4Saddr(b, ip)
  const daddr = ipv4Daddr(b, ip)
  let found = false
  for (let i = 0; i < raw.length; i++) {
    const sk = raw[i]!
    if (!matches(sk, proto, saddr, daddr, inetIif(skb))) continue
    found = true
    if (proto === IPPROTO_ICMP && isFiltered(sk, skb)) continue
    if (!sk.memberships.allows(daddr, saddr, skb.dev!.ifindex, sk.mcastAll)) continue
    const copy = skbClone(skb)
    if (!sk.enqueue(copy, true)) dropRcvbuf(copy)
  }
  return found
}

/** An ICMP error about a packet of a raw socket (raw_icmp_error, raw_err). `skb.data` is at the quoted IPv4 header. */
export const rawIcmpError = (skb: Skb, proto: number, type: number, code: number, info: number): void => {
  const { buf: b, data: ip } = skb
  const daddr = ipv4Daddr(b, ip)
  for (const sk of [...ipv4(skb.netns).raw]) {
    if (!matches(sk, proto, daddr, ipv4Saddr(b, ip), inetIif(skb))) continue
    ipRtIcmpError(skb, type, code, info, sk)
    if (type === ICMP_REDIRECT) continue
    const { errno, fatal } = icmpErrConvert(type, code, sk.pmtuDisc)
    if (errno === 0) continue
    const o = ip + ipv4Ihl(b, ip)
    if (sk.recvErr) {
      const offender = ipv4Saddr(b, skb.networkHeader)
      const quoted = b.slice(o, skb.tail)
      sk.queueError({ errno, icmpType: type, icmpCode: code, info, offender, daddr, dport: 0, quoted })
    } else if (fatal && sk.peerAddress !== 0) sk.setError(errno)
  }
}
