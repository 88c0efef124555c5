/**
 * `ip link add|set type vxlan` as calls.
 */
import type { Netns as KernelNetns } from '../../core/netns.js'
import type { VxlanAttrs } from '../../dev/vxlan/vxlan-netlink.js'
import type { LinkChange, NewLink } from '../link-base.js'
import { type DevRef, devOf } from '../refs.js'
import { checkOptions, defined, ipv4Option, numberOption, wordOption } from '../../app/text.js'
import type { LinkKindOptions } from './words.js'

/** DF of the outer header. */
export type VxlanDf = 'unset' | 'set' | 'inherit'

/**
 * Attributes of a vxlan device, in iproute2's words.
 *
 * @see ip-link(8), vxlan type
 */
export interface VxlanOptions {
  /** Virtual network identifier, 0 to 2^24 - 1. */
  readonly id?: number
  /** Where frames for unknown destinations go: an address, or a group, which needs `dev` (the tool's `group`). */
  readonly remote?: string
  /** Source address of the outer header. */
  readonly local?: string
  /** Device under the tunnel. */
  readonly dev?: DevRef
  /** Time to live outside; `auto` is that of the route, or 1 to a group. */
  readonly ttl?: number | 'auto' | 'inherit'
  readonly tos?: number | 'inherit'
  readonly df?: VxlanDf
  /** 8472 when absent or 0. */
  readonly dstport?: number
  /** Lowest source port and the one after the highest. */
  readonly srcport?: readonly [min: number, max: number]
  readonly learning?: boolean
  /** Answer ARP from the neighbour entries of the device. */
  readonly proxy?: boolean
  readonly rsc?: boolean
  /** Tell `netns.fdb.onMiss` of MACs without an entry. */
  readonly l2miss?: boolean
  /** Tell `netns.fdb.onMiss` of IPv4 addresses without a neighbour entry. */
  readonly l3miss?: boolean
  /** Seconds that a learned entry lives; 300 when absent or 0. */
  readonly ageing?: number
  /** Most entries, 0 for no limit. */
  readonly maxaddress?: number
  /** Checksum of the outer UDP header. */
  readonly udpcsum?: boolean
  readonly udp6zerocsumtx?: boolean
  readonly udp6zerocsumrx?: boolean
  /** Group policy extension: the packet's mark travels in the header. */
  readonly gbp?: boolean
  /** Hand frames to a device of the same host without going through the tunnel; true when absent. */
  readonly localbypass?: boolean
}

/** A vxlan device: `ip link add NAME type vxlan id VNI ...`. */
export interface NewVxlan extends NewLink, VxlanOptions {
  readonly kind: 'vxlan'
  readonly id: number
}

/** Changes of a vxlan device: `ip link set DEV type vxlan ...`. */
export interface VxlanChange extends LinkChange, VxlanOptions {
  readonly kind: 'vxlan'
}

const OPTIONS = [
  'id',
  'remote',
  'local',
  'dev',
  'ttl',
  'tos',
  'df',
  'dstport',
  'srcport',
  'learning',
  'proxy',
  'rsc',
  'l2miss',
  'l3miss',
  'ageing',
  'maxaddress',
  'udpcsum',
  'udp6zerocsumtx',
  'udp6zerocsumrx',
  'gbp',
  'localbypass',
]

const DF: Readonly<Record<VxlanDf, number>> = { unset: 0, set: 1, inherit: 2 }

const U8 = 0xff
const U16 = 0xffff
const U32 = 0xffffffff

const octet = (name: string, value: number): number => numberOption(name, value, U8)

/** Options that are a number, with the largest one that fits the attribute. */
const NUMBERS = { id: U32, dstport: U16, ageing: U32, maxaddress: U32 } as const

const checkNumbers = (options: VxlanOptions): void => {
  for (const [name, max] of Object.entries(NUMBERS)) {
    const value = options[name as keyof typeof NUMBERS]
    if (value !== undefined) numberOption(name, value, max)
  }
  for (const port of options.srcport ?? []) numberOption('srcport', port, U16)
}

const attrsOf = (netns: KernelNetns, options: object): Partial<VxlanAttrs> => {
  checkOptions('vxlan', options, OPTIONS)
  checkNumbers(options)
  const { remote, local, dev, ttl, tos, df, srcport, ...rest } = options as VxlanOptions
  return {
    ...rest,
    ...defined({
      remote: remote === undefined ? undefined : ipv4Option('remote', remote),
      local: local === undefined ? undefined : ipv4Option('local', local),
      dev: dev === undefined ? undefined : devOf(netns, dev),
      ttl: ttl === undefined || ttl === 'inherit' ? undefined : ttl === 'auto' ? 0 : octet('ttl', ttl),
      ttlInherit: ttl === 'inherit' ? true : undefined,
      tos: tos === undefined ? undefined : tos === 'inherit' ? 1 : octet('tos', tos),
      df: df === undefined ? undefined : wordOption('df', df, DF),
      srcportMin: srcport?.[0],
      srcportMax: srcport?.[1],
    }),
  }
}

/** @internal */
export const VXLAN_OPTIONS: LinkKindOptions = { kind: 'vxlan', toNew: attrsOf, toChange: attrsOf, isPort: false }
