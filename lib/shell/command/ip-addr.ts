/**
 * `ip address`: add, change, replace, delete, show, flush.
 *
 * @see ip-address(8)
 */
import { IFNAMSIZ } from '../../core/dev.js'
import type { NetDevice } from '../../core/netdev.js'
import { extackError, NetloomError } from '../../errors.js'
import { IFA_F_MCAUTOJOIN, IFA_F_NOPREFIXROUTE, RT_SCOPE_HOST, RT_SCOPE_UNIVERSE } from '../../ip/rtnetlink.js'
import { SCOPES } from '../../report/names.js'
import { addrAdd, addrDel } from '../../rtnl/addr.js'
import { formatIpv4, isLoopback4, isMulticast4, maskOf } from '../../wire/ip.js'
import {
  type Args,
  defined,
  duplicateArgument,
  garbage,
  invalidArgument,
  matches,
  parseUnsigned,
  ToolExit,
  usageError,
} from './args.js'
import { addressArgument, type Expected, expectedFamily, type InetPrefix, prefixArgument } from './inet-args.js'
import { flushAddresses, showAddresses } from './ip-addr-show.js'
import type { IpContext } from './ip-context.js'
import { runVerb, type ToolResult } from './tool.js'

const SUPPORTED = 'local, peer, dev, broadcast, scope, label, valid_lft, preferred_lft, metric, noprefixroute, autojoin'

/** Life time without an end. */
const FOREVER = -1

/** What the words say. */
interface AddressRequest {
  /** What the first address is expected to be: of the family of `-4` or `-6`. */
  family: Expected
  local?: InetPrefix
  peer?: InetPrefix
  /** `+`: host bits set; `-`: host bits clear. */
  broadcast?: number | '+' | '-'
  /** An anycast address was given, which the kernel ignores for IPv4. */
  anycast?: true
  dev?: string
  label?: string
  scope?: number
  metric?: number
  flags: number
  validLft?: number
  preferredLft?: number
}

type Apply = (request: AddressRequest, args: Args, ip: IpContext) => void

/** After the first address the family is known. */
const expected = (request: AddressRequest): Expected =>
  (request.local !== undefined && !request.local.isDefault) || hasOtherAddress(request) ? 'inet' : request.family

const hasOtherAddress = ({ peer, broadcast, anycast }: AddressRequest): boolean =>
  peer !== undefined || typeof broadcast === 'number' || anycast === true

const lifetime = (key: string, word: string): number =>
  word === 'forever' ? FOREVER : (parseUnsigned(word) ?? invalidArgument(`${key} value`, word))

const flag =
  (bit: number): Apply =>
  request => {
    request.flags |= bit
  }

/** A flag of IPv6 addresses: the tool warns and goes on without it. */
const inet6Flag =
  (word: string): Apply =>
  (request, _args, ip) => {
    if (expected(request) === 'inet') ip.command.err(`Warning: ${word} option can be set only for IPv6 addresses\n`)
  }

/** A flag that the kernel sets itself. */
const fixedFlag =
  (word: string): Apply =>
  (_request, _args, ip) => {
    ip.command.err(`Warning: ${word} option is not mutable from userspace\n`)
  }

const anycast: Apply = (request, args) => {
  addressArgument(args.take(), expected(request))
  request.anycast = true
}

const peer: Apply = (request, args) => {
  const word = args.take()
  if (request.peer !== undefined) duplicateArgument('peer', word)
  request.peer = prefixArgument(word, expected(request))
}

const broadcast: Apply = (request, args) => {
  const word = args.take()
  if (request.broadcast !== undefined) duplicateArgument('broadcast', word)
  request.broadcast = word === '+' || word === '-' ? word : addressArgument(word, expected(request))
}

const scope: Apply = (request, args) => {
  const word = args.take()
  request.scope = SCOPES.value(word) ?? parseUnsigned(word, 8) ?? invalidArgument('invalid scope value.', word)
}

const device: Apply = (request, args) => {
  request.dev = args.take()
}

const label: Apply = (request, args) => {
  request.label = args.take()
}

const metric: Apply = (request, args) => {
  const word = args.take()
  request.metric = parseUnsigned(word) ?? invalidArgument('"metric" value is invalid\n', word)
}

const validLft: Apply = (request, args) => {
  if (request.validLft !== undefined) duplicateArgument('valid_lft', 'valid_lft')
  request.validLft = lifetime('valid_lft', args.take())
}

const preferredLft: Apply = (request, args) => {
  if (request.preferredLft !== undefined) duplicateArgument('preferred_lft', 'preferred_lft')
  request.preferredLft = lifetime('preferred_lft', args.take())
}

type AddressWord = readonly [word: string, whole: boolean, apply: Apply]

/** Key words in the order in which the tool looks for them, and whether each must be whole. */
const WORDS: readonly AddressWord[] = [
  ['peer', true, peer],
  ['remote', true, peer],
  ['broadcast', false, broadcast],
  ['brd', true, broadcast],
  ['anycast', true, anycast],
  ['scope', true, scope],
  ['dev', true, device],
  ['label', true, label],
  ['metric', false, metric],
  ['priority', false, metric],
  ['preference', false, metric],
  ['valid_lft', false, validLft],
  ['preferred_lft', false, preferredLft],
  ['home', true, inet6Flag('home')],
  ['nodad', true, inet6Flag('nodad')],
  ['optimistic', true, inet6Flag('optimistic')],
  ['mngtmpaddr', true, inet6Flag('mngtmpaddr')],
  ...['secondary', 'temporary', 'dadfailed', 'deprecated', 'tentative', 'permanent', 'stable-privacy'].map(
    (word): AddressWord => [word, true, fixedFlag(word)],
  ),
  ['noprefixroute', true, flag(IFA_F_NOPREFIXROUTE)],
  ['autojoin', true, flag(IFA_F_MCAUTOJOIN)],
]

const parseWords = (ip: IpContext, args: Args): AddressRequest => {
  const request: AddressRequest = { family: expectedFamily(ip.options.family), flags: 0 }
  while (!args.done) {
    const word = args.take()
    const key = WORDS.find(([text, whole]) => (whole ? text === word : matches(word, text)))
    if (key !== undefined) {
      key[2](request, args, ip)
      continue
    }
    const text = word === 'local' ? args.take() : word
    if (matches(text, 'help')) usageError(`Usage: ip address { add | change | replace | del } { ${SUPPORTED} }`)
    if (request.local !== undefined && !request.local.isDefault) garbage('local', text)
    request.local = prefixArgument(text, expected(request))
  }
  return request
}

const deviceOf = (ip: IpContext, request: AddressRequest): NetDevice => {
  if (request.dev === undefined) throw new ToolExit(1, 'Not enough information: "dev" argument is required.\n')
  return ip.device(request.dev)
}

const checkLifetimes = (request: AddressRequest): void => {
  const { validLft = FOREVER, preferredLft = FOREVER } = request
  if (validLft === 0) throw new ToolExit(1, 'valid_lft is zero\n')
  if (validLft !== FOREVER && (preferredLft === FOREVER || preferredLft > validLft))
    throw new ToolExit(1, 'preferred_lft is greater than valid_lft\n')
}

/** What the kernel says to a request without an address: of no family, or of IPv4. */
const noLocalAddress = (request: AddressRequest): NetloomError =>
  hasOtherAddress(request) || request.family === 'inet'
    ? extackError('EINVAL', 'ipv4: Local address is not supplied')
    : new NetloomError('EOPNOTSUPP')

const checkLabel = (label: string | undefined): void => {
  if (label !== undefined && label.length >= IFNAMSIZ) throw extackError('EINVAL', 'Attribute failed policy validation')
}

/** Address that goes to the kernel as broadcast address; undefined for none. */
const broadcastOf = (request: AddressRequest, prefix: InetPrefix): number | undefined => {
  if (typeof request.broadcast === 'number') return request.broadcast
  if (request.broadcast === undefined || prefix.len > 30) return undefined
  const host = ~maskOf(prefix.len)
  return request.broadcast === '+' ? prefix.addr | host : prefix.addr & ~host
}

const add =
  (mode: 'add' | 'change' | 'replace') =>
  (ip: IpContext, args: Args): number => {
    const request = parseWords(ip, args)
    if (request.dev === undefined) deviceOf(ip, request)
    const { local, label, metric, validLft, preferredLft, flags } = request
    const prefix = request.peer ?? local
    const dev = deviceOf(ip, request)
    checkLifetimes(request)
    if (local !== undefined && (flags & IFA_F_MCAUTOJOIN) !== 0 && !isMulticast4(local.addr))
      throw new ToolExit(1, 'autojoin needs multicast address\n')
    if (local === undefined || prefix === undefined || local.isDefault) throw noLocalAddress(request)
    checkLabel(label)
    const broadcast = broadcastOf(request, prefix)
    addrAdd(
      dev,
      {
        local: local.addr,
        prefixLen: prefix.len,
        scope: request.scope ?? (isLoopback4(local.addr) ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE),
        flags,
        ...defined({ peer: request.peer?.addr, broadcast, label, metric, validLft, preferredLft }),
      },
      mode,
    )
    return 0
  }

const warnWildcard = (ip: IpContext, local: number): void =>
  ip.command.err(
    'Warning: Executing wildcard deletion to stay compatible with old scripts.\n' +
      `         Explicitly specify the prefix length (${formatIpv4(local)}/32) to avoid this warning.\n` +
      '         This special behaviour is likely to disappear in further releases,\n' +
      '         fix your scripts!\n',
  )

const del = (ip: IpContext, args: Args): number => {
  const request = parseWords(ip, args)
  if (request.dev === undefined) deviceOf(ip, request)
  const { local, label } = request
  const isWildcard = request.peer === undefined && local !== undefined && !local.hasLength
  if (isWildcard) warnWildcard(ip, local.addr)
  const dev = deviceOf(ip, request)
  if (local === undefined || local.isDefault) throw noLocalAddress(request)
  checkLabel(label)
  const prefix = isWildcard ? undefined : (request.peer ?? local)
  addrDel(dev, {
    local: local.addr,
    ...defined({ prefixLen: prefix?.len, peer: prefix?.addr, label }),
  })
  return 0
}

/** Object `address` of `ip`. */
export const ipAddress = (ip: IpContext, args: Args): ToolResult =>
  runVerb(ip, args, {
    name: 'ip address',
    byDefault: 'show',
    verbs: [
      { word: 'add', run: add('add') },
      { word: 'change', run: add('change') },
      { word: 'chg', run: add('change') },
      { word: 'replace', run: add('replace') },
      { word: 'delete', run: del },
      { word: 'show', run: showAddresses },
      { word: 'lst', run: showAddresses },
      { word: 'list', run: showAddresses },
      { word: 'flush', run: flushAddresses },
      { word: 'save', run: null },
      { word: 'showdump', run: null },
      { word: 'restore', run: null },
    ],
  })
