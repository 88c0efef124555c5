/**
 * `bridge fdb`: add, append, replace, delete, show, get; `flush` stands beside it.
 *
 * @see bridge(8)
 */
import type { NetDevice } from '../../core/netdev.js'
import { extackError } from '../../errors.js'
import {
  NTF_EXT_LEARNED,
  NTF_MASTER,
  NTF_ROUTER,
  NTF_SELF,
  NTF_STICKY,
  NTF_USE,
  NUD_NOARP,
  NUD_PERMANENT,
  NUD_REACHABLE,
  NUD_STALE,
} from '../../ip/rtnetlink.js'
import { printFdb } from '../../report/bridge-text.js'
import {
  type FdbInfo,
  type FdbRequest,
  fdbAdd,
  fdbAppend,
  fdbDel,
  fdbGet,
  fdbGetSelf,
  fdbList,
  fdbReplace,
} from '../../rtnl/fdb.js'
import {
  type Args,
  defined,
  garbage,
  invalidArgument,
  matches,
  parseInteger,
  parseUnsigned,
  unsupported,
  usageError,
} from './args.js'
import { addressArgument } from './inet-args.js'
import { bridgeFdbFlush } from './bridge-fdb-flush.js'
import { bridgeToolDevice } from './bridge-link.js'
import type { IpContext } from './ip-context.js'
import { isRefusal, rtnlErrorText } from './rtnl-error.js'
import { runVerb, type ToolResult } from './tool.js'

const SUPPORTED =
  'ADDRESS, dev, self, master, local, permanent, static, temp, dynamic, vlan, use, extern_learn, sticky, router, dst, ' +
  'port, vni, src_vni, via'

/** What `bridge fdb get` ends with after a refusal. */
const EXIT_GET_REFUSED = 254

const VLAN_MAX = 4095

const macArgument = (word: string): number => {
  const parts = word.split(':')
  if (parts.length !== 6 || !parts.every(p => /^[0-9a-fA-F]{1,2}$/.test(p))) usageError(`Invalid mac address ${word}`)
  return parts.reduce((mac, part) => mac * 256 + Number.parseInt(part, 16), 0)
}

/** What the words of a change say. */
interface Words {
  address?: string
  dev?: string
  dst?: number
  port?: number
  vni?: number
  srcVni?: number
  via?: NetDevice
  vlan?: number
  flags: number
  state: number
}

type Apply = (request: Words, args: Args, ip: IpContext) => void

const flag =
  (bit: number): Apply =>
  request => {
    request.flags |= bit
  }

const permanent: Apply = request => {
  request.state |= NUD_PERMANENT
}

const fixed: Apply = request => {
  request.state |= NUD_REACHABLE
}

const dynamic: Apply = request => {
  request.state = (request.state | NUD_REACHABLE) & ~NUD_NOARP
}

const vlan: Apply = (request, args) => {
  if (request.vlan !== undefined) garbage('vlan', 'vlan')
  request.vlan = parseInteger(args.take()) ?? 0
}

const dst: Apply = (request, args) => {
  if (request.dst !== undefined) garbage('dst', args.take())
  request.dst = addressArgument(args.take())
}

const dev: Apply = (request, args) => {
  request.dev = args.take()
}

const PORT_MAX = 0xffff
const VNI_MAX = 0xffffff

const port: Apply = (request, args) => {
  const text = args.take()
  const value = parseUnsigned(text) ?? PORT_MAX + 1
  request.port = value <= PORT_MAX ? value : invalidArgument('invalid port\n', text)
}

const vniWord =
  (field: 'vni' | 'srcVni', name: string): Apply =>
  (request, args) => {
    const text = args.take()
    const value = parseUnsigned(text) ?? VNI_MAX + 1
    request[field] = value <= VNI_MAX ? value : invalidArgument(`invalid ${name === 'vni' ? 'VNI' : name}\n`, text)
  }

const via: Apply = (request, args, ip) => {
  const text = args.take()
  request.via = ip.findDevice(text) ?? usageError(`Cannot find device "${text}"`)
}

const refused =
  (word: string): Apply =>
  () => {
    throw unsupported('bridge fdb', word, SUPPORTED)
  }

/** Key words in the order in which the tool looks for them, and whether each must be whole. */
const WORDS: readonly (readonly [word: string, whole: boolean, apply: Apply])[] = [
  ['dev', true, dev],
  ['dst', true, dst],
  ['nhid', true, refused('nhid')],
  ['port', true, port],
  ['vni', true, vniWord('vni', 'vni')],
  ['src_vni', true, vniWord('srcVni', 'src VNI')],
  ['via', true, via],
  ['self', true, flag(NTF_SELF)],
  ['master', false, flag(NTF_MASTER)],
  ['router', false, flag(NTF_ROUTER)],
  ['local', false, permanent],
  ['permanent', false, permanent],
  ['temp', false, fixed],
  ['static', false, fixed],
  ['dynamic', false, dynamic],
  ['vlan', false, vlan],
  ['use', false, flag(NTF_USE)],
  ['extern_learn', false, flag(NTF_EXT_LEARNED)],
  ['sticky', false, flag(NTF_STICKY)],
]

const parseChange = (ip: IpContext, args: Args): Words => {
  const request: Words = { flags: 0, state: NUD_NOARP }
  while (!args.done) {
    const word = args.take()
    const key = WORDS.find(([text, whole]) => (whole ? text === word : matches(word, text)))
    if (key !== undefined) {
      key[2](request, args, ip)
      continue
    }
    const text = word === 'to' ? args.take() : word
    if (matches(text, 'help')) usageError(`Usage: bridge fdb { add | append | replace | del } { ${SUPPORTED} }`)
    if (request.address !== undefined) garbage('to', text)
    request.address = text
  }
  if (request.dev === undefined || request.address === undefined)
    usageError('Device and address are required arguments.')
  return request
}

/** Vlans that the kernel refuses. */
const checkVlan = (id: number | undefined): void => {
  if (id !== undefined && (id <= 0 || id >= VLAN_MAX)) throw extackError('EINVAL', 'invalid vlan id')
}

/** The entry that a request is about, with the tool's defaults: the device's own list, permanent. */
const specOf = (ip: IpContext, request: Words): FdbRequest => {
  const { address, dst: remote, vlan: id, port: remotePort, vni, srcVni, via: viaDev } = request
  const flags = request.flags & (NTF_SELF | NTF_MASTER) ? request.flags : request.flags | NTF_SELF
  const state = request.state & (NUD_PERMANENT | NUD_REACHABLE) ? request.state : request.state | NUD_PERMANENT
  const lladdr = macArgument(address!)
  const device = bridgeToolDevice(ip, request.dev!)
  checkVlan(id)
  return {
    dev: device,
    lladdr,
    state,
    flags,
    ...defined({ vlan: id, dst: remote, port: remotePort || undefined, vni, srcVni, via: viaDev }),
  }
}

const change =
  (apply: typeof fdbAdd) =>
  (ip: IpContext, args: Args): number => {
    apply(ip.netns, specOf(ip, parseChange(ip, args)))
    return 0
  }

const STATES: Readonly<Record<string, number>> = {
  permanent: NUD_PERMANENT,
  static: NUD_NOARP,
  temp: NUD_NOARP,
  stale: NUD_STALE,
  reachable: NUD_REACHABLE,
}

/** What the words of a list select. */
interface FdbFilter {
  port: NetDevice | null
  bridge: NetDevice | null
  vlan: number
  state: number | null
  dynamic: boolean
}

/** Words that select nothing are read and mean nothing, as in the tool. */
const parseFilter = (ip: IpContext, args: Args): FdbFilter => {
  const filter: FdbFilter = { port: null, bridge: null, vlan: 0, state: null, dynamic: false }
  while (!args.done) {
    const word = args.take()
    if (word === 'brport' || word === 'dev') filter.port = bridgeToolDevice(ip, args.take())
    else if (word === 'br') filter.bridge = bridgeToolDevice(ip, args.take(), 'bridge device')
    else if (word === 'vlan') filter.vlan = parseInteger(args.take()) ?? 0
    else if (word === 'state') {
      const text = args.take()
      filter.state = STATES[text] ?? parseInteger(text) ?? invalidArgument('invalid state', text)
    } else if (word === 'dynamic') filter.dynamic = true
    else if (matches(word, 'help'))
      usageError('Usage: bridge fdb show [ br BR ] [ brport DEV ] [ vlan V ] [ state S ] [ dynamic ]')
  }
  return filter
}

const isSelected = (filter: FdbFilter, f: FdbInfo): boolean => {
  if (filter.vlan !== 0 && f.vlan !== filter.vlan) return false
  if (filter.dynamic && (f.state & NUD_PERMANENT) !== 0) return false
  return filter.state === null || (f.state & filter.state) !== 0
}

const show = (ip: IpContext, args: Args): number => {
  const filter = parseFilter(ip, args)
  const { bridge, port } = filter
  const selector = defined({ br: bridge ?? undefined, brport: port ?? undefined })
  const isBridge = bridge === null || bridge.ops.kind === 'bridge'
  return ip.printList(p => {
    if (!isBridge) return
    for (const f of fdbList(ip.netns, selector)) {
      if (!isSelected(filter, f)) continue
      ip.askFor(f.dev)
      printFdb(p, f, port !== null)
    }
  })
}

/** What the words of `get` say. */
interface GetRequest {
  address?: string
  dev?: string
  bridge?: string
  isSelf: boolean
  vlan?: number
  vni?: number
}

const parseGet = (args: Args): GetRequest => {
  const request: GetRequest = { isSelf: false }
  while (!args.done) {
    const word = args.take()
    if (word === 'brport' || word === 'dev') request.dev = args.take()
    else if (word === 'br') request.bridge = args.take()
    else if (word === 'self') request.isSelf = true
    else if (word === 'vlan') request.vlan = parseInteger(args.take()) ?? 0
    else if (word === 'vni') {
      const text = args.take()
      const value = parseUnsigned(text) ?? VNI_MAX + 1
      request.vni = value <= VNI_MAX ? value : invalidArgument('invalid VNI\n', text)
    } else if (matches(word, 'master')) continue
    else {
      const text = word === 'to' ? args.take() : word
      if (matches(text, 'help')) usageError('Usage: bridge fdb get ADDRESS [ br BR ] [ brport DEV ] [ vlan V ]')
      if (request.address !== undefined) garbage('to', text)
      request.address = text
    }
  }
  return request
}

/** The entry that `get` finds; throws what the kernel answers when there is none. */
const find = (lladdr: number, dev: NetDevice | null, bridge: NetDevice | null, request: GetRequest): FdbInfo => {
  checkVlan(request.vlan)
  if (request.isSelf && dev !== null) return fdbGetSelf(dev, lladdr)
  const master = bridge ?? dev!.master
  if (master === null) throw extackError('EINVAL', 'Device is not a bridge port')
  return fdbGet(master, lladdr, request.vlan)
}

const get = (ip: IpContext, args: Args): number => {
  const request = parseGet(args)
  if ((request.dev === undefined && request.bridge === undefined) || request.address === undefined)
    return usageError('Device or master and address are required arguments.')
  const lladdr = macArgument(request.address)
  const dev = request.dev === undefined ? null : bridgeToolDevice(ip, request.dev)
  const bridge = request.bridge === undefined ? null : bridgeToolDevice(ip, request.bridge, 'bridge device')
  try {
    const found = find(lladdr, dev, bridge, request)
    return ip.printList(p => printFdb(p, found, false))
  } catch (e) {
    if (!isRefusal(e)) throw e
    ip.command.err(rtnlErrorText(e))
    return EXIT_GET_REFUSED
  }
}

/** Object `fdb` of `bridge`. */
export const bridgeFdb = (ip: IpContext, args: Args): ToolResult =>
  runVerb(ip, args, {
    name: 'bridge fdb',
    byDefault: 'show',
    verbs: [
      { word: 'add', run: change(fdbAdd) },
      { word: 'append', run: change(fdbAppend) },
      { word: 'replace', run: change(fdbReplace) },
      { word: 'delete', run: change(fdbDel) },
      { word: 'get', run: get },
      { word: 'flush', run: bridgeFdbFlush },
      { word: 'show', run: show },
      { word: 'lst', run: show },
      { word: 'list', run: show },
    ],
  })
