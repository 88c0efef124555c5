/**
 * ARP that a bridge answers, or keeps from ports, because it knows the answer: proxy_arp, proxy_arp_wifi and
 * neigh_suppress of its ports. The answers are the neighbour entries of the bridge's own device.
 *
 * IPv6 neighbour discovery is left out.
 *
 * @see net/bridge/br_arp_nd_proxy.c br_do_proxy_suppress_arp
 */
import { netifRx } from '../../core/dev-rx.js'
import { devQueueXmit } from '../../core/dev-tx.js'
import { IFF_NOARP } from '../../core/netdev.js'
import { allocSkb, CHECKSUM_UNNECESSARY, type Skb, skbPush, skbPut } from '../../core/skb.js'
import { vlanHwaccelPutTag } from '../../core/skb-vlan.js'
import { vlanFindDev } from '../../core/vlan-core.js'
import { inetLookupIfaddr } from '../../ip/in-device.js'
import { ipv4 } from '../../ip/ipv4.js'
import { NUD_VALID } from '../../ip/neigh.js'
import {
  ARP_HLEN,
  ARPOP_REPLY,
  ARPOP_REQUEST,
  ARPOP_RREPLY,
  ARPOP_RREQUEST,
  arpOk,
  arpOp,
  arpSha,
  arpSpa,
  arpTpa,
  putArp,
} from '../../wire/arp.js'
import { ETH_HLEN, ETH_P_ARP, putEth } from '../../wire/ethernet.js'
import { isLoopback4, isMulticast4, isZeronet } from '../../wire/ip.js'
import { isMulticastAt } from '../../wire/mac.js'
import { brFdbFind } from './br-fdb.js'
import {
  BR_NEIGH_SUPPRESS,
  BR_PROXYARP,
  BR_PROXYARP_WIFI,
  BRCB_PROXYARP_REPLIED,
  type Bridge,
  type BridgePort,
} from './br-private.js'
import { brSkbVid } from './br-vlan-filter.js'

/** Sends the answer back by the port that the request came in by, or to the bridge's own host (br_arp_send). */
const arpSend = (br: Bridge, port: BridgePort | null, request: Skb, mac: number): void => {
  const b = request.buf
  const at = request.data
  const asker = arpSha(b, at)
  const skb = allocSkb(br.dev.netns, ARP_HLEN)
  const o = skbPut(skb, ARP_HLEN)
  putArp(skb.buf, o, ARPOP_REPLY, mac, arpTpa(b, at), asker, arpSpa(b, at))
  putEth(skb.buf, skbPush(skb, ETH_HLEN), asker, mac, ETH_P_ARP)
  skb.dev = request.dev
  skb.protocol = ETH_P_ARP
  skb.macHeader = skb.data
  skb.networkHeader = o
  const vid = brSkbVid(request)
  const pvid = (port === null ? br : port).vlgrp?.pvid ?? 0
  if (vid !== 0 && vid !== pvid) vlanHwaccelPutTag(skb, request.vlanProto, request.vlanTci)
  if (port !== null) {
    devQueueXmit(skb)
    return
  }
  skb.data = o
  skb.ipSummed = CHECKSUM_UNNECESSARY
  netifRx(skb)
}

/** True when a request or announcement need not reach the ports with neigh_suppress; it is not answered then. */
const suppressed = (skb: Skb, op: number, sip: number, tip: number): boolean => {
  if (op !== ARPOP_RREQUEST && op !== ARPOP_RREPLY && (isZeronet(sip) || sip === tip)) {
    skb.brFlags |= BRCB_PROXYARP_REPLIED
    return true
  }
  return false
}

/**
 * Looks at an ARP frame that came in by `port`, or from the bridge's own host when null, answers it if that is possible,
 * and notes in `skb.brFlags` that ports need not be asked (br_do_proxy_suppress_arp).
 */
export const brDoProxySuppressArp = (br: Bridge, port: BridgePort | null, skb: Skb): void => {
  const b = skb.buf
  const o = skb.data
  skb.brFlags &= ~BRCB_PROXYARP_REPLIED
  if (br.dev.flags & IFF_NOARP || !arpOk(b, o, skb.tail)) return
  const op = arpOp(b, o)
  const tip = arpTpa(b, o)
  if (isLoopback4(tip) || isMulticast4(tip)) return
  if (br.neighSuppressEnabled) {
    if (port !== null && port.flags & BR_NEIGH_SUPPRESS) return
    if (op === ARPOP_REQUEST && !isMulticastAt(b, skb.macHeader)) return
    if (suppressed(skb, op, arpSpa(b, o), tip)) return
  }
  if (op !== ARPOP_REQUEST) return
  const vid = brSkbVid(skb)
  // Within a VLAN it is the bridge's device in that VLAN that knows the answers.
  const dev = vid === 0 ? br.dev : vlanFindDev(br.dev, skb.vlanProto, vid)
  if (dev === null) return
  const state = ipv4(dev.netns)
  if (br.neighSuppressEnabled && inetLookupIfaddr(state.addrs, tip)?.inDev.dev === dev) {
    skb.brFlags |= BRCB_PROXYARP_REPLIED
    return
  }
  const neigh = state.neigh.lookup(dev, tip)
  if (neigh === null || (neigh.nudState & NUD_VALID) === 0) return
  const f = brFdbFind(br, neigh.ha, vid)
  if (f === null) return
  const target = f.dst?.flags ?? 0
  const replies = (port !== null && port.flags & BR_PROXYARP) || target & (BR_PROXYARP_WIFI | BR_NEIGH_SUPPRESS)
  if (replies) arpSend(br, port, skb, neigh.ha)
  if (replies || br.neighSuppressEnabled) skb.brFlags |= BRCB_PROXYARP_REPLIED
}
