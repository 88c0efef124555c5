/**
 * What macvlans listen to, and what their lower device must let in for it.
 *
 * @see drivers/net/macvlan.c macvlan_compute_filter, macvlan_set_mac_lists, macvlan_change_rx_flags
 */
import { devSetAllmulti, devSetPromiscuity } from '../../core/dev.js'
import { devMcSync, devUcSync } from '../../core/dev-addr-lists.js'
import { IFF_ALLMULTI, IFF_PROMISC, IFF_UP, type NetDevice } from '../../core/netdev.js'
import { type MacvlanPort, macvlanPriv } from './macvlan-private.js'

const EVERYTHING: number = IFF_PROMISC | IFF_ALLMULTI

const portGroups = (dev: NetDevice, cutoff: number): number[] => [
  ...[...dev.mcSync.users].filter(([, users]) => users > cutoff).map(([mac]) => mac),
  dev.broadcast,
]

/** Which groups wait for the work queue (macvlan_recompute_bc_filter). */
export const macvlanRecomputeBcFilter = (port: MacvlanPort): void => {
  const { dev, bcCutoff } = port
  if (bcCutoff < 0) port.bcFilter.reset(false, [])
  else port.bcFilter.reset((dev.flags & EVERYTHING) !== 0, portGroups(dev, bcCutoff))
}

/** The lower device follows promiscuous and all-multicast mode (macvlan_change_rx_flags). */
export const macvlanChangeRxFlags = (dev: NetDevice, change: number): void => {
  if ((dev.flags & IFF_UP) === 0) return
  const { lowerdev, port } = macvlanPriv(dev)
  if (change & IFF_ALLMULTI) devSetAllmulti(lowerdev, dev.flags & IFF_ALLMULTI ? 1 : -1)
  if (change & IFF_PROMISC && !port.passthru) devSetPromiscuity(lowerdev, dev.flags & IFF_PROMISC ? 1 : -1)
}

/** The macvlan's flags or addresses have changed while it is up (macvlan_set_mac_lists). */
export const macvlanSetRxMode = (dev: NetDevice): void => {
  const vlan = macvlanPriv(dev)
  const { port, lowerdev } = vlan
  vlan.mcFilter.ofDevice(dev)
  devUcSync(lowerdev, dev)
  devMcSync(lowerdev, dev)
  port.mcFilter.reset((lowerdev.flags & EVERYTHING) !== 0, portGroups(lowerdev, 0))
  macvlanRecomputeBcFilter(port)
}
