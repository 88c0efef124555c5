/**
 * `bridge vlan` as calls: which VLANs the ports of bridges are members of.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { PORT_STATES } from '../report/link-kind/bridge.js'
import {
  bridgeVlanAdd,
  bridgeVlanDel,
  bridgeVlanList,
  bridgeVlanSet,
  type VlanInfo as KernelVlanInfo,
} from '../rtnl/bridge-vlan.js'
import { NetloomError } from '../errors.js'
import { type DevRef, devOf } from './refs.js'
import { checkOptions, defined } from '../app/text.js'

/** State of a port within a VLAN. */
export type BridgeVlanState = 'disabled' | 'listening' | 'learning' | 'forwarding' | 'blocking'

/** VLANs of a port: one, or a range from `vid` to `vidEnd`. */
export interface BridgeVlanIds {
  /** 1 to 4094. */
  readonly vid: number
  readonly vidEnd?: number
}

/** Whom a change is for: by default the bridge that the device is a port of. */
export interface BridgeVlanTarget {
  /** The device itself, which is a bridge: its own host. */
  readonly self?: boolean
  readonly master?: boolean
}

/** A membership to add. */
export interface BridgeVlanOptions extends BridgeVlanIds, BridgeVlanTarget {
  /** Frames that come in without a VLAN belong to it; not for a range. */
  readonly pvid?: boolean
  /** Frames leave without a tag. */
  readonly untagged?: boolean
}

/** A membership as `bridge -d -s vlan` shows it. */
export interface BridgeVlanInfo {
  /** The port, or the bridge for its own host. */
  readonly dev: string
  readonly vid: number
  readonly pvid: boolean
  readonly untagged: boolean
  readonly state: BridgeVlanState
  /** Counted while `vlanStatsEnabled` is on; octets without the Ethernet header. */
  readonly stats: {
    readonly rxBytes: number
    readonly rxPackets: number
    readonly txBytes: number
    readonly txPackets: number
  }
}

const IDS = ['vid', 'vidEnd', 'self', 'master']

const publicInfo = (v: KernelVlanInfo): BridgeVlanInfo => ({
  dev: v.dev.name,
  vid: v.vid,
  pvid: v.pvid,
  untagged: v.untagged,
  state: PORT_STATES[v.state] as BridgeVlanState,
  stats: { rxBytes: v.rxBytes, rxPackets: v.rxPackets, txBytes: v.txBytes, txPackets: v.txPackets },
})

const stateNumber = (state: BridgeVlanState): number => {
  const number = PORT_STATES.indexOf(state)
  if (number < 0) throw new NetloomError('EINVAL', `state "${state}": known are ${PORT_STATES.join(', ')}`, { state })
  return number
}

/** The `bridge vlan` of a namespace: `netns.bridgeVlan`. */
export class BridgeVlanApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Makes a port a member of VLANs; repeated, it changes what they are to it. Throws EOPNOTSUPP for a device that is no
   * port of a bridge, EINVAL for an identifier that is none.
   *
   * @example
   * sw.link.set('br0', { kind: 'bridge', vlanFiltering: true })
   * sw.bridgeVlan.add('p1', { vid: 10, pvid: true, untagged: true }) // access port
   * sw.bridgeVlan.add('p4', { vid: 2, vidEnd: 100 }) // trunk
   */
  add(dev: DevRef, options: BridgeVlanOptions): void {
    checkOptions('bridgeVlan.add', options, [...IDS, 'pvid', 'untagged'])
    bridgeVlanAdd(this.#netns, { ...options, dev: devOf(this.#netns, dev) })
  }

  /** Ends memberships; those that there are none of are passed over. Throws as `add` does. */
  del(dev: DevRef, options: BridgeVlanIds & BridgeVlanTarget): void {
    checkOptions('bridgeVlan.del', options, IDS)
    bridgeVlanDel(this.#netns, { ...options, dev: devOf(this.#netns, dev) })
  }

  /** Sets the state of a port, or of a bridge's own host, in VLANs. Throws EINVAL, ENOENT where it is no member. */
  set(dev: DevRef, options: BridgeVlanIds & { readonly state: BridgeVlanState }): void {
    checkOptions('bridgeVlan.set', options, ['vid', 'vidEnd', 'state'])
    const { vid, vidEnd, state } = options
    bridgeVlanSet(this.#netns, { dev: devOf(this.#netns, dev), vid, state: stateNumber(state), ...defined({ vidEnd }) })
  }

  /** The memberships of all ports and bridges, or of one device; none before a bridge's VLANs were first asked for. */
  list(dev?: DevRef): BridgeVlanInfo[] {
    return bridgeVlanList(this.#netns, dev === undefined ? undefined : devOf(this.#netns, dev)).map(publicInfo)
  }
}
