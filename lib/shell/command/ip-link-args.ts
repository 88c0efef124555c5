/**
 * The words of `ip link add` and `ip link set` that belong to every device.
 *
 * @see ip-link(8)
 */
import { checkDevName } from '../../core/dev.js'
import type { NetDevice } from '../../core/netdev.js'
import type { Netns } from '../../core/netns.js'
import { LINK_GROUPS } from '../../report/names.js'
import {
  type Args,
  duplicateArgument,
  garbage,
  invalidArgument,
  matches,
  oneOfOnOff,
  onOff,
  parseInteger,
  parseUnsigned,
  unsupported,
  usageError,
} from './args.js'
import type { IpContext } from './ip-context.js'
import { parseLladdr } from './lladdr.js'

/** What the words say. Absent means not mentioned. */
export interface LinkRequest {
  up?: boolean
  arp?: boolean
  multicast?: boolean
  allmulticast?: boolean
  promisc?: boolean
  /** `name NAME`. */
  name?: string
  /** `dev NAME`, or a name without a key word. */
  dev?: string
  ifindex?: number
  address?: number[]
  broadcast?: number[]
  txQueueLen?: number
  mtu?: number
  /** Of a new device; an existing one keeps its queues. */
  numTxQueues?: number
  numRxQueues?: number
  netns?: Netns
  group?: number
  alias?: string
  master?: NetDevice | null
  /** `link DEV`: what a new device is stacked on. */
  link?: string
  carrier?: boolean
  protodown?: boolean
  /** `type KIND`; its words are still to be read. */
  type?: string
}

/** True for a name that a device can have, a `%d` included. */
export const isDevName = (name: string): boolean => {
  try {
    checkDevName(name)
    return true
  } catch {
    return false
  }
}

/** Number of a group by name or number; leaves with exit status 255. */
export const groupNumber = (word: string): number =>
  LINK_GROUPS.value(word) ?? parseUnsigned(word) ?? invalidArgument('Invalid "group" value\n', word)

const netnsOf = (ip: IpContext, word: string): Netns => {
  if (ip.world.hasNetns(word)) return ip.world.netns(word)
  if (parseInteger(word) !== null) throw unsupported('ip link', word, 'netns NAME')
  return invalidArgument('Invalid "netns" value\n', word)
}

const integer = (key: string, word: string): number =>
  parseInteger(word) ?? invalidArgument(`Invalid "${key}" value\n`, word)

/** A key word: the text, whether it must be whole, and what it does with the words behind it. */
interface LinkWord {
  readonly word: string
  readonly whole: boolean
  readonly apply: (request: LinkRequest, args: Args, ip: IpContext) => void
}

type Apply = LinkWord['apply']

const whole = (word: string, apply: Apply): LinkWord => ({ word, whole: true, apply })
const shortened = (word: string, apply: Apply): LinkWord => ({ word, whole: false, apply })

const flagWord =
  (flag: 'arp' | 'multicast' | 'allmulticast' | 'promisc'): Apply =>
  (request, args) => {
    request[flag] = onOff(flag, args.take())
  }

const setUp =
  (up: boolean): Apply =>
  request => {
    request.up = up
  }

const name: Apply = (request, args) => {
  const word = args.take()
  if (request.name !== undefined) duplicateArgument('name', word)
  if (!isDevName(word)) invalidArgument('"name" not a valid ifname', word)
  request.name = word
}

const index: Apply = (request, args) => {
  const word = args.take()
  if (request.ifindex !== undefined) duplicateArgument('index', word)
  const value = Number.parseInt(word, 10)
  request.ifindex = value > 0 ? value : invalidArgument('Invalid "index" value', word)
}

const address: Apply = (request, args) => {
  request.address = parseLladdr(args.take())
}

const broadcast: Apply = (request, args) => {
  request.broadcast = parseLladdr(args.take())
}

const txQueueLen: Apply = (request, args) => {
  const word = args.take()
  if (request.txQueueLen !== undefined) duplicateArgument('txqueuelen', word)
  request.txQueueLen = integer('txqueuelen', word)
}

const mtu: Apply = (request, args) => {
  const word = args.take()
  if (request.mtu !== undefined) duplicateArgument('mtu', word)
  request.mtu = integer('mtu', word)
}

const netns: Apply = (request, args, ip) => {
  const word = args.take()
  if (request.netns !== undefined) duplicateArgument('netns', word)
  request.netns = netnsOf(ip, word)
}

const group: Apply = (request, args) => {
  const word = args.take()
  if (request.group !== undefined) duplicateArgument('group', word)
  request.group = groupNumber(word)
}

const alias: Apply = (request, args) => {
  request.alias = args.take()
}

const link: Apply = (request, args) => {
  request.link = args.take()
}

const master: Apply = (request, args, ip) => {
  request.master = ip.masterDevice(args.take())
}

const nomaster: Apply = request => {
  request.master = null
}

const numTxQueues: Apply = (request, args) => {
  const word = args.take()
  if (request.numTxQueues !== undefined) duplicateArgument('numtxqueues', word)
  request.numTxQueues = integer('numtxqueues', word)
}

const numRxQueues: Apply = (request, args) => {
  const word = args.take()
  if (request.numRxQueues !== undefined) duplicateArgument('numrxqueues', word)
  request.numRxQueues = integer('numrxqueues', word)
}

const vrf: Apply = (_request, args) => invalidArgument('Not a valid VRF name\n', args.take())

const carrier: Apply = (request, args) => {
  request.carrier = oneOfOnOff('carrier', args.take())
}

const protodown: Apply = (request, args) => {
  request.protodown = oneOfOnOff('protodown', args.take())
}

const type: Apply = (request, args) => {
  request.type = args.take()
}

/** Key words in the order in which the tool looks for them; `null` marks what netloom has not. */
const WORDS: readonly (LinkWord | { readonly word: string; readonly whole: boolean; readonly apply: null })[] = [
  whole('up', setUp(true)),
  whole('down', setUp(false)),
  whole('name', name),
  whole('index', index),
  shortened('link', link),
  shortened('address', address),
  shortened('broadcast', broadcast),
  whole('brd', broadcast),
  shortened('txqueuelen', txQueueLen),
  whole('qlen', txQueueLen),
  shortened('txqlen', txQueueLen),
  whole('mtu', mtu),
  { word: 'xdp', whole: true, apply: null },
  { word: 'xdpgeneric', whole: true, apply: null },
  whole('netns', netns),
  whole('multicast', flagWord('multicast')),
  whole('allmulticast', flagWord('allmulticast')),
  whole('promisc', flagWord('promisc')),
  { word: 'trailers', whole: true, apply: null },
  whole('arp', flagWord('arp')),
  whole('carrier', carrier),
  { word: 'vf', whole: true, apply: null },
  shortened('master', master),
  whole('vrf', vrf),
  shortened('nomaster', nomaster),
  { word: 'dynamic', whole: false, apply: null },
  shortened('type', type),
  shortened('alias', alias),
  whole('group', group),
  { word: 'mode', whole: true, apply: null },
  { word: 'state', whole: true, apply: null },
  shortened('numtxqueues', numTxQueues),
  shortened('numrxqueues', numRxQueues),
  { word: 'addrgenmode', whole: false, apply: null },
  { word: 'link-netns', whole: true, apply: null },
  { word: 'link-netnsid', whole: true, apply: null },
  whole('protodown', protodown),
  { word: 'protodown_reason', whole: true, apply: null },
  { word: 'gso_max_size', whole: true, apply: null },
  { word: 'gso_max_segs', whole: true, apply: null },
  { word: 'gro_max_size', whole: true, apply: null },
  { word: 'parentdev', whole: true, apply: null },
]

const SUPPORTED = WORDS.filter(w => w.apply !== null)
  .map(w => w.word)
  .join(', ')

/** The tool takes alternative names here, which are longer than names. */
const LONGEST_ALTERNATIVE_NAME = 127

const deviceName = (request: LinkRequest, args: Args): void => {
  const word = args.word === 'dev' ? args.next() : args.word
  args.take()
  if (request.dev !== undefined) garbage('dev', word)
  if (word === '' || word.length > LONGEST_ALTERNATIVE_NAME || /[/\s]/.test(word))
    invalidArgument('"dev" not a valid ifname', word)
  request.dev = word
}

/** Reads words until `type KIND` or the end. */
export const parseLinkWords = (ip: IpContext, args: Args): LinkRequest => {
  const request: LinkRequest = {}
  while (!args.done && request.type === undefined) {
    const { word } = args
    const key = WORDS.find(w => (w.whole ? w.word === word : matches(word, w.word)))
    if (key === undefined && matches(word, 'help')) usageError(`Usage: ip link { add | set } { ${SUPPORTED} } ...`)
    if (key === undefined) deviceName(request, args)
    else if (key.apply === null) throw unsupported('ip link', word, SUPPORTED)
    else {
      args.take()
      key.apply(request, args, ip)
    }
  }
  return request
}

/** A new device has one name: exit status 255 for two. */
export const checkNames = ({ name, dev }: LinkRequest): void => {
  if (name !== undefined && dev !== undefined && name !== dev)
    usageError('both "name" and "dev" cannot be used when creating devices.')
}
