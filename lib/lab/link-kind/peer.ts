/**
 * The far end of a pair of devices (veth, link) as users describe it.
 */
import type { Netns as KernelNetns } from '../../core/netns.js'
import type { PeerAttrs } from '../../dev/create-link.js'
import { type NetnsRef, netnsOf } from '../refs.js'
import { checkOptions, defined, optionalMac } from '../../app/text.js'

/** The far end of a pair. */
export interface NewPeer {
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

const PEER = ['name', 'netns', 'address', 'mtu', 'txQueueLen', 'ifindex', 'numTxQueues', 'numRxQueues']

/** @internal attributes of the far end of a device made in `own` */
export const peerOf = (own: KernelNetns, peer: NewPeer): PeerAttrs => {
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
