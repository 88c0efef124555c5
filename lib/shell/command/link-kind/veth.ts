/**
 * Words of `type veth`.
 *
 * @see ip-link(8), iproute2 ip/link_veth.c
 */
import type { NetDevice } from '../../../core/netdev.js'
import { NetloomError } from '../../../errors.js'
import { linkSet } from '../../../rtnl/link.js'
import { type Args, defined, duplicateArgument, ToolExit, unsupported } from '../args.js'
import type { IpContext } from '../ip-context.js'
import { checkNames, type LinkRequest, parseLinkWords } from '../ip-link-args.js'
import { etherAddress } from '../lladdr.js'
import { type KindRequest, type LinkKindWords, noWords } from './words.js'

/** Words of a veth's peer that describe it before it exists. */
const PEER_SUPPORTED = 'name, netns, address, mtu, txqueuelen, arp, multicast, allmulticast, promisc, group, broadcast'

/** `peer` and what describes it; without it the kernel chooses the peer's name. */
const vethWords = (ip: IpContext, args: Args): KindRequest => {
  if (args.done) return { attributes: {}, finish: null }
  if (args.take() !== 'peer') {
    ip.command.out("Usage: ip link <options> type veth [peer <options>]\nTo get <options> type 'ip link add help'\n")
    throw new ToolExit(1, '')
  }
  const request = parseLinkWords(ip, args)
  checkNames(request)
  if (request.link !== undefined) ip.device(request.link)
  if (request.type !== undefined) duplicateArgument('type', request.type)
  // The kernel brings the peer up before it has told it who its own peer is.
  if (request.up === true) throw new NetloomError('ENOTCONN')
  if (request.carrier !== undefined || request.protodown !== undefined)
    throw unsupported('ip link add type veth peer', 'carrier', PEER_SUPPORTED)
  const { mtu, txQueueLen, numTxQueues, numRxQueues, netns, name = request.dev } = request
  const address = request.address === undefined ? undefined : etherAddress(request.address)
  const peer = defined({ name, netns, address, mtu, txQueueLen, numTxQueues, numRxQueues })
  return { attributes: { peer }, finish: first => finishPeer(first, request) }
}

/** What the kernel gives the peer beyond its attributes. A master, an alias and an index are ignored there. */
const finishPeer = (first: NetDevice, request: LinkRequest): void => {
  const peer = first.ops.getIflink?.(first).dev
  if (peer === null || peer === undefined) return
  const { arp, multicast, allmulticast, promisc, group } = request
  const broadcast = request.broadcast === undefined ? undefined : etherAddress(request.broadcast)
  linkSet(peer, defined({ arp, multicast, allmulticast, promisc, group, broadcast }))
}

/** `veth`. */
export const VETH_WORDS: LinkKindWords = { kind: 'veth', forAdd: vethWords, forSet: noWords('veth') }
