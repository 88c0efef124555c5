/**
 * The functions that routes point to, and the flags that travel with a packet through them.
 *
 * Route lookup stands before input, forwarding and output in the order of imports, but its results lead to them: each
 * namespace is given them when it is set up (stack.ts).
 *
 * @see include/net/ip.h
 */
import type { DstFn } from '../core/dst.js'
import type { Skb } from '../core/skb.js'

/** skb.ipFlags: the packet is being forwarded. */
export const IPSKB_FORWARDED = 0x01
/** It has passed POST_ROUTING, and was routed again after that: it does not pass there twice. */
export const IPSKB_REROUTED = 0x10
/** A redirect is due to the sender. */
export const IPSKB_DOREDIRECT = 0x20
/** The packet has a source route; it is a strict one; this host is its next stop, so it goes on to the one after. */
export const IPSKB_SRR_FOUND = 0x10000
export const IPSKB_SRR_STRICT = 0x20000
export const IPSKB_SRR_HIT = 0x40000
export const IPSKB_SRR: number = IPSKB_SRR_FOUND | IPSKB_SRR_STRICT | IPSKB_SRR_HIT

/** Targets of routes; each is called through {@link Dst.input} or {@link Dst.output}. */
export interface IpPath {
  readonly forward: DstFn
  readonly localDeliver: DstFn
  /** The lookup failed with `dst.error`. */
  readonly error: DstFn
  readonly output: DstFn
  /** Output of what this host receives too: broadcasts, and groups that it is a member of. */
  readonly mcOutput: DstFn
  /** What must not happen: output of an input route. */
  readonly bug: DstFn
}

/** A transport protocol (struct net_protocol). */
export interface InetProtocol {
  /** Takes a packet whose `data` is at its header. Owns it. */
  readonly rcv: (skb: Skb) => void
  /** Hears of an ICMP error; `skb.data` is at the quoted IPv4 header. The skb stays the caller's. */
  readonly err: ((skb: Skb, type: number, code: number, info: number) => void) | null
}
