/**
 * `ip link add|set type vlan` as calls.
 */
import type { VlanAttrs, VlanQosMapping } from '../../dev/vlan/vlan-netlink.js'
import { NetloomError } from '../../errors.js'
import { ETH_P_8021AD, ETH_P_8021Q } from '../../wire/ethernet.js'
import type { LinkChange, NewLink } from '../link-base.js'
import { checkOptions } from '../../app/text.js'
import type { LinkKindOptions } from './words.js'

/** Protocol of a tag. */
export type VlanProtocol = '802.1Q' | '802.1ad'

/** Attributes of a VLAN device. `gvrp` and `mvrp` are refused when true. */
export type VlanOptions = Partial<Omit<VlanAttrs, 'protocol'> & { readonly protocol: VlanProtocol }>

/** A VLAN device: `ip link add link DEV name NAME type vlan id ID`. `link` and `id` must be given. */
export interface NewVlan extends NewLink, VlanOptions {
  readonly kind: 'vlan'
}

/** Changes of a VLAN device: `ip link set DEV type vlan ...`; `id` and `protocol` stay what they are. */
export interface VlanChange extends LinkChange, VlanOptions {
  readonly kind: 'vlan'
}

export type { VlanQosMapping }

const NAMES = [
  'id',
  'protocol',
  'reorderHdr',
  'gvrp',
  'mvrp',
  'looseBinding',
  'bridgeBinding',
  'ingressQosMap',
  'egressQosMap',
]

const PROTOCOLS: Readonly<Record<string, number>> = { '802.1q': ETH_P_8021Q, '802.1ad': ETH_P_8021AD }

/** EtherType of a protocol's name, in capital letters or not; throws EINVAL. */
export const vlanProtocolOption = (name: string): number => {
  const proto = PROTOCOLS[String(name).toLowerCase()]
  if (proto === undefined)
    throw new NetloomError('EINVAL', `vlan protocol "${name}": known are 802.1Q, 802.1ad`, { protocol: name })
  return proto
}

const vlanAttrs = (options: VlanOptions): object => {
  checkOptions('link vlan', options, NAMES)
  const { protocol, ...rest } = options
  return protocol === undefined ? rest : { ...rest, protocol: vlanProtocolOption(protocol) }
}

/** @internal */
export const VLAN_OPTIONS: LinkKindOptions = {
  kind: 'vlan',
  toNew: (_netns, options) => vlanAttrs(options),
  toChange: (_netns, options) => vlanAttrs(options),
  isPort: false,
}
