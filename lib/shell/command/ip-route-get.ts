/**
 * `ip route get`: the route that a packet would take.
 *
 * @see ip-route(8)
 */
import { extackError } from '../../errors.js'
import { ALL_COLUMNS, printRoute } from '../../report/ip-route-text.js'
import { Printer } from '../../report/printer.js'
import { printRouteGet } from '../../report/ip-route-get-text.js'
import { routeGet, routeMatch } from '../../rtnl/route.js'
import { formatIpv4 } from '../../wire/ip.js'
import {
  type Args,
  defined,
  invalidArgument,
  matches,
  parseUnsigned,
  ToolExit,
  unsupported,
  usageError,
} from './args.js'
import { type Expected, expectedFamily, type InetPrefix, prefixArgument } from './inet-args.js'
import type { IpContext } from './ip-context.js'
import { tosNumber } from './ip-route-args.js'
import { ipProtocol } from './ip-rule-args.js'

const SUPPORTED = 'to, from, iif, oif, tos, mark, uid, ipproto, sport, dport, fibmatch, connected, notify'

/** What the words ask for. */
interface GetRequest {
  dst?: InetPrefix
  from?: InetPrefix
  iif?: string
  oif?: string
  mark?: number
  tos?: number
  uid?: number
  ipProto?: number
  sport?: number
  dport?: number
  fibmatch?: boolean
  connected?: boolean
  notify?: boolean
}

/** After the first address the family is known. */
const expectedNow = (ip: IpContext, request: GetRequest): Expected =>
  request.dst !== undefined || request.from !== undefined ? 'inet' : expectedFamily(ip.options.family)

const takeAddress = (ip: IpContext, request: GetRequest, word: string): void => {
  if (matches(word, 'help')) usageError(`Usage: ip route get ADDRESS { ${SUPPORTED} }`)
  request.dst = prefixArgument(word, expectedNow(ip, request))
  const { len } = request.dst
  if (len !== 32) ip.command.err(`Warning: /${len} as prefix is invalid, only /32 (or none) is supported.\n`)
}

const numberArgument = (args: Args, bits: number, message: string): number => {
  const word = args.take()
  return parseUnsigned(word, bits) ?? invalidArgument(message, word)
}

const parseRequest = (ip: IpContext, args: Args): GetRequest => {
  const request: GetRequest = {}
  while (!args.done) {
    const word = args.take()
    if (word === 'tos' || matches(word, 'dsfield')) request.tos = tosNumber(args.take(), 'TOS value is invalid\n')
    else if (matches(word, 'iif')) request.iif = args.take()
    else if (matches(word, 'oif') || word === 'dev') request.oif = args.take()
    else if (matches(word, 'mark')) {
      const text = args.take()
      request.mark = parseUnsigned(text) ?? invalidArgument('invalid mark value', text)
    } else if (matches(word, 'from')) request.from = prefixArgument(args.take(), expectedNow(ip, request))
    else if (matches(word, 'uid')) request.uid = numberArgument(args, 32, 'invalid UID\n')
    else if (matches(word, 'sport')) request.sport = numberArgument(args, 16, 'invalid sport\n')
    else if (matches(word, 'dport')) request.dport = numberArgument(args, 16, 'invalid dport\n')
    else if (matches(word, 'ipproto')) request.ipProto = ipProtocol(args.take())
    else if (matches(word, 'fibmatch')) request.fibmatch = true
    else if (matches(word, 'connected')) request.connected = true
    else if (matches(word, 'notify')) request.notify = true
    else if (matches(word, 'vrf')) invalidArgument('Invalid VRF\n', args.take())
    else if (word === 'as') throw unsupported('ip route get', word, SUPPORTED)
    else takeAddress(ip, request, word === 'to' ? args.take() : word)
  }
  return request
}

/** The tool means to ask again from the address of the first answer, but repeats its question; JSON is over by then. */
const printConnected = (ip: IpContext, source: number, write: (p: Printer) => void): number => {
  if (source === 0) throw new ToolExit(1, 'Failed to connect the route\n')
  const p = new Printer({ ...ip.options, json: false })
  write(p)
  ip.command.out(p.finish())
  return 0
}

/** `ip route get`. */
export const getRoute = (ip: IpContext, args: Args): number => {
  const request = parseRequest(ip, args)
  const { dst, from, mark, tos, uid, ipProto, sport, dport } = request
  if (dst === undefined) throw new ToolExit(1, 'need at least a destination address\n')
  const iif = request.iif === undefined ? undefined : ip.device(request.iif)
  const oif = request.oif === undefined ? undefined : ip.device(request.oif)
  if (from !== undefined && from.len !== 32)
    throw extackError('EINVAL', 'ipv4: Invalid values in header for route get request')
  const { notify } = request
  const wanted = {
    dst: dst.addr,
    ...defined({ src: from?.addr, iif, oif, mark, tos, uid, ipProto, sport, dport, notify }),
  }
  const isConnected = request.connected === true && from === undefined
  if (request.fibmatch === true) {
    const route = routeMatch(ip.netns, wanted)
    const write = (p: Printer): void => printRoute(p, route, { ...ALL_COLUMNS, hideTable: false })
    ip.printList(write)
    return isConnected ? printConnected(ip, route.prefsrc, write) : 0
  }
  const info = routeGet(ip.netns, wanted)
  const question = { from: from === undefined || from.addr === 0 ? '' : formatIpv4(from.addr), mark }
  const write = (p: Printer): void => printRouteGet(p, info, question)
  ip.printList(write)
  return isConnected ? printConnected(ip, info.src, write) : 0
}
