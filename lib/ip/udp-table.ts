/**
 * The UDP sockets of a namespace by local port.
 *
 * @see net/ipv4/udp.c udp_lib_get_port, compute_score, __udp4_lib_lookup
 */
import { flowFlush } from '../core/flow-genid.js'
import type { Netns } from '../core/netns.js'
import type { Skb } from '../core/skb.js'
import { ipv4 } from './ipv4.js'
import type { Sock } from './sock.js'

/** A socket of this table: a Sock that takes UDP packets. */
export interface UdpReceiver extends Sock {
  /** Takes a packet whose `data` is at the UDP header. Owns it. */
  receive(skb: Skb): void
  /**
   * A tunnel's socket: true when the ICMP error, whose quoted UDP header is at `o`, is about a packet of this tunnel
   * (encap_err_lookup). Null for sockets of programs.
   */
  readonly encapErrLookup: ((skb: Skb, o: number) => boolean) | null
}

/** A socket of the packet's address comes before any of the wildcard address, whatever else these match. */
const OWN_ADDRESS = 16

/** Match of a socket with a packet: more is better, -1 none (compute_score). */
const score = (sk: Sock, saddr: number, sport: number, daddr: number, ifindex: number): number => {
  let s = 2
  if (sk.localAddress !== 0) {
    if (sk.localAddress !== daddr) return -1
    s += OWN_ADDRESS
  }
  if (sk.peerAddress !== 0) {
    if (sk.peerAddress !== saddr) return -1
    s += 4
  }
  if (sk.peerPort !== 0) {
    if (sk.peerPort !== sport) return -1
    s += 4
  }
  if (sk.boundDev !== null) {
    if (sk.boundDev.ifindex !== ifindex) return -1
    s += 4
  }
  return s
}

const conflicts = (a: Sock, b: Sock): boolean => {
  if (a.boundDev !== null && b.boundDev !== null && a.boundDev !== b.boundDev) return false
  if (a.reuseAddr && b.reuseAddr) return false
  if (a.reusePort && b.reusePort) return false
  return a.localAddress === 0 || b.localAddress === 0 || a.localAddress === b.localAddress
}

/** Sockets by port; within a port the newest first. */
export class UdpTable {
  readonly #byPort = new Map<number, UdpReceiver[]>()

  /** Binds `sk` to its `localPort`, or to a free one when that is 0; false when it is in use. */
  bind(sk: UdpReceiver, netns: Netns): boolean {
    if (sk.localPort === 0) return this.#bindFree(sk, netns)
    flowFlush(netns)
    const list = this.#byPort.get(sk.localPort)
    if (list === undefined) this.#byPort.set(sk.localPort, [sk])
    else {
      if (list.some(other => conflicts(sk, other))) return false
      list.unshift(sk)
    }
    return true
  }

  #bindFree(sk: UdpReceiver, netns: Netns): boolean {
    const { ipLocalPortRangeMin: min, ipLocalPortRangeMax: max, ipLocalReservedPorts: reserved } = ipv4(netns).sysctls
    const n = max - min + 1
    const first = netns.rng.below(n)
    for (let i = 0; i < n; i++) {
      const port = min + ((first + i) % n)
      if (reserved?.[port] === 1) continue
      sk.localPort = port
      if (this.bind(sk, netns)) return true
    }
    sk.localPort = 0
    return false
  }

  unbind(sk: UdpReceiver): void {
    flowFlush(sk.netns)
    const left = this.#byPort.get(sk.localPort)?.filter(other => other !== sk) ?? []
    if (left.length > 0) this.#byPort.set(sk.localPort, left)
    else this.#byPort.delete(sk.localPort)
  }

  /** The socket that a unicast packet is for, or null. Sockets that share a port by SO_REUSEPORT split the flows. */
  lookup(saddr: number, sport: number, daddr: number, dport: number, ifindex: number): UdpReceiver | null {
    const list = this.#byPort.get(dport)
    if (list === undefined) return null
    if (list.length === 1) return score(list[0]!, saddr, sport, daddr, ifindex) > 0 ? list[0]! : null
    return this.#best(list, saddr, sport, daddr, ifindex)
  }

  #best(
    list: readonly UdpReceiver[],
    saddr: number,
    sport: number,
    daddr: number,
    ifindex: number,
  ): UdpReceiver | null {
    let best: UdpReceiver | null = null
    let badness = 0
    for (let i = 0; i < list.length; i++) {
      const s = score(list[i]!, saddr, sport, daddr, ifindex)
      if (s <= badness) continue
      badness = s
      best = list[i]!
    }
    if (best === null || !best.reusePort || best.peerAddress !== 0) return best
    const group = list.filter(sk => sk.reusePort && score(sk, saddr, sport, daddr, ifindex) === badness)
    const hash = Math.imul(saddr ^ Math.imul(sport + 1, 0x9e3779b1) ^ daddr, 0x85ebca6b) >>> 0
    return group[Math.floor((hash / 4294967296) * group.length)] ?? best
  }

  /** Every socket that a broadcast or multicast packet is for, the newest first. */
  lookupAll(saddr: number, sport: number, daddr: number, dport: number, ifindex: number): UdpReceiver[] {
    return (this.#byPort.get(dport) ?? []).filter(sk => score(sk, saddr, sport, daddr, ifindex) >= 0)
  }
}
