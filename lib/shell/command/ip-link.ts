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
import { type Args, defined, EXIT_USAGE, ToolExit, unsupported, usageError } from './args.js'
import type { IpContext } from './ip-context.js'
import { checkNames, type LinkRequest, parseLinkWords } from './ip-link-args.js'
import { parseKindWords } from './ip-link-kinds.js'
import { kernelLists, linkIsSelected, parseListFilter } from './ip-list-args.js'
import { etherAddress, etherAddressOfDevice } from './lladdr.js'
import { runVerb, type ToolResult } from './tool.js'

const USAGE = 'Usage: ip link show [ dev ] NAME [ up ] [ master DEV ] [ nomaster ] [ group G ] [ type TYPE ]'

/** The part of a request that a device which exists can be given. */
const settings = (request: LinkRequest, toAddress: (octets: readonly number[]) => number): LinkChanges => {
  const {
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
    name,
    carrier,
    protodown,
  } = request
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
    carrier,
    protodown,
  })
}

const notEnough = (status: number, key: string): never => {
  throw new ToolExit(status, `Not enough information: "${key}" argument is required${key === 'dev' ? '.' : ''}\n`)
}

/** Makes a device; `taken` is what the kernel says when its name is in use. `replace` replaces nothing. */
const add =
  (taken: 'EEXIST' | 'EOPNOTSUPP') =>
  (ip: IpContext, args: Args): number => {
    const request = parseLinkWords(ip, args)
    checkNames(request)
    const link = request.link === undefined ? undefined : ip.device(request.link)
    const kind = request.type
    if (kind === undefined) return notEnough(1, 'type')
    const { attributes, finish } = parseKindWords(ip, args, kind, 'add', request)
    const name = request.name ?? request.dev
    if (name !== undefined && name.length >= IFNAMSIZ) throw extackError('EINVAL', 'Attribute failed policy validation')
    const { mtu, txQueueLen, ifindex, numTxQueues, numRxQueues, group, up, netns = ip.netns } = request
    // A kind checks addresses before the kernel looks whether the name is free; for an unknown kind nobody does.
    const isKnown = ip.world.linkKinds.get(kind) !== null
    const address = request.address === undefined || !isKnown ? undefined : etherAddress(request.address)
    const broadcast = request.broadcast === undefined || !isKnown ? undefined : etherAddress(request.broadcast)
    if (name !== undefined && netns.devByName(name) !== null) throw new NetloomError(taken)
    const master = request.master ?? undefined
    const base = {
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
      master,
      link,
      srcNetns: netns === ip.netns ? undefined : ip.netns,
    }
    const attrs =
      (kind === 'veth' || kind === 'link') && netns !== ip.netns ? inNetnsOfRequest(ip, attributes) : attributes
    const dev = linkAdd(netns, { kind, attrs, ...defined(base) })
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

/** Changes a device, or all devices of a group. */
const set = (ip: IpContext, args: Args): number => {
  const request = parseLinkWords(ip, args)
  const devices = devicesOf(ip, request)
  const kind = request.type
  const attributes = kind === undefined ? {} : parseKindWords(ip, args, kind, 'set', request).attributes
  const { group, name, ...others } = settings(request, etherAddressOfDevice)
  const isNamed = request.dev !== undefined
  const options = defined({ group: isNamed ? group : undefined, name: isNamed ? name : undefined })
  for (const dev of devices)
    linkSet(dev, { ...others, ...options, ...(kind === undefined ? {} : kindSettings(dev, kind, attributes)) })
  return 0
}

/** The device that a request names (`name` does, too, where nothing else does), or all of the group that it names. */
const devicesOf = (ip: IpContext, request: LinkRequest): readonly NetDevice[] => {
  if (request.ifindex !== undefined && request.netns === undefined)
    usageError('index can be used only when creating devices or when moving device to another netns.')
  if (request.ifindex !== undefined) throw unsupported('ip link set', 'index', 'a new index for new devices only')
  const name = request.dev ?? request.name
  if (name !== undefined) return [ip.device(name)]
  if (request.group === undefined) return notEnough(EXIT_USAGE, 'dev')
  return ip.netns.devices.filter(d => d.group === request.group)
}

const del = (ip: IpContext, args: Args): number => {
  const request = parseLinkWords(ip, args)
  const devices = devicesOf(ip, request)
  if (request.type !== undefined && !args.done) parseKindWords(ip, args, request.type, 'set', request)
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
      { word: 'add', run: add('EEXIST') },
      { word: 'set', run: set },
      { word: 'change', run: set },
      { word: 'replace', run: add('EOPNOTSUPP') },
      { word: 'delete', run: del },
      { word: 'show', run: show },
      { word: 'lst', run: show },
      { word: 'list', run: show },
      { word: 'xstats', run: null },
      { word: 'afstats', run: null },
      { word: 'property', run: null },
    ],
  })
