/**
 * The functions of a VLAN device: it tags what it sends and hands it to its real device, whose carrier, MTU and filters
 * it depends on.
 *
 * Not recorded: the reference kernel is built without 802.1Q devices. This follows the kernel's source.
 * Left out: GVRP and MVRP.
 *
 * DIFFERS: without reorder_hdr, on a device that inserts no tags itself, the kernel tags already when it writes the
 * Ethernet header; here it happens on the way out, so that a capture on such a VLAN device shows what it sends untagged.
 *
 * @see net/8021q/vlan_dev.c
 */
import {
  type FeatureName,
  GSO_ENCAP,
  GSO_SOFTWARE,
  type KindFeatures,
  netdevFeatures,
  SCATTER,
  SOFT_OFF,
} from '../../core/netdev-features.js'
import {
  devSetAllmulti,
  devSetPromiscuity,
  devUcAdd,
  devUcDel,
  netifCarrierOff,
  netifCarrierOn,
} from '../../core/dev.js'
import { devMcSync, devMcUnsync, devUcSync, devUcUnsync } from '../../core/dev-addr-lists.js'
import { devQueueXmit, NET_XMIT_CN } from '../../core/dev-tx.js'
import {
  type DeviceOps,
  deviceOps,
  IFF_ALLMULTI,
  IFF_BROADCAST,
  IFF_MULTICAST,
  IFF_NOARP,
  IFF_POINTOPOINT,
  IFF_PROMISC,
  IFF_UP,
  NET_XMIT_SUCCESS,
  NETIF_F_HW_CSUM,
  type NetDevice,
} from '../../core/netdev.js'
import { NETDEV_CHANGEADDR } from '../../core/notifier.js'
import { type Skb, skbSetNetns } from '../../core/skb.js'
import { vlanHwaccelPutTag } from '../../core/skb-vlan.js'
import {
  VLAN_FLAG_BRIDGE_BINDING,
  VLAN_FLAG_LOOSE_BINDING,
  VLAN_FLAG_REORDER_HDR,
  type VlanDev,
} from '../../core/vlan-core.js'
import { extackError, NetloomError } from '../../errors.js'
import { ethType } from '../../wire/ethernet.js'
import { isValidMac } from '../../wire/mac.js'
import { VLAN_PRIO_SHIFT } from '../../wire/vlan.js'

/** State of a VLAN device. The caller knows that it is one. */
export const vlanDevPriv = (dev: NetDevice): VlanDev => dev.priv as VlanDev

const vlanXmit = (skb: Skb, dev: NetDevice): number => {
  const vlan = dev.priv as VlanDev
  const { stats } = dev
  if ((vlan.flags & VLAN_FLAG_REORDER_HDR) !== 0 || ethType(skb.buf, skb.data) !== vlan.proto) {
    const prio = vlan.egressMap?.get(skb.priority) ?? 0
    vlanHwaccelPutTag(skb, vlan.proto, (prio << VLAN_PRIO_SHIFT) | vlan.id)
  }
  skb.dev = vlan.realDev
  skbSetNetns(skb, vlan.realDev.netns)
  const octets = skb.tail - skb.data
  const rc = devQueueXmit(skb)
  if (rc === NET_XMIT_SUCCESS || rc === NET_XMIT_CN) {
    stats.txPackets++
    stats.txBytes += octets
  } else stats.txDropped++
  return rc
}

/** The address follows that of the real device, if it was never set otherwise (vlan_dev_inherit_address). */
export const vlanDevInheritAddress = (dev: NetDevice): boolean => {
  const vlan = vlanDevPriv(dev)
  if (!vlan.addrStolen) return false
  dev.setAddr(vlan.realDev.addr)
  dev.netns.world.notifiers.call(NETDEV_CHANGEADDR, dev)
  return true
}

const vlanOpen = (dev: NetDevice): void => {
  const vlan = vlanDevPriv(dev)
  const { realDev } = vlan
  if ((realDev.flags & IFF_UP) === 0 && (vlan.flags & VLAN_FLAG_LOOSE_BINDING) === 0)
    throw new NetloomError('ENETDOWN', undefined, { dev: dev.name, realDev: realDev.name })
  if (dev.addr !== realDev.addr && !vlanDevInheritAddress(dev)) devUcAdd(realDev, dev.addr)
  vlan.realDevAddr = realDev.addr
  if (realDev.carrier && (vlan.flags & VLAN_FLAG_BRIDGE_BINDING) === 0) netifCarrierOn(dev)
}

/** Passes promiscuity on to the real device (vlan_dev_change_rx_flags). */
const syncModes = (vlan: VlanDev, promisc: boolean, allmulti: boolean): void => {
  if (allmulti !== vlan.allmultiSynced) {
    vlan.allmultiSynced = allmulti
    devSetAllmulti(vlan.realDev, allmulti ? 1 : -1)
  }
  if (promisc !== vlan.promiscSynced) {
    vlan.promiscSynced = promisc
    devSetPromiscuity(vlan.realDev, promisc ? 1 : -1)
  }
}

/** What a VLAN device listens to, its real device listens to as well (vlan_dev_set_rx_mode). */
const vlanSetRxMode = (dev: NetDevice): void => {
  const vlan = vlanDevPriv(dev)
  syncModes(vlan, (dev.flags & IFF_PROMISC) !== 0, (dev.flags & IFF_ALLMULTI) !== 0)
  devMcSync(vlan.realDev, dev)
  devUcSync(vlan.realDev, dev)
}

const vlanStop = (dev: NetDevice): void => {
  const vlan = vlanDevPriv(dev)
  devMcUnsync(vlan.realDev, dev)
  devUcUnsync(vlan.realDev, dev)
  syncModes(vlan, false, false)
  if (dev.addr !== vlan.realDev.addr) devUcDel(vlan.realDev, dev.addr)
  if ((vlan.flags & VLAN_FLAG_BRIDGE_BINDING) === 0) netifCarrierOff(dev)
}

const vlanSetMacAddress = (dev: NetDevice, mac: number): void => {
  const vlan = vlanDevPriv(dev)
  const { realDev } = vlan
  if (!isValidMac(mac)) throw new NetloomError('EADDRNOTAVAIL', undefined, { dev: dev.name })
  vlan.addrStolen = false
  if ((dev.flags & IFF_UP) === 0) return
  if (mac !== realDev.addr) devUcAdd(realDev, mac)
  if (dev.addr !== realDev.addr) devUcDel(realDev, dev.addr)
}

/** Features that a VLAN device has whatever its real device can do. */
const SOFTWARE: readonly FeatureName[] = [...GSO_SOFTWARE, 'tx-generic-segmentation', 'rx-gro', ...SOFT_OFF]

/** A VLAN device offers beyond what is done in software what its real device can do (vlan_dev_fix_features). */
const vlanFixFeatures = (dev: NetDevice, wanted: Set<FeatureName>): Set<FeatureName> => {
  const lower = dev.lower[0]
  const below = lower === undefined ? new Set<FeatureName>() : netdevFeatures(lower)
  return new Set([...wanted].filter(name => SOFTWARE.includes(name) || below.has(name)))
}

/** Not recorded, as the reference kernel is built without it (vlan_dev_init). */
const VLAN_FEATURES: KindFeatures = {
  fixedOn: [],
  on: [
    ...SCATTER,
    ...GSO_SOFTWARE,
    ...GSO_ENCAP,
    'tx-checksum-ip-generic',
    'tx-checksum-sctp',
    'tx-checksum-fcoe-crc',
    'tx-fcoe-segmentation',
    'tx-generic-segmentation',
    'rx-gro',
    'highdma',
  ],
  off: ['tx-nocache-copy', ...SOFT_OFF],
  fix: vlanFixFeatures,
}

const VLAN_OPS: DeviceOps = deviceOps({
  kind: 'vlan',
  features: VLAN_FEATURES,
  startXmit: vlanXmit,
  open: vlanOpen,
  stop: vlanStop,
  changeMtu: (dev, mtu) => {
    const { realDev } = vlanDevPriv(dev)
    if (mtu > realDev.mtu) throw new NetloomError('ERANGE', undefined, { dev: dev.name, mtu, realDev: realDev.name })
  },
  setMacAddress: vlanSetMacAddress,
  setRxMode: vlanSetRxMode,
  getIflink: dev => {
    const { realDev } = vlanDevPriv(dev)
    return { ifindex: realDev.ifindex, dev: realDev }
  },
  getSpeed: dev => {
    const { realDev } = vlanDevPriv(dev)
    return realDev.ops.getSpeed?.(realDev) ?? -1
  },
})

/** Ops of a VLAN device. */
export { VLAN_OPS }

/** A VLAN device finishes checksums where its real device does (vlan_dev_fix_features). */
export const vlanTransferFeatures = (dev: NetDevice): void => {
  const { realDev } = vlanDevPriv(dev)
  dev.tsoMaxSize = realDev.tsoMaxSize
  if (realDev.features & NETIF_F_HW_CSUM && dev.featureOverrides?.get('tx-checksum-ip-generic') !== false)
    dev.features |= NETIF_F_HW_CSUM
  else dev.features &= ~NETIF_F_HW_CSUM
}

/** What a new VLAN device takes over from its real device (vlan_dev_init). */
export const vlanDevInit = (dev: NetDevice): void => {
  const vlan = vlanDevPriv(dev)
  const { realDev } = vlan
  dev.flags = realDev.flags & (IFF_BROADCAST | IFF_MULTICAST | IFF_NOARP | IFF_POINTOPOINT)
  dev.carrier = realDev.carrier && (vlan.flags & VLAN_FLAG_BRIDGE_BINDING) === 0
  dev.unicastFlt = true
  dev.minMtu = 0
  dev.broadcast = realDev.broadcast
  if (dev.addr === 0) {
    dev.setAddr(realDev.addr)
    vlan.addrStolen = true
  }
  vlanTransferFeatures(dev)
}

/** Refuses a real device that carries no VLANs, and a VLAN that is there (vlan_check_real_dev). */
export const vlanError = (
  code: 'EINVAL' | 'ENODEV' | 'ERANGE' | 'EEXIST' | 'EOPNOTSUPP' | 'EPROTONOSUPPORT' | 'EADDRNOTAVAIL',
  text: string,
  dev: string,
): NetloomError => extackError(code, `8021q: ${text}`, { dev })
