/**
 * The selectors that `ip link show`, `ip address show` and `ip address flush` share, and what they select.
 *
 * @see ip-address(8), ip-link(8)
 */
import type { NetDevice } from '../../core/netdev.js'
import { IFF_UP } from '../../core/netdev.js'
import {
  IFA_F_DEPRECATED,
  IFA_F_MCAUTOJOIN,
  IFA_F_NOPREFIXROUTE,
  IFA_F_PERMANENT,
  IFA_F_SECONDARY,
} from '../../ip/rtnetlink.js'
import { SCOPES } from '../../report/names.js'
import type { AddrInfo } from '../../rtnl/addr.js'
import { maskOf } from '../../wire/ip.js'
import { type Args, garbage, invalidArgument, matches, parseUnsigned, ToolExit, usageError } from './args.js'
import { expectedFamily, type InetPrefix, prefixArgument } from './inet-args.js'
import { groupNumber } from './ip-link-args.js'
import type { Family, IpContext } from './ip-context.js'

/** What was selected. */
export interface ListFilter {
  family: Family
  dev: NetDevice | null
  /** Name of a device that is to be looked up when all words have been read. */
  devName: string | null
  up: boolean
  /** null: any. */
  group: number | null
  /** Upper device; null for any, `none` for devices without one. */
  master: NetDevice | 'none' | null
  kind: string | null
  scope: number | null
  to: InetPrefix | null
  /** The words of `to`. */
  toText: string
  label: string | null
  flags: number
  flagMask: number
}

/** Words for flags of addresses; `primary` and `dynamic` mean that a flag is absent. */
const FLAG_WORDS: Readonly<Record<string, readonly [mask: number, isSet: boolean]>> = {
  primary: [IFA_F_SECONDARY, false],
  secondary: [IFA_F_SECONDARY, true],
  temporary: [IFA_F_SECONDARY, true],
  deprecated: [IFA_F_DEPRECATED, true],
  permanent: [IFA_F_PERMANENT, true],
  dynamic: [IFA_F_PERMANENT, false],
  noprefixroute: [IFA_F_NOPREFIXROUTE, true],
  autojoin: [IFA_F_MCAUTOJOIN, true],
  // Flags of IPv6 addresses: no address has them.
  nodad: [0x02, true],
  optimistic: [0x04, true],
  dadfailed: [0x08, true],
  home: [0x10, true],
  tentative: [0x40, true],
  mngtmpaddr: [0x100, true],
  'stable-privacy': [0x800, true],
}

const takeFlag = (filter: ListFilter, word: string): boolean => {
  const isInverted = word.startsWith('-')
  const name = isInverted ? word.slice(1) : word
  const flag = Object.hasOwn(FLAG_WORDS, name) ? FLAG_WORDS[name]! : undefined
  if (flag === undefined) return false
  const [mask, isSet] = flag
  filter.flagMask |= mask
  if (isSet !== isInverted) filter.flags |= mask
  else filter.flags &= ~mask
  return true
}

/** Scope by name or number; null for `all`; leaves with exit status 255. */
export const scopeSelector = (word: string): number | null =>
  word === 'all' ? null : (SCOPES.value(word) ?? parseUnsigned(word, 8) ?? invalidArgument('invalid "scope"\n', word))

/** Reads the words. */
export const parseListFilter = (ip: IpContext, args: Args, usage: string): ListFilter => {
  const filter: ListFilter = {
    family: ip.options.family,
    dev: null,
    devName: null,
    up: false,
    group: null,
    master: null,
    kind: null,
    scope: null,
    to: null,
    toText: '',
    label: null,
    flags: 0,
    flagMask: 0,
  }
  while (!args.done) {
    const word = args.take()
    if (word === 'to') {
      filter.toText = args.take()
      filter.to = prefixArgument(filter.toText, expectedFamily(filter.family))
      if (filter.family === 'unspec') filter.family = 'inet'
    } else if (word === 'scope') filter.scope = scopeSelector(args.take())
    else if (word === 'up') filter.up = true
    else if (takeFlag(filter, word)) continue
    else if (word === 'label') filter.label = args.take()
    else if (word === 'group') filter.group = groupNumber(args.take())
    else if (word === 'master') filter.master = ip.masterDevice(args.take())
    else if (word === 'vrf') invalidArgument('Not a valid VRF name\n', args.take())
    else if (word === 'nomaster') filter.master = 'none'
    else if (word === 'type') filter.kind = args.take()
    else {
      const name = word === 'dev' ? args.take() : word
      if (word !== 'dev' && matches(word, 'help')) usageError(usage)
      if (filter.devName !== null) garbage('dev', name)
      filter.devName = name
    }
  }
  if (filter.devName !== null) {
    filter.dev = ip.findDevice(filter.devName)
    if (filter.dev === null) throw new ToolExit(1, `Device "${filter.devName}" does not exist.\n`)
  }
  return filter
}

const isSlaveKind = (kind: string): boolean => kind.endsWith('_slave')

const isOfKind = (dev: NetDevice, kind: string): boolean =>
  isSlaveKind(kind) ? dev.master !== null && `${dev.master.ops.kind}_slave` === kind : dev.ops.kind === kind

const hasMaster = (filter: ListFilter, dev: NetDevice): boolean =>
  filter.master === null || (filter.master === 'none' ? dev.master === null : dev.master === filter.master)

/**
 * Devices that the kernel would report: what it filters itself leaves no trace, not even an empty JSON object. A kind that
 * it does not know does not filter.
 */
export const kernelLists = (filter: ListFilter, dev: NetDevice): boolean => {
  if (filter.dev !== null) return dev === filter.dev
  const { kind } = filter
  const isFiltered = kind !== null && !isSlaveKind(kind) && dev.netns.world.linkKinds.get(kind) !== null
  return hasMaster(filter, dev) && (!isFiltered || isOfKind(dev, kind))
}

/** Whether the tool prints a device that the kernel has reported. */
export const linkIsSelected = (filter: ListFilter, dev: NetDevice): boolean => {
  if (filter.up && (dev.flags & IFF_UP) === 0) return false
  if (filter.group !== null && dev.group !== filter.group) return false
  return hasMaster(filter, dev) && (filter.kind === null || isOfKind(dev, filter.kind))
}

/** Whether a text fits a file name pattern (`*`, `?`). */
const fitsPattern = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/[*?]/g, c => (c === '*' ? '.*' : '.'))}$`,
    's',
  ).test(text)

/** Whether an address is selected. */
export const addressIsSelected = (filter: ListFilter, a: AddrInfo): boolean => {
  if (filter.scope !== null && a.scope !== filter.scope) return false
  if (((a.flags ^ filter.flags) & filter.flagMask) !== 0) return false
  if (filter.to !== null && ((a.local ^ filter.to.addr) & maskOf(filter.to.len)) !== 0) return false
  return filter.label === null || fitsPattern(filter.label, a.label)
}
