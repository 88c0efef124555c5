/**
 * dummy: a device that takes whatever is sent and never receives anything: a holder of addresses, an end of routes.
 *
 * Not recorded: the reference kernel has no dummy; this follows its source.
 *
 * @see drivers/net/dummy.c
 */
import { GSO_ENCAP, GSO_SOFTWARE, type KindFeatures, SCATTER, SOFT_OFF } from '../core/netdev-features.js'
import { netifCarrierOff, netifCarrierOn, registerNetdevice, unregisterNetdevice } from '../core/dev.js'
import { type DeviceOps, deviceOps, IFF_BROADCAST, IFF_NOARP, NETDEV_TX_OK, type NetDevice } from '../core/netdev.js'
import type { LinkKind, NewLinkBase } from '../core/registry.js'
import { consumeSkb, type Skb } from '../core/skb.js'
import { NetloomError } from '../errors.js'
import { assignAddress, checkAddress, createLink } from './create-link.js'

const dummyXmit = (skb: Skb, dev: NetDevice): number => {
  const { stats } = dev
  stats.txPackets++
  stats.txBytes += skb.tail - skb.data
  consumeSkb(skb)
  return NETDEV_TX_OK
}

/** What `ethtool -k` shows of a new one. */
const DUMMY_FEATURES: KindFeatures = {
  fixedOn: [],
  on: [
    ...SCATTER,
    ...GSO_SOFTWARE,
    ...GSO_ENCAP,
    'tx-checksum-ip-generic',
    'tx-generic-segmentation',
    'rx-gro',
    'highdma',
  ],
  off: ['tx-nocache-copy', ...SOFT_OFF],
}

const DUMMY_OPS: DeviceOps = deviceOps({
  kind: 'dummy',
  features: DUMMY_FEATURES,
  startXmit: dummyXmit,
  changeCarrier: (dev, carrier) => {
    if (carrier) netifCarrierOn(dev)
    else netifCarrierOff(dev)
  },
})

/** Makes a dummy. Throws EADDRNOTAVAIL for a group or zero address, EINVAL for an attribute: it has none. */
const dummyNewlink = (base: NewLinkBase, attrs: object): NetDevice => {
  const context = { name: base.name }
  const [unknown] = Object.keys(attrs)
  if (unknown !== undefined) throw new NetloomError('EINVAL', undefined, { ...context, attribute: unknown })
  checkAddress(base)
  const dev = createLink(base, DUMMY_OPS)
  dev.flags = IFF_BROADCAST | IFF_NOARP
  dev.minMtu = 0
  dev.maxMtu = 0
  assignAddress(dev, base)
  registerNetdevice(dev, base.ifindex ?? 0)
  return dev
}

/** The kind `dummy`. */
export const DUMMY_KIND: LinkKind = {
  kind: 'dummy',
  newlink: dummyNewlink,
  dellink: unregisterNetdevice,
  fillInfo: () => ({}),
}
