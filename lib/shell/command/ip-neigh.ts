/**
 * `ip neigh`: add, change, replace, delete, show, get, flush.
 *
 * @see ip-neighbour(8)
 */
import type { NetDevice } from '../../core/netdev.js'
import {
  NTF_EXT_LEARNED,
  NTF_PROXY,
  NTF_ROUTER,
  NTF_USE,
  NUD_FAILED,
  NUD_NOARP,
  NUD_PERMANENT,
} from '../../ip/rtnetlink.js'
import { extackError } from '../../errors.js'
import { NUD_STATES, printNeigh } from '../../report/ip-neigh-text.js'
import { ROUTE_PROTOCOLS } from '../../report/names.js'
import { Printer } from '../../report/printer.js'
import { type NeighInfo, neighAdd, neighDel, neighList } from '../../rtnl/neigh.js'
import { maskOf } from '../../wire/ip.js'
import {
  type Args,
  defined,
  duplicateArgument,
  EXIT_USAGE,
  garbage,
  invalidArgument,
  matches,
  parseUnsigned,
  ToolExit,
  unsupported,
  usageError,
} from './args.js'
import { requireSelector, runFlush } from './flush.js'
import { addressArgument, expectedFamily, type InetPrefix, prefixArgument } from './inet-args.js'
import type { IpContext } from './ip-context.js'
import { etherAddress, parseLladdr } from './lladdr.js'
import { runVerb, type ToolResult } from './tool.js'

/** Bit that stands for entries without a state. */
const NUD_NONE_SELECTED = 0x100
const ALL_STATES = 0xffff
const SHOWN_STATES = 0xff & ~NUD_NOARP
const FLUSHED_STATES = ALL_STATES & ~(NUD_PERMANENT | NUD_NOARP)

const SUPPORTED = 'lladdr, nud, proxy, dev, router, extern_learn, use, protocol'

/** States that may be shortened. */
const SHORTENED: readonly string[] = ['permanent', 'reachable', 'failed']

/** A state by name or as the number of one bit; leaves with exit status 255. */
const nudState = (word: string): number => {
  if (word === 'none') return 0
  const state = NUD_STATES.find(([name]) => {
    const text = name.toLowerCase()
    return text === word || (SHORTENED.includes(text) && matches(word, text))
  })
  if (state !== undefined) return state[1]
  const value = parseUnsigned(word, 8)
  return value !== null && (value & (value - 1)) === 0 ? value : invalidArgument('nud state is bad', word)
}

const protocol = (word: string, message: string): number =>
  ROUTE_PROTOCOLS.value(word) ?? parseUnsigned(word, 8) ?? invalidArgument(message, word)

const missing = (): never => {
  throw new ToolExit(EXIT_USAGE, 'Device and destination are required arguments.\n')
}

/** What the words of a change say. */
interface NeighRequest {
  dst?: number
  dev?: string
  lladdr?: string
  state?: number
  flags: number
  protocol?: number
}

const parseChange = (args: Args): NeighRequest => {
  const request: NeighRequest = { flags: 0 }
  while (!args.done) {
    const word = args.take()
    if (matches(word, 'lladdr')) request.lladdr = args.take()
    else if (word === 'nud') request.state = nudState(args.take())
    else if (matches(word, 'proxy')) takeProxy(request, args)
    else if (word === 'router') request.flags |= NTF_ROUTER
    else if (matches(word, 'extern_learn')) request.flags |= NTF_EXT_LEARNED
    else if (word === 'dev') request.dev = args.take()
    else if (matches(word, 'protocol')) request.protocol = protocol(args.take(), '"protocol" value is invalid\n')
    else if (word === 'use') request.flags |= NTF_USE
    else if (matches(word, 'managed')) throw unsupported('ip neigh', word, SUPPORTED)
    else takeDestination(request, word === 'to' ? args.take() : word)
  }
  return request
}

const takeDestination = (request: NeighRequest, word: string): void => {
  if (matches(word, 'help')) usageError(`Usage: ip neigh { add | change | replace | del } ADDRESS { ${SUPPORTED} }`)
  if (request.dst !== undefined) garbage('to', word)
  request.dst = addressArgument(word)
}

/** `proxy ADDRESS`. */
const takeProxy = (request: NeighRequest, args: Args): void => {
  request.flags |= NTF_PROXY
  const word = args.take()
  if (matches(word, 'help')) usageError('Usage: ip neigh { add | del } proxy ADDRESS [ dev DEV ]')
  if (request.dst !== undefined) duplicateArgument('address', word)
  request.dst = addressArgument(word)
}

/** What a change is about. */
interface Destination {
  readonly dst: number
  readonly dev: NetDevice
  /** Undefined without an address, and for the word `null`. */
  readonly lladdr: readonly number[] | undefined
}

/** Destination and device of a request; proxy entries may do without a device, which netloom refuses. */
const destinationOf = (ip: IpContext, request: NeighRequest): Destination => {
  const { dst, dev } = request
  if (dst === undefined) return missing()
  if (dev === undefined) {
    if ((request.flags & NTF_PROXY) !== 0) throw unsupported('ip neigh', 'proxy', 'proxy ADDRESS dev DEV')
    return missing()
  }
  const hasLladdr = request.lladdr !== undefined && request.lladdr !== 'null'
  const lladdr = hasLladdr ? parseLladdr(request.lladdr!) : undefined
  return { dst, dev: ip.device(dev), lladdr }
}

const add =
  (mode: 'add' | 'change' | 'replace') =>
  (ip: IpContext, args: Args): number => {
    const request = parseChange(args)
    const { dst, dev, lladdr } = destinationOf(ip, request)
    neighAdd(
      ip.netns,
      {
        dev,
        dst,
        state: request.state ?? NUD_PERMANENT,
        flags: request.flags,
        ...defined({ lladdr: lladdr && etherAddressOrExtack(lladdr), protocol: request.protocol }),
      },
      mode,
    )
    return 0
  }

const etherAddressOrExtack = (octets: readonly number[]): number => {
  if (octets.length < 6) throw extackError('EINVAL', 'Invalid link address')
  return etherAddress(octets.slice(0, 6))
}

const del = (ip: IpContext, args: Args): number => {
  const request = parseChange(args)
  const { dst, dev } = destinationOf(ip, request)
  neighDel(ip.netns, { dev, dst, proxy: (request.flags & NTF_PROXY) !== 0 })
  return 0
}

/** What the words of a list select. */
interface NeighFilter {
  dev: NetDevice | null
  to: InetPrefix | null
  /** 0 until a state was named. */
  states: number
  isUnused: boolean
  proxy: boolean
  protocol: number | null
  master: NetDevice | 'none' | null
  selected: boolean
}

const parseFilter = (ip: IpContext, args: Args): NeighFilter => {
  const filter: NeighFilter = {
    dev: null,
    to: null,
    states: 0,
    isUnused: false,
    proxy: false,
    protocol: null,
    master: null,
    selected: !args.done,
  }
  let devName: string | undefined
  while (!args.done) {
    const word = args.take()
    if (word === 'dev') devName = args.take()
    else if (word === 'master') filter.master = ip.masterDevice(args.take())
    else if (word === 'vrf') invalidArgument('Not a valid VRF name\n', args.take())
    else if (word === 'nomaster') filter.master = 'none'
    else if (word === 'unused') filter.isUnused = true
    else if (word === 'nud') {
      const name = args.take()
      filter.states |= name === 'all' ? ALL_STATES : nudState(name) || NUD_NONE_SELECTED
    } else if (word === 'proxy') filter.proxy = true
    else if (matches(word, 'protocol')) filter.protocol = protocol(args.take(), 'invalid "protocol"\n')
    else {
      const text = word === 'to' ? args.take() : word
      if (matches(text, 'help')) usageError('Usage: ip neigh { show | flush } [ to PREFIX ] [ dev DEV ] [ nud STATE ]')
      const isKnown = filter.to !== null && !filter.to.isDefault
      filter.to = prefixArgument(text, isKnown ? 'inet' : expectedFamily(ip.options.family))
    }
  }
  if (devName !== undefined) filter.dev = ip.device(devName)
  return filter
}

const isSelected = (filter: NeighFilter, states: number, n: NeighInfo): boolean => {
  const { to, master } = filter
  if (to !== null && to.len > 0 && ((n.dst ^ to.addr) & maskOf(to.len)) !== 0) return false
  if (filter.protocol !== null && n.protocol !== filter.protocol) return false
  const upper = n.dev?.master ?? null
  if (master === 'none' ? upper !== null : master !== null && upper !== master) return false
  if (filter.isUnused && n.refcnt > 0) return false
  if (filter.proxy || (n.flags & NTF_EXT_LEARNED) !== 0) return true
  return (states & n.state) !== 0 || (n.state === 0 && (states & NUD_NONE_SELECTED) !== 0)
}

const listSelected = (ip: IpContext, filter: NeighFilter, states: number): NeighInfo[] => {
  if (ip.options.family === 'inet6' || ip.options.family === 'link') return []
  const { dev, proxy } = filter
  return neighList(ip.netns, { ...defined({ dev: dev ?? undefined }), proxy }).filter(n =>
    isSelected(filter, states, n),
  )
}

const show = (ip: IpContext, args: Args): number => {
  const filter = parseFilter(ip, args)
  const states = filter.states === 0 ? SHOWN_STATES : filter.states
  return ip.printList(p => {
    for (const n of listSelected(ip, filter, states)) {
      ip.askFor(n.dev)
      printNeigh(p, n, filter.dev !== null, filter.proxy)
    }
  })
}

const flush = (ip: IpContext, args: Args): number => {
  const filter = parseFilter(ip, args)
  requireSelector(filter.selected)
  const states = filter.states === 0 ? FLUSHED_STATES : filter.states
  return runFlush(ip, {
    what: 'entries',
    // What was deleted while somebody held it stays as a failed entry for a while.
    select: round => listSelected(ip, filter, round === 1 ? states : states & ~NUD_FAILED),
    remove: n => {
      if (n.dev !== null) neighDel(ip.netns, { dev: n.dev, dst: n.dst, proxy: filter.proxy })
    },
    print: (p, n) => printNeigh(p, n, filter.dev !== null, filter.proxy),
  })
}

/** `ip neigh get`, which prints text only, with or without `-j`. */
const get = (ip: IpContext, args: Args): number => {
  const request: NeighRequest = { flags: 0 }
  while (!args.done) {
    const word = args.take()
    if (word === 'dev') request.dev = args.take()
    else if (matches(word, 'proxy')) takeProxy(request, args)
    else takeDestination(request, word === 'to' ? args.take() : word)
  }
  const proxy = (request.flags & NTF_PROXY) !== 0
  if (request.dst === undefined || request.dev === undefined)
    throw new ToolExit(1, 'Device and address are required arguments.\n')
  const dev = ip.device(request.dev)
  const found = neighList(ip.netns, { dev, proxy }).find(n => n.dst === request.dst)
  if (found === undefined) throw extackError('ENOENT', `${proxy ? 'Proxy n' : 'N'}eighbour entry not found`)
  const p = new Printer({ ...ip.options, json: false })
  // The look-up holds the entry while it is printed.
  printNeigh(p, { ...found, refcnt: found.refcnt + 1 }, false, proxy)
  ip.command.out(p.finish())
  return 0
}

/** Object `neigh` of `ip`. */
export const ipNeigh = (ip: IpContext, args: Args): ToolResult =>
  runVerb(ip, args, {
    name: 'ip neigh',
    byDefault: 'show',
    verbs: [
      { word: 'add', run: add('add') },
      { word: 'change', run: add('change') },
      { word: 'chg', run: add('change') },
      { word: 'replace', run: add('replace') },
      { word: 'delete', run: del },
      { word: 'get', run: get },
      { word: 'show', run: show },
      { word: 'lst', run: show },
      { word: 'list', run: show },
      { word: 'flush', run: flush },
    ],
  })
