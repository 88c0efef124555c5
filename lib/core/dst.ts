/**
 * Destination entries: what a route lookup decided about a packet. One class for all, so that the forwarding path sees
 * one shape; IPv4's struct rtable is part of it.
 *
 * @see include/net/dst.h, include/net/route.h
 */
import type { NetDevice } from './netdev.js'
import type { Skb } from './skb.js'

/** A step of the path chosen by the route. Returns 0, a NET_XMIT code or a negative errno. */
export type DstFn = (skb: Skb) => number

/** Where a packet goes: the device, the next hop, and the functions that take it there. */
export class Dst {
  /** Outgoing device; for input of local packets the loopback device. */
  dev: NetDevice
  input: DstFn
  output: DstFn
  /** errno that the route stands for, or 0. */
  error: number
  /** RTN_UNICAST, RTN_LOCAL, ... */
  type: number
  /** RTCF_* flags. */
  flags: number
  /** True for a result of an input lookup. */
  isInput: boolean
  /** Next hop as int32, 0 when the destination is on the link. */
  gateway: number
  /** Preferred source of the route as int32, 0 when none. */
  prefsrc: number
  /** MTU that the route itself names, 0 for the device's. */
  mtu: number
  /** Path MTU that was learned from an ICMP error, 0 for none; ends at {@link expires}. */
  pmtu: number
  /** The route's MTU may not be lowered, and packets do not carry DF to find out. */
  mtuLocked: boolean
  /** TTL that the route names, 0 for the namespace's default. */
  hoplimit: number
  /** ifindex that packets of this host to itself seem to come in by: that of the device with the address. 0 for none. */
  iif: number
  /** Virtual time when a learned {@link mtu} or gateway ends, 0 for never. */
  expires: number
  /** Virtual time when it was made. */
  readonly lastuse: number
  /** Generation of the namespace's routes that this entry belongs to; another one makes it stale. */
  genid: number
  /** Neighbour entry found last for the next hop; typed above core. */
  neigh: object | null
  /** The fib_info that it came from; typed above core. */
  fibInfo: object | null

  constructor(dev: NetDevice, type: number, flags: number, input: DstFn, output: DstFn) {
    this.dev = dev
    this.input = input
    this.output = output
    this.error = 0
    this.type = type
    this.flags = flags
    this.isInput = false
    this.gateway = 0
    this.prefsrc = 0
    this.mtu = 0
    this.pmtu = 0
    this.mtuLocked = false
    this.hoplimit = 0
    this.iif = 0
    this.expires = 0
    this.lastuse = dev.netns.world.now
    this.genid = 0
    this.neigh = null
    this.fibInfo = null
  }
}
