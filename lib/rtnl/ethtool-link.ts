/**
 * Speed, duplex and carrier of a device, as `ethtool DEV` shows them.
 *
 * @see net/ethtool/linkinfo.c, linkmodes.c, linkstate.c; net/bridge/br_device.c br_get_link_ksettings
 */
import { IF_OPER_UNKNOWN, IF_OPER_UP, type NetDevice } from '../core/netdev.js'
import { NetloomError } from '../errors.js'

/** What a card tells of its cable. */
export interface LinkModes {
  /** Mbit/s; null when it is not known. */
  readonly speed: number | null
  readonly duplex: 'full' | null
  readonly port: 'Twisted Pair' | 'Other'
}

/** Settings of a device. */
export interface LinkSettings {
  /** Null for a device that tells none (lo). */
  readonly modes: LinkModes | null
  /** True for a driver with message levels (tun). */
  readonly hasMessageLevel: boolean
  readonly linkDetected: boolean
}

const known = (speed: number): number | null => (speed > 0 ? speed : null)

/** The fastest of the ports that are up. */
const bridgeSpeed = (dev: NetDevice): number | null => {
  let fastest: number | null = null
  for (const port of dev.slaves) {
    if (!port.running || (port.operstate !== IF_OPER_UP && port.operstate !== IF_OPER_UNKNOWN)) continue
    const speed = known(port.ops.getSpeed?.(port) ?? -1)
    if (speed !== null && (fastest === null || speed > fastest)) fastest = speed
  }
  return fastest
}

const modesOf = (dev: NetDevice): LinkModes | null => {
  switch (dev.ops.kind) {
    case '':
      return null
    case 'bridge':
      return { speed: bridgeSpeed(dev), duplex: null, port: 'Other' }
    case 'veth':
    case 'tun':
    case 'link':
      return { speed: known(dev.ops.getSpeed!(dev)), duplex: 'full', port: 'Twisted Pair' }
    default:
      throw new NetloomError('EOPNOTSUPP', `ethtool: settings of a ${dev.ops.kind} are not supported by netloom`, {
        dev: dev.name,
      })
  }
}

/** The settings of a device (`ethtool DEV`). Throws EOPNOTSUPP for a kind whose settings netloom does not know. */
export const ethtoolLinkSettings = (dev: NetDevice): LinkSettings => ({
  modes: modesOf(dev),
  hasMessageLevel: dev.ops.kind === 'tun',
  linkDetected: dev.running && dev.carrier,
})
