/**
 * The route that a datagram of a socket without a peer has taken, for the next one to the same place: a program that sends
 * to one place at a time need not have it looked up again.
 *
 * It is part of the flow cache and kept by its contract: `flowGenid` stands for all that the lookup consulted, and only
 * routes that say the same to all packets of a flow are remembered.
 *
 * @see core/flow-genid.ts
 */
import type { Dst } from '../core/dst.js'
import { flowKeepsTo } from './flow.js'
import type { Sock } from './sock.js'

/** The last route of one socket. */
export class LastRoute {
  dst: Dst | null = null
  /** Addresses that the lookup has given the datagram. */
  saddr = 0
  daddr = 0
  // What it was looked up for.
  #addr = 0
  #port = 0
  #source = 0
  #sport = 0
  #oif = 0
  #tos = 0
  #mark = 0
  #gen = -1

  /** Keeps a route to `addr` and `port`, if it may be. */
  remember(sk: Sock, dst: Dst, addr: number, port: number, oif: number, saddr: number, daddr: number): void {
    this.dst = null
    if (sk.netns.world.flows === null || !flowKeepsTo(dst)) return
    this.dst = dst
    this.saddr = saddr
    this.daddr = daddr
    this.#addr = addr
    this.#port = port
    this.#source = sk.sourceAddress
    this.#sport = sk.localPort
    this.#oif = oif
    this.#tos = sk.tos
    this.#mark = sk.mark
    this.#gen = sk.netns.flowGenid
  }

  /** Would the lookup find the same? */
  isFor(sk: Sock, addr: number, port: number, oif: number): boolean {
    return (
      this.dst !== null &&
      this.#gen === sk.netns.flowGenid &&
      this.#addr === addr &&
      this.#port === port &&
      this.#source === sk.sourceAddress &&
      this.#sport === sk.localPort &&
      this.#oif === oif &&
      this.#tos === sk.tos &&
      this.#mark === sk.mark
    )
  }
}
