/**
 * `ip link add type veth` as a call.
 */
import type { NewLink } from '../link-base.js'
import { checkOptions } from '../../app/text.js'
import type { LinkKindOptions } from './words.js'
import { type NewPeer, peerOf } from './peer.js'

/** The far end of a veth. */
export type NewVethPeer = NewPeer

/** A veth pair: `ip link add NAME type veth peer name ...`. */
export interface NewVeth extends NewLink {
  readonly kind: 'veth'
  readonly peer?: NewVethPeer
}

/** @internal */
export const VETH_OPTIONS: LinkKindOptions = {
  kind: 'veth',
  toNew: (netns, options) => {
    checkOptions('link.add veth', options, ['peer'])
    return { peer: peerOf(netns, (options as Partial<NewVeth>).peer ?? {}) }
  },
  toChange: null,
  isPort: false,
}
