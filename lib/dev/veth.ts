/**
 * veth: two devices, each the other's far end. What one transmits the other receives, through the backlog of the one
 * CPU; the ends may be in different namespaces and only vanish together.
 *
 * A carrier is there while both ends are up. An end takes frames up to its own MTU plus Ethernet and VLAN header, and a
 * drop at the far end is told to the sender. NAPI and XDP are left out (a veth without them receives by netif_rx).
 *
 * @see drivers/net/veth.c
 */
import { GSO_ENCAP, GSO_SOFTWARE, type KindFeatures, SCATTER, SOFT_OFF } from '../core/netdev-features.js'
import { devOpen, netifCarrierOff, netifCarrierOn, registerNetdevice, unregisterNetdevice } from '../core/dev.js'
import { devForwardSkb } from '../core/dev-rx.js'
import { DROP } from '../core/drop.js'
import {
  type DeviceOps,
  DevStats,
  deviceOps,
  NET_RX_SUCCESS,
  NET_XMIT_DROP,
  NETDEV_TX_OK,
  NETIF_F_HW_VLAN_CTAG_TX,
  NETIF_F_HW_VLAN_STAG_TX,
  type NetDevice,
} from '../core/netdev.js'
import type { LinkKind, NewLinkBase } from '../core/registry.js'
import { kfreeSkb, type Skb } from '../core/skb.js'
import { NetloomError } from '../errors.js'
import { ETH_HLEN } from '../wire/ethernet.js'
import { assignAddress, checkPairEnd, createLink, type PeerAttrs } from './create-link.js'

/** Attributes of the kind `veth`. */
export interface VethAttrs {
  readonly peer: PeerAttrs
}

/** State of a veth end (struct veth_priv). */
class Veth {
  peer: NetDevice | null = null
}

/** A veth's number of queues when none is asked for: one for each CPU of the reference machine. */
const DEFAULT_QUEUES = 2
const SPEED_10000 = 10000
/** GSO_MAX_SIZE. */
const TSO_MAX_SIZE = 524280

const vethPriv = (dev: NetDevice): Veth => dev.priv as Veth

/** The other end of a veth, or null. */
export const vethPeer = (dev: NetDevice): NetDevice | null => vethPriv(dev).peer

const vethXmit = (skb: Skb, dev: NetDevice): number => {
  const { peer } = dev.priv as Veth
  const { stats } = dev
  const octets = skb.tail - skb.data
  if (peer === null || octets < ETH_HLEN) {
    stats.txDropped++
    kfreeSkb(skb, DROP.NOT_SPECIFIED)
    return NET_XMIT_DROP
  }
  if (skb.flowRec !== null) skb.flowRec.givesTo(dev, octets, peer)
  if (devForwardSkb(peer, skb) === NET_RX_SUCCESS) {
    stats.txPackets++
    stats.txBytes += octets
    return NETDEV_TX_OK
  }
  stats.txDropped++
  return NET_XMIT_DROP
}

const vethOpen = (dev: NetDevice): void => {
  const { peer } = vethPriv(dev)
  if (peer === null) throw new NetloomError('ENOTCONN', undefined, { dev: dev.name })
  if (!peer.isUp) return
  netifCarrierOn(dev)
  netifCarrierOn(peer)
}

const vethStop = (dev: NetDevice): void => {
  const { peer } = vethPriv(dev)
  netifCarrierOff(dev)
  if (peer !== null) netifCarrierOff(peer)
}

/** What an end received is what its peer has sent (veth_get_stats64). */
const vethGetStats = (dev: NetDevice): DevStats => {
  const { peer } = vethPriv(dev)
  const out = Object.assign(new DevStats(), dev.stats)
  out.rxPackets = peer?.stats.txPackets ?? 0
  out.rxBytes = peer?.stats.txBytes ?? 0
  return out
}

/** What `ethtool -k` shows of a new one. */
const VETH_FEATURES: KindFeatures = {
  fixedOn: [],
  on: [
    ...SCATTER,
    ...GSO_SOFTWARE,
    ...GSO_ENCAP,
    'tx-checksum-ip-generic',
    'tx-checksum-sctp',
    'rx-checksum',
    'tx-generic-segmentation',
    'highdma',
    'tx-vlan-hw-insert',
    'rx-vlan-hw-parse',
    'tx-vlan-stag-hw-insert',
    'rx-vlan-stag-hw-parse',
  ],
  off: ['rx-gro', 'tx-nocache-copy', ...SOFT_OFF],
}

const VETH_OPS: DeviceOps = deviceOps({
  kind: 'veth',
  features: VETH_FEATURES,
  startXmit: vethXmit,
  open: vethOpen,
  stop: vethStop,
  uninit: dev => {
    vethPriv(dev).peer = null
  },
  getIflink: dev => {
    const { peer } = vethPriv(dev)
    return { ifindex: peer?.ifindex ?? 0, dev: peer }
  },
  getStats: vethGetStats,
  getSpeed: () => SPEED_10000,
})

const newEnd = (end: NewLinkBase): NetDevice => {
  const dev = createLink(end, VETH_OPS, DEFAULT_QUEUES)
  dev.priv = new Veth()
  dev.features |= NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX
  dev.tsoMaxSize = TSO_MAX_SIZE
  assignAddress(dev, end)
  return dev
}

/** The peer is registered first, so it has the smaller ifindex (veth_newlink). */
const vethNewlink = (base: NewLinkBase, attrs: Partial<VethAttrs>): NetDevice => {
  const peerAttrs = attrs.peer ?? {}
  checkPairEnd(base)
  checkPairEnd(peerAttrs)
  const peer = newEnd({ ...peerAttrs, name: peerAttrs.name ?? 'veth%d', netns: peerAttrs.netns ?? base.netns })
  registerNetdevice(peer, peerAttrs.ifindex ?? 0)
  netifCarrierOff(peer)
  const dev = newEnd(base)
  try {
    if (peerAttrs.up) devOpen(peer)
    registerNetdevice(dev, base.ifindex ?? 0)
  } catch (e) {
    unregisterNetdevice(peer)
    throw e
  }
  netifCarrierOff(dev)
  vethPriv(dev).peer = peer
  vethPriv(peer).peer = dev
  return dev
}

/** The kind `veth`. */
export const VETH_KIND: LinkKind<VethAttrs> = {
  kind: 'veth',
  newlink: vethNewlink,
  dellink: dev => {
    const { peer } = vethPriv(dev)
    unregisterNetdevice(dev)
    if (peer !== null) unregisterNetdevice(peer)
  },
  fillInfo: () => ({ peer: {} }),
}
