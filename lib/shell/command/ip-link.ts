/**
 * `ip link`: add, set, change, replace, delete, show.
 *
 * @see ip-link(8)
 */
import { IFNAMSIZ } from '../../core/dev.js'
import type { NetDevice } from '../../core/netdev.js'
import { extackError, NetloomError } from '../../errors.js'
import { printBriefLink, printLink } from '../../report/ip-link-text.js'
import { type LinkChanges, linkAdd, linkDel, linkInfo, linkList, linkSet } from '../../rtnl/link.js'
import { Args, defined, EXIT_USAGE, ToolExit } from './args.js'
import type { IpContext } from './ip-context.js'
import { type LinkRequest, parseLinkWords, refuseImpossible } from './ip-link-args.js'
import { bothNames, parseKindWords } from './ip-link-kinds.js'
import { kernelLists, linkIsSelected, parseListFilter } from './ip-list-args.js'
import { etherAddress, etherAddressOfDevice } from './lladdr.js'
import { runVerb, type ToolResult } from './tool.js'

const USAGE = 'Usage: ip link show [ dev ] NAME [ up ] [ master DEV ] [ nomaster ] [ group G ] [ type TYPE ]'

/** The part of a request that a device which exists can be given. */
const settings = (request: LinkRequest, toAddress: (octets: readonly number[]) => number): LinkChanges => {
  const { up, arp, multicast, allmulticast, promisc, mtu, txQueueLen, group, alias, master, netns, name } = request
  const address = request.address === undefined ? undefined : toAddress(request.address)
  const broadcast = request.broadcast === undefined ? undefined : toAddress(request.broadcast)
  return defined({
    name,
    up,
    arp,
    multicast,
    allmulticast,
    promisc,
    mtu,
    txQueueLen,
    group,
    alias,
    master,
    netns,
    address,
    broadcast,
  })
}

const notEnough = (status: number, key: string): never => {
  throw new ToolExit(status, `Not enough information: "${key}" argument is required${key === 'dev' ? '.' : ''}\n`)
}

/** Makes a device. */
const add = (ip: IpContext, args: Args): number => {
  const request = parseLinkWords(ip, args)
  const kind = request.type
  if (kind === undefined) return notEnough(1, 'type')
  const { attributes, finish } = parseKindWords(ip, args, kind, 'add')
  bothNames(request)
  const name = request.name ?? request.dev
  if (name !== undefined && name.length >= IFNAMSIZ) throw extackError('EINVAL', 'Attribute failed policy validation')
  if (kind.endsWith('_slave') || ip.world.linkKinds.get(kind) === null)
    throw extackError('EOPNOTSUPP', 'Unknown device type', { kind })
  refuseImpossible(request)
  const { mtu, txQueueLen, ifindex, numTxQueues, numRxQueues, group, up, netns = ip.netns, master } = request
  const address = request.address === undefined ? undefined : etherAddress(request.address)
  const broadcast = request.broadcast === undefined ? undefined : etherAddress(request.broadcast)
  const dev = linkAdd(netns, {
    kind,
    attrs: kind === 'veth' && netns !== ip.netns ? inNetnsOfRequest(ip, attributes) : attributes,
    ...defined({
      name,
      address,
      broadcast,
      mtu,
      txQueueLen,
      ifindex,
      numTxQueues,
      numRxQueues,
      group,
      up,
      master: master ?? undefined,
    }),
  })
  finish?.(dev)
  const { arp, multicast, allmulticast, promisc } = request
  linkSet(dev, defined({ arp, multicast, allmulticast, promisc }))
  return 0
}

/** The peer of a veth is born where the request was made, not where the first end goes. */
const inNetnsOfRequest = (ip: IpContext, attributes: object): object => {
  const { peer } = attributes as { readonly peer?: object }
  return { ...attributes, peer: { netns: ip.netns, ...peer } }
}

/** What belongs to a kind; without attributes the kind is not looked at. */
const kindSettings = (dev: NetDevice, kind: string, attributes: object): LinkChanges => {
  if (Object.keys(attributes).length === 0) return {}
  if (!kind.endsWith('_slave')) return { kind, attrs: attributes }
  if (`${dev.master?.ops.kind}_slave` !== kind) throw new NetloomError('EOPNOTSUPP')
  return { slaveAttrs: attributes }
}

const set = (ip: IpContext, args: Args): number => {
  const request = parseLinkWords(ip, args)
  const kind = request.type
  const attributes = kind === undefined ? {} : parseKindWords(ip, args, kind, 'set').attributes
  const devices = devicesOf(ip, request)
  refuseImpossible(request)
  const { group, ...others } = settings(request, etherAddressOfDevice)
  const options = request.dev === undefined || group === undefined ? others : { ...others, group }
  for (const dev of devices)
    linkSet(dev, { ...options, ...(kind === undefined ? {} : kindSettings(dev, kind, attributes)) })
  return 0
}

/** The device that a request names, or all of a group when it names only that. */
const devicesOf = (ip: IpContext, request: LinkRequest): readonly NetDevice[] => {
  if (request.dev !== undefined) return [ip.device(request.dev)]
  if (request.group === undefined) return notEnough(EXIT_USAGE, 'dev')
  return ip.netns.devices.filter(d => d.group === request.group)
}

/** `replace`: makes the device, or changes it when it is there. */
const replace = (ip: IpContext, args: Args): number => {
  const rest = args.rest()
  const request = parseLinkWords(ip, args)
  if (request.type === undefined) return notEnough(1, 'type')
  const name = request.name ?? request.dev
  const verb = name !== undefined && ip.netns.devByName(name) !== null ? set : add
  return verb(ip, new Args(rest))
}

const del = (ip: IpContext, args: Args): number => {
  const request = parseLinkWords(ip, args)
  if (request.type !== undefined) parseKindWords(ip, args, request.type, 'set')
  const devices = devicesOf(ip, request)
  if (devices.length === 0) throw new NetloomError('ENODEV')
  for (const dev of devices) linkDel(dev)
  return 0
}

const show = (ip: IpContext, args: Args): number => {
  const filter = parseListFilter(ip, args, USAGE)
  if (filter.to !== null)
    throw new ToolExit(1, `Error: "${filter.toText}" may be inet prefix, but it is not allowed in this context.\n`)
  return ip.printList(p => {
    for (const info of filter.dev === null ? linkList(ip.netns) : [linkInfo(filter.dev)]) {
      if (!kernelLists(filter, info.dev)) continue
      p.openObject()
      if (filter.label === null && linkIsSelected(filter, info.dev)) {
        const view = { isLink: true, withHardware: true }
        if (p.options.brief) printBriefLink(p, info, view)
        else printLink(p, info, view)
      }
      p.closeObject()
    }
  })
}

/** Object `link` of `ip`. */
export const ipLink = (ip: IpContext, args: Args): ToolResult =>
  runVerb(ip, args, {
    name: 'ip link',
    byDefault: 'show',
    verbs: [
      { word: 'add', run: add },
      { word: 'set', run: set },
      { word: 'change', run: set },
      { word: 'replace', run: replace },
      { word: 'delete', run: del },
      { word: 'show', run: show },
      { word: 'lst', run: show },
      { word: 'list', run: show },
      { word: 'xstats', run: null },
      { word: 'afstats', run: null },
      { word: 'property', run: null },
    ],
  })
