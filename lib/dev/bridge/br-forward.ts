/**
 * The way out of a bridge: to one port, to all that flooding reaches, to the members of a multicast group.
 *
 * Every port but the last gets a clone; the last one gets the frame itself, unless the bridge's own host gets it too.
 * Left out: offloading to switches, traffic control's redirection.
 *
 * @see net/bridge/br_forward.c
 */
import { devQueueXmit } from '../../core/dev-tx.js'
import { DROP } from '../../core/drop.js'
import { IFF_UP, type NetDevice } from '../../core/netdev.js'
import { NF_BR_FORWARD, NF_BR_LOCAL_OUT } from '../../core/netfilter.js'
import { kfreeSkb, type Skb, skbClone, skbCopy } from '../../core/skb.js'
import { ETH_HLEN, ethDstOff, ethSrc } from '../../wire/ethernet.js'
import { MAC_BROADCAST, putMac } from '../../wire/mac.js'
import { isStarG, MCAST_INCLUDE, MDB_PG_FLAGS_BLOCKED, type MdbEntry, type PortGroup } from './br-mcast-state.js'
import {
  brDropFakeRtable,
  brHookAll,
  brHookBefore,
  brNfForward,
  brNfFragment,
  brNfPostRouting,
} from './br-netfilter-hooks.js'
import {
  BR_BCAST_FLOOD,
  BR_FLOOD,
  BR_HAIRPIN_MODE,
  BR_ISOLATED,
  BR_MCAST_FLOOD,
  BR_MULTICAST_TO_UNICAST,
  BR_NEIGH_SUPPRESS,
  BR_PKT_UNICAST,
  BR_PROXYARP,
  BR_PROXYARP_WIFI,
  BR_STATE_FORWARDING,
  BRCB_BRNF,
  BRCB_PROXYARP_REPLIED,
  BRCB_SRC_PORT_ISOLATED,
  BRCB_VLAN_FILTERED,
  type Bridge,
  type BridgePort,
  BR_PKT_MULTICAST,
} from './br-private.js'
import { brAllowedEgress, brHandleVlan } from './br-vlan-filter.js'

const VLAN_HLEN = 4

/**
 * Not back to where it came from, not between isolated ports, and only through a forwarding port that is a member of the
 * frame's VLAN (should_deliver).
 */
const shouldDeliver = (p: BridgePort, skb: Skb): boolean =>
  p.state === BR_STATE_FORWARDING &&
  (p.dev !== skb.dev || (p.flags & BR_HAIRPIN_MODE) !== 0) &&
  ((p.flags & BR_ISOLATED) === 0 || (skb.brFlags & BRCB_SRC_PORT_ISOLATED) === 0) &&
  ((skb.brFlags & BRCB_VLAN_FILTERED) === 0 || brAllowedEgress(p.vlgrp!, skb))

/**
 * Puts the Ethernet header back on and sends by `skb.dev`; frames that are too long for the device end here
 * (br_dev_queue_push_xmit).
 */
export const brDevQueuePushXmit = (skb: Skb): void => {
  const dev = skb.dev!
  if ((skb.brFlags & BRCB_BRNF) !== 0) {
    skb.brFlags &= ~BRCB_BRNF
    if (skb.tail - skb.data > dev.mtu) {
      brNfFragment(skb)
      return
    }
  }
  if (skb.dst !== null) brDropFakeRtable((dev.rxHandlerData as BridgePort).br, skb)
  skb.data -= ETH_HLEN
  if ((dev.flags & IFF_UP) === 0) kfreeSkb(skb, DROP.DEV_READY)
  else if (skb.tail - skb.data > dev.mtu + dev.hardHeaderLen + VLAN_HLEN && skb.gsoSize === 0)
    kfreeSkb(skb, DROP.PKT_TOO_BIG)
  else devQueueXmit(skb)
}

/** Sends the frame itself by a port (__br_forward). */
const forwardTo = (to: BridgePort, skb: Skb): void => {
  if ((skb.brFlags & BRCB_VLAN_FILTERED) !== 0 && !brHandleVlan(to.br, to, to.vlgrp!, skb)) return
  const indev = skb.dev!
  skb.dev = to.dev
  if (skb.nfBridge === null && skb.netns.nf.bridge === null) brDevQueuePushXmit(skb)
  else passHooks(to, skb, indev)
}

/** Takes a frame past the hooks, those of br_netfilter among them; `indev` is the bridge for what its host sends. */
const passHooks = (to: BridgePort, skb: Skb, indev: NetDevice): void => {
  const isLocal = indev === to.br.dev
  if (isLocal) {
    if (brHookAll(skb, NF_BR_LOCAL_OUT, null, to.dev, brNfPostRouting)) brNfPostRouting(skb)
  } else if (brHookBefore(skb, NF_BR_FORWARD, indev, to.dev, brNfPostRouting)) {
    if (skb.nfBridge === null) brNfPostRouting(skb)
    else brNfForward(skb, indev)
  }
}

const deliverClone = (to: BridgePort, skb: Skb): void => forwardTo(to, skbClone(skb))

/** The last port of a flood gets the frame, or a clone when the host wants it too; without a port the frame ends. */
const deliverLast = (prev: BridgePort | null, skb: Skb, localRcv: boolean): void => {
  if (prev === null) {
    if (!localRcv) kfreeSkb(skb, DROP.BRIDGE_NO_EGRESS_PORT)
  } else if (localRcv) deliverClone(prev, skb)
  else forwardTo(prev, skb)
}

/** Sends a frame by the port that the table names; null for an address of the bridge itself (br_forward). */
export const brForward = (to: BridgePort | null, skb: Skb, localRcv: boolean): void => {
  let port = to
  if (port !== null && port.backupPort !== null && (!port.dev.carrier || !port.dev.running)) port = port.backupPort
  if (port === null || !shouldDeliver(port, skb)) {
    if (!localRcv) kfreeSkb(skb, DROP.BRIDGE_NO_EGRESS_PORT)
  } else if (localRcv) deliverClone(port, skb)
  else forwardTo(port, skb)
}

/** The flag that a port must have to be flooded with frames of a type; frames of the host need it for unicast only. */
const floodFlag = (pktType: number, localOrig: boolean): number => {
  if (pktType === BR_PKT_UNICAST) return BR_FLOOD
  if (localOrig) return 0
  return pktType === BR_PKT_MULTICAST ? BR_MCAST_FLOOD : BR_BCAST_FLOOD
}

/** True when a port is left out of a flood because of ARP that is answered for it. */
const holdsArpBack = (p: BridgePort, skb: Skb): boolean =>
  (p.flags & BR_PROXYARP) !== 0 ||
  ((skb.brFlags & BRCB_PROXYARP_REPLIED) !== 0 && (p.flags & (BR_PROXYARP_WIFI | BR_NEIGH_SUPPRESS)) !== 0)

/** Sends a frame by every port that takes it, the newest port first (br_flood). */
export const brFlood = (br: Bridge, skb: Skb, pktType: number, localRcv: boolean, localOrig: boolean): void => {
  const need = floodFlag(pktType, localOrig)
  const { ports } = br
  let prev: BridgePort | null = null
  for (let i = 0; i < ports.length; i++) {
    const p = ports[i]!
    if ((p.flags & need) !== need || holdsArpBack(p, skb) || !shouldDeliver(p, skb)) continue
    if (prev !== null) deliverClone(prev, skb)
    prev = p
  }
  deliverLast(prev, skb, localRcv)
}

/** Sends a copy with the member's MAC as destination (maybe_deliver_addr, mcast_to_unicast). */
const maybeDeliverAddr = (pg: PortGroup, skb: Skb): void => {
  if (!shouldDeliver(pg.port, skb)) return
  // Even with hairpin nobody hears himself.
  if (skb.dev === pg.port.dev && ethSrc(skb.buf, skb.macHeader) === pg.ethAddr) return
  const copy = skbCopy(skb)
  if (pg.ethAddr !== MAC_BROADCAST) putMac(copy.buf, ethDstOff(copy.macHeader), pg.ethAddr)
  forwardTo(pg.port, copy)
}

/** Sends a frame to the members of a group (null: none) and to the router ports (br_multicast_flood). */
export const brMulticastFlood = (mdst: MdbEntry | null, skb: Skb, br: Bridge, localRcv: boolean): void => {
  const members = mdst?.ports ?? []
  const routers = br.mcast.routerPorts
  const starExclude = br.mcast.igmpVersion === 3 && mdst !== null && isStarG(mdst.key)
  let prev: BridgePort | null = null
  let m = 0
  let r = 0
  while (m < members.length || r < routers.length) {
    const pg = m < members.length ? members[m]! : null
    const router = r < routers.length ? routers[r]! : null
    const fromGroup = pg !== null && (router === null || pg.port.seq > router.seq)
    const port = fromGroup ? pg.port : router!
    if (pg !== null && pg.port === port) m++
    if (port === router) r++
    if (fromGroup && port.flags & BR_MULTICAST_TO_UNICAST) {
      maybeDeliverAddr(pg, skb)
      continue
    }
    if (fromGroup && ((starExclude && pg.filterMode === MCAST_INCLUDE) || pg.flags & MDB_PG_FLAGS_BLOCKED)) continue
    if (!shouldDeliver(port, skb)) continue
    if (prev !== null) deliverClone(prev, skb)
    prev = port
  }
  deliverLast(prev, skb, localRcv)
}
