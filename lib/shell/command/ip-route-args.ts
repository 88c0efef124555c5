/**
 * The words of `ip route add`, `change`, `replace`, `append`, `prepend` and `del`.
 *
 * @see ip-route(8)
 */
import type { NetDevice } from '../../core/netdev.js'
import {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_ANYCAST,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_NAT,
  RTN_UNICAST,
  RTPROT_BOOT,
} from '../../ip/rtnetlink.js'
import { DSFIELDS, type NameTable, ROUTE_PROTOCOLS, ROUTE_TABLES, ROUTE_TYPES, SCOPES } from '../../report/names.js'
import type { NexthopSpec, RouteSpec } from '../../rtnl/route.js'
import {
  type Args,
  defined,
  garbage,
  invalidArgument,
  matches,
  parseUnsigned,
  ToolExit,
  unsupported,
  usageError,
} from './args.js'
import { addressArgument, type Expected, expectedFamily, type InetPrefix, prefixArgument } from './inet-args.js'
import type { IpContext } from './ip-context.js'
import { parseMetric } from './ip-route-metrics.js'

const SUPPORTED =
  'TYPE PREFIX, via, dev, src, metric, scope, proto, table, tos, onlink, mtu [lock], advmss, window, rtt, rttvar, ' +
  'ssthresh, cwnd, reordering, hoplimit, initcwnd, initrwnd, rto_min, features, quickack, congctl, fastopen_no_cookie, nexthop'

/** A next hop of several. */
interface Hop {
  gateway?: number
  dev?: string
  weight?: number
  onlink?: boolean
}

/** What the words say. */
export interface RouteRequest {
  /** What addresses are expected: of the family of `-4` or `-6`, and then of that of the first address. */
  expected: Expected
  dst?: InetPrefix
  type?: number
  tos?: number
  table?: number
  protocol?: number
  scope?: number
  priority?: number
  prefsrc?: number
  gateway?: number
  dev?: string
  onlink?: boolean
  hops?: Hop[]
  metrics: Record<string, number | string>
  locks: Set<string>
}

type Apply = (request: RouteRequest, args: Args) => void

/** A number by name or as a number of at most `bits` bits; leaves with exit status 255. */
const byName = (table: NameTable, bits: number, message: string, word: string): number =>
  table.value(word) ?? parseUnsigned(word, bits) ?? invalidArgument(message, word)

/** Type-of-service octet: a name, or a number, which is hexadecimal with or without 0x. */
export const tosNumber = (word: string, message: string): number => {
  const hex = /^(?:0[xX])?([0-9a-fA-F]{1,2})$/.exec(word)
  return (
    DSFIELDS.value(word) ?? (hex === null ? undefined : Number.parseInt(hex[1]!, 16)) ?? invalidArgument(message, word)
  )
}

/** Types of routes that may be shortened, in the order in which the tool looks for them. */
const SHORTENED_TYPES: readonly string[] = [
  'broadcast',
  'anycast',
  'multicast',
  'prohibit',
  'unreachable',
  'blackhole',
  'xresolve',
  'unicast',
  'throw',
]

/** Type of a route by its name, or undefined. */
export const routeTypeByName = (word: string): number | undefined => {
  if (word === 'brd') return RTN_BROADCAST
  const name = word === 'local' || word === 'nat' ? word : SHORTENED_TYPES.find(type => matches(word, type))
  return name === undefined ? undefined : ROUTE_TYPES.indexOf(name)
}

const refused =
  (word: string): Apply =>
  () => {
    throw unsupported('ip route', word, SUPPORTED)
  }

/** The address behind `via`, in front of which the family may stand. */
const viaAddress = (args: Args, expected: Expected): number => {
  const word = args.take()
  if (word === 'inet6' || word === 'mpls' || word === 'bridge' || word === 'link')
    throw unsupported('ip route via', word, 'IPv4 addresses')
  return addressArgument(word === 'inet' ? args.take() : word, word === 'inet' ? 'inet' : expected)
}

const via: Apply = (request, args) => {
  if (request.gateway !== undefined) invalidArgument('use nexthop syntax to specify multiple via\n', 'via')
  request.gateway = viaAddress(args, request.expected)
  request.expected = 'inet'
}

const src: Apply = (request, args) => {
  request.prefsrc = addressArgument(args.take(), request.expected)
  request.expected = 'inet'
}

const tos: Apply = (request, args) => {
  request.tos = tosNumber(args.take(), '"tos" value is invalid\n')
}

const priority: Apply = (request, args) => {
  const word = args.take()
  request.priority = parseUnsigned(word) ?? invalidArgument('"metric" value is invalid\n', word)
}

const scope: Apply = (request, args) => {
  request.scope = byName(SCOPES, 8, 'invalid "scope" value\n', args.take())
}

const protocol: Apply = (request, args) => {
  request.protocol = byName(ROUTE_PROTOCOLS, 8, '"protocol" value is invalid\n', args.take())
}

const table: Apply = (request, args) => {
  request.table = byName(ROUTE_TABLES, 32, '"table" value is invalid\n', args.take())
}

const dev: Apply = (request, args) => {
  request.dev = args.take()
}

const onlink: Apply = request => {
  request.onlink = true
}

const vrf: Apply = (_request, args) => invalidArgument('Invalid VRF\n', args.take())

/** Words of one next hop; a word that is none of them ends it. */
const parseHop = (args: Args, expected: Expected): Hop => {
  const hop: Hop = {}
  while (!args.done) {
    const { word } = args
    if (word === 'via') {
      args.take()
      hop.gateway = viaAddress(args, expected)
    } else if (word === 'dev') {
      args.take()
      hop.dev = args.take()
    } else if (word === 'weight') {
      args.take()
      const text = args.take()
      const weight = parseUnsigned(text, 32)
      hop.weight =
        weight !== null && weight > 0 && weight <= 256 ? weight : invalidArgument('"weight" is invalid\n', text)
    } else if (word === 'onlink') {
      args.take()
      hop.onlink = true
    } else if (matches(word, 'realms') || word === 'encap' || word === 'as')
      throw unsupported('ip route nexthop', word, 'via, dev, weight, onlink')
    else break
  }
  return hop
}

/** `nexthop ... nexthop ...`, to the end of the line. */
const nexthops: Apply = (request, args) => {
  const hops: Hop[] = []
  for (;;) {
    if (args.done) usageError('Error: unexpected end of line after "nexthop"')
    hops.push(parseHop(args, request.expected))
    if (args.done) break
    if (args.word !== 'nexthop') usageError(`Error: "nexthop" or end of line is expected instead of "${args.word}"`)
    args.take()
  }
  request.hops = hops
}

/** Key words in the order in which the tool looks for them, and whether each must be whole. */
const WORDS: readonly (readonly [word: string, whole: boolean, apply: Apply])[] = [
  ['src', true, src],
  ['as', true, refused('as')],
  ['via', true, via],
  ['from', true, refused('from')],
  ['tos', true, tos],
  ['dsfield', false, tos],
  ['expires', true, refused('expires')],
  ['metric', false, priority],
  ['priority', false, priority],
  ['preference', true, priority],
  ['scope', true, scope],
  ['features', false, refused('features')],
  ['congctl', true, refused('congctl')],
  ['realms', false, refused('realms')],
  ['onlink', true, onlink],
  ['nexthop', true, nexthops],
  ['nhid', true, refused('nhid')],
  ['protocol', false, protocol],
  ['table', false, table],
  ['vrf', false, vrf],
  ['dev', true, dev],
  ['oif', true, dev],
  ['pref', false, refused('pref')],
  ['encap', true, refused('encap')],
  ['ttl-propagate', true, refused('ttl-propagate')],
]

const takeDestination = (request: RouteRequest, args: Args, first: string): void => {
  let word = first === 'to' ? args.take() : first
  const type = /^\d/.test(word) ? undefined : routeTypeByName(word)
  if (type !== undefined) {
    request.type = type
    word = args.take()
  }
  if (matches(word, 'help')) usageError(`Usage: ip route { add | change | replace | append | del } { ${SUPPORTED} }`)
  if (request.dst !== undefined) garbage('to', word)
  request.dst = prefixArgument(word, request.expected)
  if (!request.dst.isDefault) request.expected = 'inet'
}

/** Reads the words; without a destination the tool shows its usage. */
export const parseRouteWords = (ip: IpContext, args: Args): RouteRequest => {
  const request: RouteRequest = { expected: expectedFamily(ip.options.family), metrics: {}, locks: new Set() }
  while (!args.done) {
    const word = args.take()
    if (parseMetric(request, word, args)) continue
    const key = WORDS.find(([text, whole]) => (whole ? text === word : matches(word, text)))
    if (key === undefined) takeDestination(request, args, word)
    else key[2](request, args)
  }
  if (request.dst === undefined) usageError(`Usage: ip route { add | del ... } { ${SUPPORTED} }`)
  return request
}

/** Scope of a new route when none was given. */
const defaultScope = (request: RouteRequest, type: number): number => {
  if (type === RTN_LOCAL || type === RTN_NAT) return RT_SCOPE_HOST
  if (type === RTN_BROADCAST || type === RTN_MULTICAST || type === RTN_ANYCAST) return RT_SCOPE_LINK
  const isDirect = request.gateway === undefined && request.hops === undefined
  return type === RTN_UNICAST && isDirect ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE
}

const LOCAL_TYPES: readonly number[] = [RTN_LOCAL, RTN_BROADCAST, RTN_NAT, RTN_ANYCAST]

const deviceOf = (ip: IpContext, name: string | undefined): NetDevice | undefined =>
  name === undefined ? undefined : ip.device(name)

const metricsOf = ({ metrics, locks }: RouteRequest): RouteSpec['metrics'] =>
  Object.keys(metrics).length === 0 ? undefined : { ...metrics, lock: locks }

const tableOf = (request: RouteRequest): number =>
  request.table || (LOCAL_TYPES.includes(request.type ?? RTN_UNICAST) ? RT_TABLE_LOCAL : RT_TABLE_MAIN)

const nexthopOf = (ip: IpContext, { gateway, dev: name, onlink, weight }: Hop): NexthopSpec => {
  const dev = name === undefined ? undefined : ip.findDevice(name)
  if (dev === null) throw new ToolExit(255, `Cannot find device "${name}"\nError: cannot parse nexthop\n`)
  return defined({ dev, gateway, onlink, weight })
}

/** The parts that are the same for adding and deleting. */
const commonSpec = (ip: IpContext, request: RouteRequest): RouteSpec => {
  const { dst, prefsrc, gateway, onlink } = request
  return {
    dst: dst!.addr,
    dstLen: dst!.len,
    table: tableOf(request),
    ...defined({
      prefsrc,
      gateway,
      onlink,
      dev: deviceOf(ip, request.dev),
      nexthops: request.hops?.map(hop => nexthopOf(ip, hop)),
      metrics: metricsOf(request),
    }),
  }
}

/** The route that is to be added: what was not said has the tool's defaults. */
export const specForAdd = (ip: IpContext, request: RouteRequest): RouteSpec => {
  const type = request.type ?? RTN_UNICAST
  return {
    ...commonSpec(ip, request),
    type,
    tos: request.tos ?? 0,
    protocol: request.protocol ?? RTPROT_BOOT,
    scope: request.scope ?? defaultScope(request, type),
    priority: request.priority ?? 0,
  }
}

/** What a route that is to be deleted must match. */
export const specForDelete = (ip: IpContext, request: RouteRequest): RouteSpec => {
  const { type, tos, protocol, scope, priority } = request
  return { ...commonSpec(ip, request), ...defined({ type, tos, protocol, scope, priority }) }
}
