/**
 * `ip link add|set type ipvlan` as calls.
 */
import type { IpvlanFlag, IpvlanMode } from '../../dev/ipvlan/ipvlan.js'
import type { LinkChange, NewLink } from '../link-base.js'
import type { DevRef } from '../refs.js'
import { checkOptions } from '../../app/text.js'
import type { LinkKindOptions } from './words.js'

/**
 * Attributes of an ipvlan; they are those of all ipvlans of its master, and the last one who sets them counts.
 *
 * @see ip-link(8), ipvlan type
 */
export interface IpvlanOptions {
  /** `l3` for a new device when absent. */
  readonly mode?: IpvlanMode
  /** `bridge`, `private` or `vepa`; as it is when absent, `bridge` at first. */
  readonly flag?: IpvlanFlag
}

/** An ipvlan: `ip link add NAME link LINK type ipvlan ...`. */
export interface NewIpvlan extends NewLink, IpvlanOptions {
  readonly kind: 'ipvlan'
  readonly link: DevRef
}

/** Changes of an ipvlan: `ip link set DEV type ipvlan ...`. */
export interface IpvlanChange extends LinkChange, IpvlanOptions {
  readonly kind: 'ipvlan'
}

const ipvlanAttrs = (options: IpvlanOptions): object => {
  checkOptions('ipvlan', options, ['mode', 'flag'])
  return options
}

/** @internal */
export const IPVLAN_OPTIONS: LinkKindOptions = {
  kind: 'ipvlan',
  toNew: (_netns, options) => ipvlanAttrs(options),
  toChange: (_netns, options) => ipvlanAttrs(options),
  isPort: false,
}
