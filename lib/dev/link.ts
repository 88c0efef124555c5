/**
 * link: two Ethernet cards with a cable between them, which takes time and may lose frames (see cable.ts).
 *
 * It is netloom's own kind: Linux has no device for the world outside a machine. What a namespace sees of it is a
 * physical card: no kind in `ip -d link`, a queue (pfifo_fast) and a carrier of its own, which is there while both ends
 * are up.
 */
import { ALL_TSO, type KindFeatures, SCATTER, SOFT_OFF } from '../core/netdev-features.js'
import { devOpen, netifCarrierOff, netifCarrierOn, registerNetdevice, unregisterNetdevice } from '../core/dev.js'
import { DROP } from '../core/drop.js'
import {
  type DeviceOps,
  deviceOps,
  NET_XMIT_DROP,
  NETDEV_TX_OK,
  NETIF_F_HW_VLAN_CTAG_TX,
  NETIF_F_HW_VLAN_STAG_TX,
  type NetDevice,
} from '../core/netdev.js'
import { skbGsoSegments } from '../core/gso.js'
import type { LinkKind, NewLinkBase } from '../core/registry.js'
import { kfreeSkb, type Skb } from '../core/skb.js'
import { vlanHwaccelPushInside } from '../core/skb-vlan.js'
import { NetloomError } from '../errors.js'
import { deviceStream } from '../sched/crandom.js'
import { ETH_HLEN } from '../wire/ethernet.js'
import { Cable, type CableAttrs } from './cable.js'
import { assignAddress, checkPairEnd, createLink, type PeerAttrs } from './create-link.js'

/** Attributes of the kind `link`. What is absent stays as it is. */
export interface LinkKindAttrs {
  readonly peer: PeerAttrs
  /** Of both directions. */
  readonly both: Partial<CableAttrs>
  /** Of what this end sends, and of what it receives; they come after `both`. */
  readonly out: Partial<CableAttrs>
  readonly in: Partial<CableAttrs>
}

/** What `fillInfo` tells: both directions as seen from this end. */
export interface LinkKindInfo {
  readonly out: CableAttrs
  readonly in: CableAttrs
}

/** State of an end: the other one, and the cable towards it. */
class LinkEnd {
  peer: NetDevice | null = null
  cable: Cable | null = null
}

const endOf = (dev: NetDevice): LinkEnd => dev.priv as LinkEnd

/** The card cuts a packet of many segments into frames (TSO); captures have seen it whole. */
const linkXmitSegments = (skb: Skb, dev: NetDevice): number => {
  let rc = NETDEV_TX_OK
  for (const segment of skbGsoSegments(skb)) rc = linkXmit(segment, dev)
  return rc
}

const linkXmit = (skb: Skb, dev: NetDevice): number => {
  const { cable } = dev.priv as LinkEnd
  const { stats } = dev
  if (skb.vlanProto !== 0) vlanHwaccelPushInside(skb)
  if (skb.gsoSize !== 0) return linkXmitSegments(skb, dev)
  const octets = skb.tail - skb.data
  if (cable === null || octets < ETH_HLEN || !dev.carrier) {
    stats.txDropped++
    kfreeSkb(skb, octets < ETH_HLEN ? DROP.HDR_TRUNC : DROP.DEV_READY)
    return NET_XMIT_DROP
  }
  if (!cable.send(skb, dev)) {
    stats.txDropped++
    return NET_XMIT_DROP
  }
  stats.txPackets++
  stats.txBytes += octets
  return NETDEV_TX_OK
}

const linkOpen = (dev: NetDevice): void => {
  const { peer } = endOf(dev)
  if (peer === null || !peer.isUp) return
  netifCarrierOn(dev)
  netifCarrierOn(peer)
}

const linkStop = (dev: NetDevice): void => {
  const { peer } = endOf(dev)
  netifCarrierOff(dev)
  if (peer !== null) netifCarrierOff(peer)
}

/** A pulled cable loses what is on it, in both directions. */
const linkUninit = (dev: NetDevice): void => {
  const end = endOf(dev)
  end.cable?.cut()
  if (end.peer !== null) endOf(end.peer).cable?.cut()
  end.cable = null
  end.peer = null
}

const linkSpeed = (dev: NetDevice): number => {
  const rate = endOf(dev).cable?.attrs.rate ?? 0
  return rate === 0 ? -1 : Math.max(1, Math.round(rate / 1e6))
}

/** What `ethtool -k` shows of a new one. */
const LINK_FEATURES: KindFeatures = {
  fixedOn: ['highdma'],
  on: [
    ...SCATTER,
    ...ALL_TSO,
    'tx-checksum-ip-generic',
    'tx-generic-segmentation',
    'rx-gro',
    'tx-vlan-hw-insert',
    'tx-vlan-stag-hw-insert',
  ],
  off: ['tx-nocache-copy', ...SOFT_OFF],
}

const LINK_OPS: DeviceOps = deviceOps({
  kind: 'link',
  features: LINK_FEATURES,
  startXmit: linkXmit,
  open: linkOpen,
  stop: linkStop,
  uninit: linkUninit,
  getSpeed: linkSpeed,
})

const newEnd = (end: NewLinkBase): NetDevice => {
  const dev = createLink(end, LINK_OPS)
  dev.priv = new LinkEnd()
  dev.noQueue = false
  dev.features |= NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX
  assignAddress(dev, end)
  return dev
}

const RATES: readonly (keyof CableAttrs)[] = ['delay', 'jitter', 'rate', 'queue', 'gap']

const checkCable = (attrs: Partial<CableAttrs>): void => {
  for (const key of RATES) {
    const value = attrs[key]
    if (value !== undefined && !(Number.isInteger(value) && (value as number) >= 0))
      throw new NetloomError('EINVAL', `link: ${key} ${value} is not a whole number of 0 or more`, {
        [key]: `${value}`,
      })
  }
}

/** Reorders need a delay to be overtaken in; without a gap each frame may go ahead. */
const complete = (attrs: CableAttrs): CableAttrs => {
  if (attrs.reorder === 0) return { ...attrs, gap: 0 }
  if (attrs.delay === 0) throw new NetloomError('EINVAL', 'link: reorder needs a delay', { reorder: attrs.reorder })
  return attrs.gap === 0 ? { ...attrs, gap: 1 } : attrs
}

/** The two directions after a change; nothing is set yet. */
const changed = (dev: NetDevice, attrs: Partial<LinkKindAttrs>): LinkKindInfo => {
  const { both = {}, out = {} } = attrs
  for (const part of [both, out, attrs.in ?? {}]) checkCable(part)
  const now = fillInfo(dev)
  return {
    out: complete({ ...now.out, ...both, ...out }),
    in: complete({ ...now.in, ...both, ...attrs.in }),
  }
}

const apply = (dev: NetDevice, info: LinkKindInfo): void => {
  const { peer, cable } = endOf(dev)
  cable!.set(info.out)
  endOf(peer!).cable!.set(info.in)
}

const fillInfo = (dev: NetDevice): LinkKindInfo => {
  const { peer, cable } = endOf(dev)
  return { out: cable!.attrs, in: endOf(peer!).cable!.attrs }
}

const join = (dev: NetDevice, peer: NetDevice): void => {
  for (const [end, other] of [
    [dev, peer],
    [peer, dev],
  ] as const) {
    endOf(end).peer = other
    endOf(end).cable = new Cable(other, () => deviceStream(end, 'link', 0))
  }
}

/** The peer is registered first, as that of a veth is. */
const linkNewlink = (base: NewLinkBase, attrs: Partial<LinkKindAttrs>): NetDevice => {
  const peerAttrs = attrs.peer ?? {}
  checkPairEnd(base)
  checkPairEnd(peerAttrs)
  const peer = newEnd({ ...peerAttrs, name: peerAttrs.name ?? 'link%d', netns: peerAttrs.netns ?? base.netns })
  const dev = newEnd(base)
  join(dev, peer)
  const info = changed(dev, attrs)
  registerNetdevice(peer, peerAttrs.ifindex ?? 0)
  netifCarrierOff(peer)
  try {
    registerNetdevice(dev, base.ifindex ?? 0)
  } catch (e) {
    unregisterNetdevice(peer)
    throw e
  }
  netifCarrierOff(dev)
  apply(dev, info)
  if (peerAttrs.up) devOpen(peer)
  return dev
}

/** The kind `link`. */
export const LINK_KIND: LinkKind<LinkKindAttrs> = {
  kind: 'link',
  isPhysical: true,
  newlink: linkNewlink,
  changelink: (dev, attrs) => apply(dev, changed(dev, attrs)),
  dellink: dev => {
    const { peer } = endOf(dev)
    unregisterNetdevice(dev)
    if (peer !== null) unregisterNetdevice(peer)
  },
  fillInfo,
}

/** The other end of a link, or null. */
export const linkPeer = (dev: NetDevice): NetDevice | null => endOf(dev).peer
