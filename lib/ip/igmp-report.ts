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
  IGMPV3_GREC_HLEN,
  IGMPV3_REPORT_HLEN,
  putIgmp,
  putIgmpCsum,
  putIgmpGrec,
  putIgmpv3Report,
} from '../wire/igmp.js'
import { IP_DF, IPPROTO_IGMP, IPV4_HLEN } from '../wire/ipv4.js'
import { inDevOf } from './in-device.js'
import { ipv4 } from './ipv4.js'
import { ipLocalOut } from './local-out.js'
import { TC_PRIO_CONTROL } from './priority.js'
import { ipRouteOutput } from './route.js'

/** Router alert: a router looks at the packet although it is not addressed to it. */
const ROUTER_ALERT = Uint8Array.of(0x94, 4, 0, 0)
const TOS_INTERNETCONTROL = 0xc0

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

/** One record of an IGMPv3 report. */
export interface GroupRecord {
  readonly addr: number
  /** IGMPV3_MODE_IS_EXCLUDE, IGMPV3_CHANGE_TO_INCLUDE, ... */
  readonly type: number
}

/** Sends IGMPv3 reports to 224.0.0.22, as many as the records need; none without records. */
export const sendIgmpv3 = (dev: NetDevice, records: readonly GroupRecord[]): void => {
  const room = dev.mtu - IPV4_HLEN - ROUTER_ALERT.length - IGMPV3_REPORT_HLEN
  const most = Math.max(1, Math.floor(room / IGMPV3_GREC_HLEN))
  for (let i = 0; i < records.length; i += most) {
    const part = records.slice(i, i + most)
    send(dev, IGMPV3_ALL_MCR, true, IGMPV3_REPORT_HLEN + part.length * IGMPV3_GREC_HLEN, (skb, at) => {
      let next = putIgmpv3Report(skb.buf, at, part.length)
      for (const r of part) next = putIgmpGrec(skb.buf, next, r.type, r.addr)
    })
  }
}
