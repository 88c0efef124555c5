/**
 * What every new device is given before its kind makes it its own: the attributes of the request, and those of an Ethernet
 * device.
 *
 * @see net/core/rtnetlink.c rtnl_create_link, net/core/dev.c dev_validate_mtu, net/ethernet/eth.c ether_setup
 */
import { type DeviceOps, IFF_BROADCAST, IFF_MULTICAST, NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import type { NewLinkBase } from '../core/registry.js'
import { extackError, NetloomError } from '../errors.js'
import { ETH_MAX_MTU, ETH_MIN_MTU } from '../wire/ethernet.js'
import { isValidMac } from '../wire/mac.js'
import { ethRandomAddr } from './eth-random-addr.js'

/** Attributes of the far end of a pair when it is made (VETH_INFO_PEER). */
export interface PeerAttrs {
  /** A free number behind the kind when absent. */
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
  readonly up?: boolean
}

/** Refuses an address that no device can have. Throws EADDRNOTAVAIL. */
export const checkAddress = ({ name = '', address }: PeerAttrs): void => {
  if (address !== undefined && !isValidMac(address)) throw new NetloomError('EADDRNOTAVAIL', undefined, { name })
}

/** Refuses an MTU that no Ethernet device can have. Throws EINVAL with the kernel's two texts. */
export const checkMtu = ({ name, mtu }: NewLinkBase): void => {
  if (mtu === undefined) return
  if (mtu < ETH_MIN_MTU) throw extackError('EINVAL', 'mtu less than device minimum', { name })
  if (mtu > ETH_MAX_MTU) throw extackError('EINVAL', 'mtu greater than device maximum', { name })
}

/** Refuses what the end of a pair cannot be. Throws EADDRNOTAVAIL, EINVAL (veth_validate). */
export const checkPairEnd = (end: PeerAttrs): void => {
  checkAddress(end)
  const { name = '', mtu } = end
  if (mtu !== undefined && (mtu < ETH_MIN_MTU || mtu > ETH_MAX_MTU))
    throw new NetloomError('EINVAL', undefined, { name, mtu })
}

/** A device with the attributes of a request, not registered yet; `queues` of each direction unless it says how many. */
export const createLink = (base: NewLinkBase, ops: DeviceOps, queues = 1): NetDevice => {
  const dev = new NetDevice(base.netns, base.name, ops)
  dev.flags = IFF_BROADCAST | IFF_MULTICAST
  dev.minMtu = ETH_MIN_MTU
  dev.maxMtu = ETH_MAX_MTU
  dev.numTxQueues = base.numTxQueues ?? queues
  dev.numRxQueues = base.numRxQueues ?? queues
  if (base.mtu !== undefined) dev.mtu = base.mtu
  if (base.txQueueLen !== undefined) dev.txQueueLen = base.txQueueLen
  return dev
}

/** Gives a new device the address of the request, or one that is drawn (eth_hw_addr_random). */
export const assignAddress = (dev: NetDevice, { address }: NewLinkBase): void => {
  dev.addrAssigned = address !== undefined
  dev.setAddr(address ?? ethRandomAddr(dev.netns.world))
}
