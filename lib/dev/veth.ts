/**
 * veth: two devices, each the other's far end. What one transmits the other receives, through the backlog of the one
 * CPU; the ends may be in different namespaces and only vanish together.
 *
 * A carrier is there while both ends are up. An end takes frames up to its own MTU plus Ethernet and VLAN header, and a
 * drop at the far end is told to the sender. NAPI and XDP are left out (a veth without them receives by netif_rx).
 *
 * @see drivers/net/veth.c
 */
import { devOpen, netifCarrierOff, netifCarrierOn, registerNetdevice, unregisterNetdevice } from '../core/dev.js'
import { devForwardSkb } from '../core/dev-rx.js'
import { DROP } from '../core/drop.js'
import {
  type DeviceOps,
  DevStats,
  deviceOps,
  IFF_BROADCAST,
  IFF_MULTICAST,
  NET_RX_SUCCESS,
  NET_XMIT_DROP,
  NETDEV_TX_OK,
  NETIF_F_HW_VLAN_CTAG_TX,
  NETIF_F_HW_VLAN_STAG_TX,
  NetDevice,
} from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import type { LinkKind, NewLinkBase } from '../core/registry.js'
import { kfreeSkb, type Skb } from '../core/skb.js'
import { NetloomError } from '../errors.js'
import { ETH_HLEN, ETH_MAX_MTU, ETH_MIN_MTU } from '../wire/ethernet.js'
import { isValidMac } from '../wire/mac.js'
import { ethRandomAddr } from './eth-random-addr.js'

/** Attributes of the far end when a veth is made (VETH_INFO_PEER). */
export interface VethPeer {
  /** A free `vethN` when absent. */
  readonly name?: string
  /** The namespace of the first end when absent. */
  readonly netns?: Netns
  /** 48-bit number; drawn at random when absent. */
  readonly address?: number
  readonly mtu?: number
  readonly txQueueLen?: number
  readonly ifindex?: number
  readonly numTxQueues?: number
  readonly numRxQueues?: number
  /** Always refused: the peer's peer is not there yet. */
  readonly up?: boolean
}

/** Attributes of the kind `veth`. */
export interface VethAttrs {
  readonly peer: VethPeer
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

const VETH_OPS: DeviceOps = deviceOps({
  kind: 'veth',
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

interface EndSpec extends VethPeer {
  readonly name: string
  readonly netns: Netns
}

const vethValidate = (end: VethPeer): void => {
  if (end.address !== undefined && !isValidMac(end.address))
    throw new NetloomError('EADDRNOTAVAIL', undefined, { name: end.name ?? '' })
  if (end.mtu !== undefined && (end.mtu < ETH_MIN_MTU || end.mtu > ETH_MAX_MTU))
    throw new NetloomError('EINVAL', undefined, { name: end.name ?? '', mtu: end.mtu })
}

const newEnd = (end: EndSpec): NetDevice => {
  const dev = new NetDevice(end.netns, end.name, VETH_OPS)
  dev.priv = new Veth()
  dev.flags = IFF_BROADCAST | IFF_MULTICAST
  dev.minMtu = ETH_MIN_MTU
  dev.maxMtu = ETH_MAX_MTU
  dev.numTxQueues = end.numTxQueues ?? DEFAULT_QUEUES
  dev.numRxQueues = end.numRxQueues ?? DEFAULT_QUEUES
  dev.features |= NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX
  dev.tsoMaxSize = TSO_MAX_SIZE
  if (end.mtu !== undefined) dev.mtu = end.mtu
  if (end.txQueueLen !== undefined) dev.txQueueLen = end.txQueueLen
  dev.addrAssigned = end.address !== undefined
  dev.setAddr(end.address ?? ethRandomAddr(end.netns.world))
  return dev
}

/** The peer is registered first, so it has the smaller ifindex (veth_newlink). */
const vethNewlink = (base: NewLinkBase, attrs: Partial<VethAttrs>): NetDevice => {
  const peerAttrs = attrs.peer ?? {}
  vethValidate(base)
  vethValidate(peerAttrs)
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
