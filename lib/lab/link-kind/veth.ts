/**
 * `ip link add type veth` as a call.
 */
import type { Netns as KernelNetns } from '../../core/netns.js'
import type { VethPeer } from '../../dev/veth.js'
import type { NewLink } from '../link-base.js'
import { type NetnsRef, netnsOf } from '../refs.js'
import { checkOptions, defined, optionalMac } from '../text.js'
import type { LinkKindOptions } from './words.js'

/** The far end of a veth. */
export interface NewVethPeer {
  readonly name?: string
  /** The namespace of the first end when absent. */
  readonly netns?: NetnsRef
  readonly address?: string
  readonly mtu?: number
  readonly txQueueLen?: number
  readonly ifindex?: number
  readonly numTxQueues?: number
  readonly numRxQueues?: number
}

/** A veth pair: `ip link add NAME type veth peer name ...`. */
export interface NewVeth extends NewLink {
  readonly kind: 'veth'
  readonly peer?: NewVethPeer
}

const PEER = ['name', 'netns', 'address', 'mtu', 'txQueueLen', 'ifindex', 'numTxQueues', 'numRxQueues']

const peerOf = (own: KernelNetns, peer: NewVethPeer): VethPeer => {
  checkOptions('peer', peer, PEER)
  const { address, netns, ...rest } = peer
  return {
    ...rest,
    ...defined({
      address: optionalMac('peer.address', address),
      netns: netns === undefined ? undefined : netnsOf(own, netns),
    }),
  }
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
