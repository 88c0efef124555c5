/**
 * The loopback device of a namespace, and what happens to a namespace's devices when it goes away.
 *
 * `lo` transmits by receiving: the packet goes to the backlog as it is, with its route and with a checksum that may be
 * unfinished. It is made with the namespace, so it has ifindex 1, and cannot be deleted.
 *
 * @see drivers/net/loopback.c, net/core/dev.c default_device_exit_batch
 */
import { GSO_SOFTWARE, type KindFeatures, SCATTER, SOFT_OFF } from '../core/netdev-features.js'
import { registerNetdevice, unregisterNetdevice } from '../core/dev.js'
import { ethTypeTrans, netifRx } from '../core/dev-rx.js'
import { DROP } from '../core/drop.js'
import {
  ARPHRD_LOOPBACK,
  deviceOps,
  type DeviceOps,
  IFF_LOOPBACK,
  NET_RX_SUCCESS,
  NET_XMIT_DROP,
  NETDEV_TX_OK,
  NETIF_F_VLAN_CHALLENGED,
  NetDevice,
} from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { kfreeSkb, type Skb, skbOrphan } from '../core/skb.js'
import type { PernetOperations } from '../core/world.js'
import { ETH_HLEN } from '../wire/ethernet.js'

const LOOPBACK_MTU = 65536

/** Sends a packet back into the machine (loopback_xmit). Counters do not include the Ethernet header. */
const loopbackXmit = (skb: Skb, dev: NetDevice): number => {
  if (skb.tail - skb.data < ETH_HLEN) {
    dev.stats.txDropped++
    kfreeSkb(skb, DROP.HDR_TRUNC)
    return NET_XMIT_DROP
  }
  skb.sk = null
  if (skb.owner !== null) skbOrphan(skb)
  ethTypeTrans(skb, dev)
  const octets = skb.tail - skb.data
  if (netifRx(skb) === NET_RX_SUCCESS) {
    const { stats } = dev
    stats.txPackets++
    stats.txBytes += octets
    stats.rxPackets++
    stats.rxBytes += octets
  }
  return NETDEV_TX_OK
}

/** What `ethtool -k lo` shows. */
const LOOPBACK_FEATURES: KindFeatures = {
  fixedOn: [
    ...SCATTER,
    'tx-checksum-ip-generic',
    'tx-checksum-sctp',
    'rx-checksum',
    'highdma',
    'vlan-challenged',
    'loopback',
  ],
  on: [...GSO_SOFTWARE, 'tx-generic-segmentation', 'rx-gro'],
  off: SOFT_OFF,
}

const LOOPBACK_OPS: DeviceOps = deviceOps({ kind: '', features: LOOPBACK_FEATURES, startXmit: loopbackXmit })

const loopbackNetInit = (netns: Netns): void => {
  const dev = new NetDevice(netns, 'lo', LOOPBACK_OPS)
  dev.type = ARPHRD_LOOPBACK
  dev.flags = IFF_LOOPBACK
  dev.mtu = LOOPBACK_MTU
  dev.minMtu = 0
  dev.maxMtu = 0
  dev.broadcast = 0
  dev.features |= NETIF_F_VLAN_CHALLENGED
  dev.tsoMaxSize = 524280
  dev.netnsImmutable = true
  registerNetdevice(dev)
}

/** Deletes every device, the last one first; with a veth end goes its peer, wherever that is. */
const defaultDeviceExit = (netns: Netns): void => {
  const { linkKinds } = netns.world
  for (let i = netns.devices.length - 1; i >= 0; i = Math.min(i, netns.devices.length) - 1) {
    const dev = netns.devices[i]!
    const kind = linkKinds.get(dev.ops.kind)
    if (kind === null) unregisterNetdevice(dev)
    else kind.dellink(dev)
  }
}

/**
 * Makes `lo` with a namespace and deletes all devices with it. Register it after the layers that hear of devices, so
 * that these are still there when the devices go.
 *
 * @see drivers/net/loopback.c loopback_net_ops, net/core/dev.c default_device_ops
 */
export const LOOPBACK_NET_OPS: PernetOperations = { init: loopbackNetInit, exit: defaultDeviceExit }
