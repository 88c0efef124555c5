/**
 * Tunnels over UDP: the kernel's own sockets, the outer UDP header, and the source port that tells flows apart.
 *
 * @see net/ipv4/udp_tunnel_core.c, include/net/udp.h udp_flow_src_port, net/ipv4/udp.c udp_set_csum
 */
import { DROP } from '../core/drop.js'
import type { Dst } from '../core/dst.js'
import type { FlowTunnel } from '../core/flow-stage.js'
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, kfreeSkb, type Skb, skbCsum, skbPush } from '../core/skb.js'
import { NetloomError } from '../errors.js'
import { getU16 } from '../wire/bytes.js'
import { csumFold, csumPseudo } from '../wire/checksum.js'
import { IPPROTO_UDP } from '../wire/ipv4.js'
import { putUdp, putUdpCsumField, UDP_HLEN } from '../wire/udp.js'
import { skbGetHash } from './skb-hash.js'
import { nextIdent } from './ident.js'
import { iptunnelXmit } from './ip-tunnel.js'
import { ipv4 } from './ipv4.js'
import { Sock } from './sock.js'
import { udpChecksumOk } from './udp.js'

const CSUM_OFFSET = 6

/** Takes a packet of a tunnel: `skb.data` is at the UDP header, whose checksum is right (encap_rcv). Owns it. */
export type EncapRcv = (sock: UdpTunnelSock, skb: Skb) => void
/** True when the ICMP error in `skb`, with the quoted UDP header at `o`, is about a packet of this tunnel. */
export type EncapErrLookup = (sock: UdpTunnelSock, skb: Skb, o: number) => boolean

/** A socket of the kernel that tunnels receive by and send from. */
export class UdpTunnelSock extends Sock {
  /** State of the tunnels that share it (sk_user_data). */
  readonly userData: object
  readonly encapErrLookup: (skb: Skb, o: number) => boolean
  readonly #rcv: EncapRcv

  /** Opens it on a port. Throws EADDRINUSE. */
  constructor(netns: Netns, port: number, userData: object, rcv: EncapRcv, errLookup: EncapErrLookup) {
    super(netns, IPPROTO_UDP)
    this.userData = userData
    this.#rcv = rcv
    this.encapErrLookup = (skb, o) => errLookup(this, skb, o)
    this.mcastLoop = false
    this.localPort = port
    if (ipv4(netns).udp.bind(this, netns)) return
    this.release()
    throw new NetloomError('EADDRINUSE', undefined, { port, netns: netns.name })
  }

  /** @internal */
  receive(skb: Skb): void {
    if (udpChecksumOk(skb)) this.#rcv(this, skb)
    else kfreeSkb(skb, DROP.UDP_CSUM)
  }

  /** Closes it, with its memberships (udp_tunnel_sock_release). */
  close(): void {
    if (this.closed) return
    ipv4(this.netns).udp.unbind(this)
    this.release()
  }
}

/** The upper half of the product of 32 and 16 bits, in halves that fit an integer (reciprocal_scale). */
const reciprocalScale = (value: number, range: number): number =>
  ((Math.imul(value >>> 16, range) >>> 0) + (Math.imul(value & 0xffff, range) >>> 16)) >>> 16

/**
 * Source port of a packet whose network header is at `o`, from the hash of its flow: one of `min` to `max - 1`, or of the
 * namespace's local ports when the range is empty (udp_flow_src_port).
 */
export const udpFlowSrcPort = (dev: NetDevice, skb: Skb, o: number, min: number, max: number): number => {
  let low = min
  let high = max
  if (min >= max) {
    const { sysctls } = ipv4(dev.netns)
    low = sysctls.ipLocalPortRangeMin
    high = sysctls.ipLocalPortRangeMax
  }
  const hash = skbGetHash(skb, o)
  return reciprocalScale(hash ^ (hash << 16), high - low) + low
}

/** Sum over the outer header, and instead of what follows the field that a checksum inside will make it add up to (lco_csum). */
const lcoCsum = (skb: Skb, udp: number, sum: number): number =>
  skbCsum(skb, udp, skb.csumStart, sum + (~getU16(skb.buf, skb.csumStart + skb.csumOffset) & 0xffff))

/** Sets the checksum, or leaves it to the device where nothing inside is left to it already (udp_set_csum). */
const udpSetCsum = (skb: Skb, udp: number, len: number, saddr: number, daddr: number): void => {
  const pseudo = csumPseudo(saddr, daddr, IPPROTO_UDP, len)
  if (skb.ipSummed === CHECKSUM_PARTIAL) {
    const csum = csumFold(lcoCsum(skb, udp, pseudo))
    putUdpCsumField(skb.buf, udp, csum === 0 ? 0xffff : csum)
    return
  }
  putUdpCsumField(skb.buf, udp, ~csumFold(pseudo) & 0xffff)
  skb.ipSummed = CHECKSUM_PARTIAL
  skb.csumStart = udp
  skb.csumOffset = CSUM_OFFSET
}

/** One direction of a tunnel, for a recorded flow. */
export class UdpTunnelFlow implements FlowTunnel {
  readonly netns: Netns
  readonly saddr: number
  readonly daddr: number
  readonly hasCsum: boolean

  constructor(netns: Netns, saddr: number, daddr: number, hasCsum: boolean) {
    this.netns = netns
    this.saddr = saddr
    this.daddr = daddr
    this.hasCsum = hasCsum
  }

  nextIdent(): number {
    return nextIdent(this.netns, this.saddr, this.daddr, IPPROTO_UDP)
  }

  setCsum(skb: Skb, o: number): void {
    udpSetCsum(skb, o, skb.tail - o, this.saddr, this.daddr)
  }
}

/** Writes the outer UDP and IPv4 headers and sends the packet (udp_tunnel_xmit_skb). Its bytes must be its own. */
export const udpTunnelXmitSkb = (
  skb: Skb,
  rt: Dst,
  sk: UdpTunnelSock,
  saddr: number,
  daddr: number,
  tos: number,
  ttl: number,
  df: number,
  sport: number,
  dport: number,
  nocheck: boolean,
): number => {
  if (skb.ipSummed !== CHECKSUM_PARTIAL) skb.ipSummed = CHECKSUM_NONE
  const at = skbPush(skb, UDP_HLEN)
  const len = skb.tail - at
  putUdp(skb.buf, at, sport, dport, len)
  skb.transportHeader = at
  if (!nocheck) udpSetCsum(skb, at, len, saddr, daddr)
  return iptunnelXmit(skb, rt, sk, sk.netns, saddr, daddr, IPPROTO_UDP, tos, ttl, df)
}
