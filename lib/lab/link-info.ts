/**
 * A device as `ip -d -s link` shows it, with text for addresses and names for devices.
 */
import { type DevStats, NetDevice } from '../core/netdev.js'
import { linkFlagWords } from '../report/ip-link-text.js'
import { OPERSTATES } from '../report/names.js'
import type { LinkInfo as KernelLinkInfo } from '../rtnl/link.js'
import { formatIpv4 } from '../wire/ip.js'
import { formatMac } from '../wire/mac.js'

/** Attributes of a kind, or of a port: numbers, booleans and text under iproute2's words in camelCase. */
export type LinkAttrs = Readonly<Record<string, string | number | boolean | null>>

/** A device as {@link Dev.info} and `netns.link.list()` show it. */
export interface LinkInfo {
  readonly netns: string
  readonly name: string
  readonly ifindex: number
  /** Empty for lo. */
  readonly kind: string
  /** Words in the angle brackets of `ip link`. */
  readonly flags: readonly string[]
  readonly mtu: number
  readonly qdisc: string
  /** `UP`, `DOWN`, `LOWERLAYERDOWN`, `UNKNOWN`, ... */
  readonly operstate: string
  readonly address: string
  readonly broadcast: string
  /** Name of the device that it is a port of. */
  readonly master: string | null
  /** ifindex of the far end or of the device below it. */
  readonly iflink: number | null
  /** Name of the far end's namespace when it is another one. */
  readonly linkNetns: string | null
  readonly alias: string
  /** The carrier is held down. */
  readonly protodown: boolean
  readonly group: number
  readonly txQueueLen: number
  readonly promiscuity: number
  readonly allmulti: number
  readonly stats: Readonly<DevStats>
  /** What the kind has: ageingTime, stpState, ... of a bridge. */
  readonly attrs: LinkAttrs
  /** Kind of the master, empty without one. */
  readonly slaveKind: string
  /** Attributes as a port: hairpin, learning, ... of a bridge's port. */
  readonly slaveAttrs: LinkAttrs | null
}

/** Attributes that are MACs. */
const MACS: readonly string[] = ['groupAddress']
/** Attributes that are IPv4 addresses, 0 for none. */
const ADDRESSES: readonly string[] = ['remote', 'local']
/** Attributes that are lists of MACs; they become one text with blanks between. */
const MAC_LISTS: readonly string[] = ['macaddrs']

interface BridgeId {
  readonly priority: number
  readonly address: number
}

const isBridgeId = (value: object): value is BridgeId => 'priority' in value && 'address' in value

const publicValue = (name: string, value: unknown): LinkAttrs[string] => {
  if (Array.isArray(value) && MAC_LISTS.includes(name)) return value.map(formatMac).join(' ')
  if (value instanceof NetDevice) return value.name
  if (typeof value === 'number' && MACS.includes(name)) return formatMac(value)
  if (typeof value === 'number' && ADDRESSES.includes(name)) return value === 0 ? null : formatIpv4(value)
  if (typeof value === 'object' && value !== null && isBridgeId(value))
    return `${value.priority.toString(16)}.${formatMac(value.address)}`
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value
  return value === null || value === undefined ? null : JSON.stringify(value)
}

/** Attributes with text for addresses and names for devices. */
export const publicAttrs = (attrs: object): LinkAttrs =>
  Object.fromEntries(Object.entries(attrs).map(([name, value]) => [name, publicValue(name, value)]))

/** @internal */
export const publicLinkInfo = (info: KernelLinkInfo): LinkInfo => ({
  netns: info.dev.netns.name,
  name: info.name,
  ifindex: info.ifindex,
  kind: info.dev.ops.kind,
  flags: linkFlagWords(info.flags, false),
  mtu: info.mtu,
  qdisc: info.qdisc,
  operstate: OPERSTATES[info.operstate] ?? String(info.operstate),
  address: formatMac(info.address),
  broadcast: formatMac(info.broadcast),
  master: info.master?.name ?? null,
  iflink: info.iflink,
  linkNetns: info.linkNetns?.name ?? null,
  alias: info.alias,
  protodown: info.protodown,
  group: info.group,
  txQueueLen: info.txQueueLen,
  promiscuity: info.promiscuity,
  allmulti: info.allmulti,
  stats: info.stats,
  attrs: publicAttrs(info.attrs),
  slaveKind: info.slaveKind,
  slaveAttrs: info.slaveAttrs === null ? null : publicAttrs(info.slaveAttrs),
})
