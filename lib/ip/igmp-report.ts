/**
 * The messages by which a host tells routers about its groups.
 *
 * @see net/ipv4/igmp.c igmp_send_report, igmpv3_newpack, igmpv3_sendpack; RFC 2236, RFC 3376
 */
import type { NetDevice } from '../core/netdev.js'
import { allocSkb, type Skb, skbPut } from '../core/skb.js'
import {
  IGMP_ALL_ROUTER,
  IGMP_HLEN,
  IGMP_HOST_LEAVE_MESSAGE,
  IGMPV3_ALL_MCR,
  IGMPV3_REPORT_HLEN,
  putIgmp,
  putIgmpCsum,
  putIgmpGrec,
  putIgmpv3Report,
} from '../wire/igmp.js'
import { IP_DF, IPPROTO_IGMP, IPV4_HLEN } from '../wire/ipv4.js'
import { putU16, putU32 } from '../wire/bytes.js'
import { inDevOf } from './in-device.js'
import { ipv4 } from './ipv4.js'
import { ipLocalOut } from './local-out.js'
import { TC_PRIO_CONTROL } from './priority.js'
import { ipRouteOutput } from './route.js'

/** Router alert: a router looks at the packet although it is not addressed to it. */
const ROUTER_ALERT = Uint8Array.of(0x94, 4, 0, 0)
const TOS_INTERNETCONTROL = 0xc0
const IP_MAX_MTU = 65535

/**
 * Sends a message of `len` octets that `write` fills in, given the skb and its offset; TTL 1, with router alert. With
 * `ownSource` the source is an address of the device itself or 0.0.0.0 (igmpv3_get_srcaddr, RFC 3376 4.2.13).
 */
const send = (
  dev: NetDevice,
  daddr: number,
  ownSource: boolean,
  len: number,
  write: (skb: Skb, at: number) => void,
): void => {
  const fl = ipv4(dev.netns).fib.flow.reset(daddr, 0, dev.ifindex)
  fl.proto = IPPROTO_IGMP
  const rt = ipRouteOutput(dev.netns, fl)
  if (rt === null) return
  const hasSource = !ownSource || (inDevOf(dev)?.ifaList.some(ifa => ifa.local === fl.saddr) ?? false)
  const saddr = hasSource ? fl.saddr : 0
  const skb = allocSkb(dev.netns, IPV4_HLEN + ROUTER_ALERT.length + len)
  skb.data = skb.tail = skb.data + IPV4_HLEN
  skb.buf.set(ROUTER_ALERT, skbPut(skb, ROUTER_ALERT.length))
  skb.ipOptLen = ROUTER_ALERT.length
  const at = skbPut(skb, len)
  write(skb, at)
  putIgmpCsum(skb.buf, at, len)
  skb.dst = rt
  skb.priority = TC_PRIO_CONTROL
  ipLocalOut(skb, null, TOS_INTERNETCONTROL, IP_DF, 1, IPPROTO_IGMP, saddr, daddr)
}

/** Sends a report or leave message of IGMP version 1 or 2. */
export const sendIgmp = (dev: NetDevice, type: number, group: number): void =>
  send(dev, type === IGMP_HOST_LEAVE_MESSAGE ? IGMP_ALL_ROUTER : group, false, IGMP_HLEN, (skb, at) =>
    putIgmp(skb.buf, at, type, 0, group),
  )

/** Reports of version 3 to 224.0.0.22 that are filled record by record; a full one is sent (struct sk_buff of add_grec). */
export class Igmpv3Report {
  readonly #dev: NetDevice
  readonly #room: number
  #octets: Uint8Array | null = null
  #len = 0
  #ngrec = 0
  /** Offset of the record that sources are added to. */
  #grec = 0

  constructor(dev: NetDevice) {
    this.#dev = dev
    this.#room = Math.min(dev.mtu, IP_MAX_MTU) - IPV4_HLEN - ROUTER_ALERT.length - IGMPV3_REPORT_HLEN
  }

  /** Octets that still fit; 0 while none is begun. */
  get available(): number {
    return this.#octets === null ? 0 : this.#room - this.#len
  }

  /** Records that it holds. */
  get ngrec(): number {
    return this.#ngrec
  }

  /** Sends what it holds and begins a new one. */
  next(): void {
    this.send()
    this.#octets = new Uint8Array(Math.max(0, this.#room))
  }

  /** Begins a record; its sources follow. */
  addGroup(type: number, group: number): void {
    this.#octets ??= new Uint8Array(Math.max(0, this.#room))
    this.#grec = this.#len
    this.#len = putIgmpGrec(this.#octets, this.#len, type, group)
    this.#ngrec++
  }

  /** Adds a source to the record that was begun last; `count` is how many it has then. */
  addSource(addr: number, count: number): void {
    putU32(this.#octets!, this.#len, addr)
    putU16(this.#octets!, this.#grec + 2, count)
    this.#len += 4
  }

  /** Sends what it holds; nothing when none is begun. */
  send(): void {
    const octets = this.#octets
    if (octets === null) return
    const [len, ngrec] = [this.#len, this.#ngrec]
    this.#octets = null
    this.#len = this.#ngrec = 0
    send(this.#dev, IGMPV3_ALL_MCR, true, IGMPV3_REPORT_HLEN + len, (skb, at) => {
      skb.buf.set(octets.subarray(0, len), putIgmpv3Report(skb.buf, at, ngrec))
    })
  }
}
