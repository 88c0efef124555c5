/**
 * `ip link add|set type bridge` and `type bridge_slave` as calls.
 */
import type { NetDevice } from '../../core/netdev.js'
import type { Netns as KernelNetns } from '../../core/netns.js'
import type { BridgeAttrs, BridgePortAttrs } from '../../dev/bridge/br-netlink.js'
import type { LinkChange, NewLink, OnOff } from '../link-base.js'
import { type DevRef, devOf } from '../refs.js'
import { macOption } from '../../app/text.js'
import { type VlanProtocol, vlanProtocolOption } from './vlan.js'
import type { LinkKindOptions } from './words.js'

/** Attributes of a bridge that are a switch. */
export type BridgeSwitch =
  | 'stpState'
  | 'vlanFiltering'
  | 'vlanStatsEnabled'
  | 'vlanStatsPerPort'
  | 'mcastSnooping'
  | 'mcastVlanSnooping'
  | 'mcastQueryUseIfaddr'
  | 'mcastQuerier'
  | 'mcastStatsEnabled'
  | 'nfCallIptables'
  | 'nfCallIp6tables'
  | 'nfCallArptables'
  | 'noLinklocalLearn'

/**
 * Attributes of a bridge, with iproute2's units: times in hundredths of a second.
 *
 * @see ip-link(8), bridge type
 */
export type BridgeOptions = Partial<
  Omit<BridgeAttrs, 'groupAddress' | 'vlanProtocol' | BridgeSwitch> & {
    readonly groupAddress: string
    readonly vlanProtocol: VlanProtocol
  } & {
    readonly [K in BridgeSwitch]: OnOff
  }
>

/** A bridge: `ip link add NAME type bridge ...`. */
export interface NewBridge extends NewLink, BridgeOptions {
  readonly kind: 'bridge'
}

/** Attributes of a port of a bridge (`bridge link set`, `ip link set type bridge_slave`). */
export type BridgePortOptions = Partial<Omit<BridgePortAttrs, 'backupPort'> & { readonly backupPort: DevRef | null }>

/** Changes of a bridge: `ip link set DEV type bridge ...`. */
export interface BridgeChange extends LinkChange, BridgeOptions {
  readonly kind: 'bridge'
}

/** Changes of a bridge's port: `ip link set DEV type bridge_slave ...`. */
export interface BridgePortChange extends LinkChange, BridgePortOptions {
  readonly kind: 'bridge_slave'
}

/** Attributes as the kind takes them: the number of a MAC. */
const bridgeAttrs = (options: BridgeOptions): object => {
  const { groupAddress, vlanProtocol, ...rest } = options
  return {
    ...rest,
    ...(groupAddress === undefined ? {} : { groupAddress: macOption('groupAddress', groupAddress) }),
    ...(vlanProtocol === undefined ? {} : { vlanProtocol: vlanProtocolOption(vlanProtocol) }),
  }
}

/** @internal attributes of a port as the kind takes them */
export const portAttrs = (netns: KernelNetns, options: BridgePortOptions): object => {
  const { backupPort, ...rest } = options
  if (backupPort === undefined) return rest
  return { ...rest, backupPort: backupPort === null ? null : (devOf(netns, backupPort) satisfies NetDevice) }
}

/** @internal */
export const BRIDGE_OPTIONS: LinkKindOptions = {
  kind: 'bridge',
  toNew: (_netns, options) => bridgeAttrs(options),
  toChange: (_netns, options) => bridgeAttrs(options),
  isPort: false,
}

/** @internal */
export const BRIDGE_SLAVE_OPTIONS: LinkKindOptions = {
  kind: 'bridge_slave',
  toNew: portAttrs,
  toChange: portAttrs,
  isPort: true,
}
