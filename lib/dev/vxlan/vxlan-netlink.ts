/**
 * Attributes of vxlan devices: what a new one takes, what can be changed, and what is shown.
 *
 * Left out: IPv6 addresses, `external`, `gpe`, `vnifilter`, remote checksum offload.
 *
 * @see drivers/net/vxlan/vxlan_core.c vxlan_validate, vxlan_nl2conf, vxlan_config_validate, vxlan_fill_info
 */
import type { NetDevice } from '../../core/netdev.js'
import type { Netns } from '../../core/netns.js'
import type { NewLinkBase } from '../../core/registry.js'
import { type ErrorContext, type Errno, extackError } from '../../errors.js'
import { ETH_MAX_MTU, ETH_MIN_MTU } from '../../wire/ethernet.js'
import { isMulticast4 } from '../../wire/ip.js'
import { isValidMac } from '../../wire/mac.js'
import { VXLAN_PORT_LINUX } from '../../wire/vxlan.js'
import {
  VXLAN_DF_INHERIT,
  VXLAN_DF_UNSET,
  VXLAN_F_GBP,
  VXLAN_F_L2MISS,
  VXLAN_F_L3MISS,
  VXLAN_F_LEARN,
  VXLAN_F_LOCALBYPASS,
  VXLAN_F_PROXY,
  VXLAN_F_RCV_FLAGS,
  VXLAN_F_RSC,
  VXLAN_F_TTL_INHERIT,
  VXLAN_F_UDP_ZERO_CSUM6_RX,
  VXLAN_F_UDP_ZERO_CSUM6_TX,
  VXLAN_F_UDP_ZERO_CSUM_TX,
  VXLAN_N_VID,
  type Vxlan,
  type VxlanConfig,
  vxlanNet,
  vxlanOf,
} from './vxlan-private.js'

/** Attributes of the kind `vxlan`. Addresses as int32. */
export interface VxlanAttrs {
  readonly id: number
  /** Where frames for unknown destinations go: an address or a group. 0 for nowhere. */
  readonly remote: number
  readonly local: number
  /** Device under the tunnel. */
  readonly dev: NetDevice
  /** 0 for that of the route. */
  readonly ttl: number
  readonly ttlInherit: boolean
  /** 1 for that of the packet inside. */
  readonly tos: number
  /** 0 unset, 1 set, 2 inherit. */
  readonly df: number
  readonly flowlabel: number
  readonly dstport: number
  readonly srcportMin: number
  readonly srcportMax: number
  readonly learning: boolean
  readonly proxy: boolean
  readonly rsc: boolean
  readonly l2miss: boolean
  readonly l3miss: boolean
  /** Seconds; 0 stands for 300. */
  readonly ageing: number
  readonly maxaddress: number
  readonly udpcsum: boolean
  readonly udp6zerocsumtx: boolean
  readonly udp6zerocsumrx: boolean
  readonly gbp: boolean
  readonly localbypass: boolean
}

/** Attributes as they are, as `ip -d link` shows them. `dev` is null without a device or when it is not to be seen. */
export type VxlanInfo = Omit<VxlanAttrs, 'dev' | 'flowlabel'> & {
  /** Name of the device under the tunnel, as the device's namespace sees its index; null for none. */
  readonly dev: string | null
  readonly label: number
}

const FDB_AGE_DEFAULT = 300

const KNOWN: readonly (keyof VxlanAttrs)[] = [
  'id',
  'remote',
  'local',
  'dev',
  'ttl',
  'ttlInherit',
  'tos',
  'df',
  'flowlabel',
  'dstport',
  'srcportMin',
  'srcportMax',
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

const refuse = (code: Errno, text: string, context: ErrorContext): never => {
  throw extackError(code, text, context)
}

const checkKnown = (attrs: Partial<VxlanAttrs>, context: ErrorContext): void => {
  for (const name of Object.keys(attrs))
    if (!(KNOWN as readonly string[]).includes(name))
      refuse('EINVAL', `vxlan: unknown attribute "${name}"; known are ${KNOWN.join(', ')}`, context)
}

/** Checks of single attributes (vxlan_validate). */
export const vxlanValidate = (
  base: Pick<NewLinkBase, 'address' | 'mtu'>,
  attrs: Partial<VxlanAttrs>,
  name: string,
): void => {
  const context = { name }
  checkKnown(attrs, context)
  if (base.address !== undefined && !isValidMac(base.address))
    refuse('EADDRNOTAVAIL', 'Provided Ethernet address is not unicast', context)
  if (base.mtu !== undefined && (base.mtu < ETH_MIN_MTU || base.mtu > ETH_MAX_MTU))
    refuse('EINVAL', 'MTU must be between 68 and 65535', context)
  if (Object.keys(attrs).length === 0)
    refuse('EINVAL', 'Required attributes not provided to perform the operation', context)
  if (attrs.id !== undefined && attrs.id >= VXLAN_N_VID)
    refuse('ERANGE', 'VXLAN ID must be lower than 16777216', context)
  if ((attrs.srcportMax ?? 0) < (attrs.srcportMin ?? 0)) refuse('EINVAL', 'Invalid source port range', context)
  if (attrs.df !== undefined && (attrs.df < VXLAN_DF_UNSET || attrs.df > VXLAN_DF_INHERIT))
    refuse('EINVAL', 'Invalid DF attribute', context)
}

/** Switches with their flags; the last ones can be changed later as well. */
const FLAGS: readonly (readonly [attr: keyof VxlanAttrs, flag: number, inverted: boolean])[] = [
  ['ttlInherit', VXLAN_F_TTL_INHERIT, false],
  ['proxy', VXLAN_F_PROXY, false],
  ['rsc', VXLAN_F_RSC, false],
  ['l2miss', VXLAN_F_L2MISS, false],
  ['l3miss', VXLAN_F_L3MISS, false],
  ['udp6zerocsumtx', VXLAN_F_UDP_ZERO_CSUM6_TX, false],
  ['udp6zerocsumrx', VXLAN_F_UDP_ZERO_CSUM6_RX, false],
  ['gbp', VXLAN_F_GBP, false],
  ['udpcsum', VXLAN_F_UDP_ZERO_CSUM_TX, true],
  ['learning', VXLAN_F_LEARN, false],
  ['localbypass', VXLAN_F_LOCALBYPASS, false],
]

const flagsOf = (attrs: Partial<VxlanAttrs>, old: number): number => {
  let flags = old
  for (const [attr, flag, inverted] of FLAGS) {
    const value = attrs[attr] as boolean | undefined
    if (value !== undefined) flags = value !== inverted ? flags | flag : flags & ~flag
  }
  return flags
}

/** Configuration of a new device (vxlan_nl2conf). */
export const vxlanNewConfig = (attrs: Partial<VxlanAttrs>): VxlanConfig => ({
  vni: attrs.id ?? 0,
  remoteIp: attrs.remote ?? 0,
  saddr: attrs.local ?? 0,
  remoteIfindex: attrs.dev?.ifindex ?? 0,
  ttl: attrs.ttl ?? 0,
  tos: attrs.tos ?? 0,
  df: attrs.df ?? VXLAN_DF_UNSET,
  dstPort: attrs.dstport || VXLAN_PORT_LINUX,
  portMin: attrs.srcportMin ?? 0,
  portMax: attrs.srcportMax ?? 0,
  ageInterval: attrs.ageing || FDB_AGE_DEFAULT,
  addrMax: attrs.maxaddress ?? 0,
  flags: flagsOf(attrs, VXLAN_F_LEARN | VXLAN_F_LOCALBYPASS),
})

/** What cannot be changed, with what the kernel says about it, in the order in which it looks. */
const FIXED: readonly (readonly [attr: keyof VxlanAttrs, text: string])[] = [
  ['ttlInherit', 'vxlan: cannot change TTL_INHERIT flag'],
  ['proxy', 'vxlan: cannot change PROXY flag'],
  ['rsc', 'vxlan: cannot change RSC flag'],
  ['l2miss', 'vxlan: cannot change L2MISS flag'],
  ['l3miss', 'vxlan: cannot change L3MISS flag'],
  ['maxaddress', 'Cannot change limit'],
  ['srcportMin', 'Cannot change port range'],
  ['dstport', 'Cannot change port'],
  ['udpcsum', 'Cannot change UDP_CSUM flag'],
  ['udp6zerocsumtx', 'vxlan: cannot change UDP_ZERO_CSUM6_TX flag'],
  ['udp6zerocsumrx', 'vxlan: cannot change UDP_ZERO_CSUM6_RX flag'],
  ['gbp', 'vxlan: cannot change GBP flag'],
]

/** Configuration of a device after a change. Throws EOPNOTSUPP for what cannot be changed. */
export const vxlanChangedConfig = (vxlan: Vxlan, attrs: Partial<VxlanAttrs>): VxlanConfig => {
  const { cfg } = vxlan
  const context = { dev: vxlan.dev.name }
  if (attrs.id !== undefined && attrs.id !== cfg.vni) refuse('EOPNOTSUPP', 'Cannot change VNI', context)
  for (const [attr, text] of FIXED) if (attrs[attr] !== undefined) refuse('EOPNOTSUPP', text, context)
  return {
    ...cfg,
    remoteIp: attrs.remote ?? cfg.remoteIp,
    saddr: attrs.local ?? cfg.saddr,
    remoteIfindex: attrs.dev?.ifindex ?? cfg.remoteIfindex,
    ttl: attrs.ttl ?? cfg.ttl,
    tos: attrs.tos ?? cfg.tos,
    df: attrs.df ?? cfg.df,
    ageInterval: attrs.ageing === undefined ? cfg.ageInterval : attrs.ageing || FDB_AGE_DEFAULT,
    flags: flagsOf(attrs, cfg.flags),
  }
}

const isSameTunnel = (a: VxlanConfig, b: VxlanConfig): boolean =>
  a.vni === b.vni && a.dstPort === b.dstPort && ((a.flags ^ b.flags) & VXLAN_F_RCV_FLAGS) === 0

/**
 * Checks of a whole configuration (vxlan_config_validate); the device under the tunnel, or null. `old` is the device that
 * is to be changed. Throws EINVAL, ENODEV, EEXIST for a VNI that another device of this port has.
 */
export const vxlanConfigValidate = (
  net: Netns,
  cfg: VxlanConfig,
  old: Vxlan | null,
  attrs: Partial<VxlanAttrs>,
): NetDevice | null => {
  const context = { netns: net.name, vni: cfg.vni }
  if (isMulticast4(cfg.saddr)) refuse('EINVAL', 'Local address cannot be multicast', context)
  if (attrs.flowlabel) refuse('EINVAL', 'Label attribute only applies to IPv6 VXLAN devices', context)
  const lower = cfg.remoteIfindex === 0 ? null : net.devByIndex(cfg.remoteIfindex)
  if (cfg.remoteIfindex !== 0 && lower === null) refuse('ENODEV', 'Invalid local interface, device not found', context)
  if (lower === null && isMulticast4(cfg.remoteIp))
    refuse('EINVAL', 'Local interface required for multicast remote destination', context)
  if (vxlanNet(net).devices.some(other => other !== old && isSameTunnel(other.cfg, cfg)))
    refuse('EEXIST', 'A VXLAN device with the specified VNI already exists', context)
  return lower
}

/** Attributes as they are (vxlan_fill_info). */
export const vxlanFillInfo = (dev: NetDevice): VxlanInfo => {
  const { cfg } = vxlanOf(dev)
  const has = (flag: number): boolean => (cfg.flags & flag) !== 0
  return {
    id: cfg.vni,
    remote: cfg.remoteIp,
    local: cfg.saddr,
    // The tool looks the index up in the namespace that it asks.
    dev: cfg.remoteIfindex === 0 ? null : (dev.netns.devByIndex(cfg.remoteIfindex)?.name ?? `if${cfg.remoteIfindex}`),
    ttl: cfg.ttl,
    ttlInherit: has(VXLAN_F_TTL_INHERIT),
    tos: cfg.tos,
    df: cfg.df,
    label: 0,
    dstport: cfg.dstPort,
    srcportMin: cfg.portMin,
    srcportMax: cfg.portMax,
    learning: has(VXLAN_F_LEARN),
    proxy: has(VXLAN_F_PROXY),
    rsc: has(VXLAN_F_RSC),
    l2miss: has(VXLAN_F_L2MISS),
    l3miss: has(VXLAN_F_L3MISS),
    ageing: cfg.ageInterval,
    maxaddress: cfg.addrMax,
    udpcsum: !has(VXLAN_F_UDP_ZERO_CSUM_TX),
    udp6zerocsumtx: has(VXLAN_F_UDP_ZERO_CSUM6_TX),
    udp6zerocsumrx: has(VXLAN_F_UDP_ZERO_CSUM6_RX),
    gbp: has(VXLAN_F_GBP),
    localbypass: has(VXLAN_F_LOCALBYPASS),
  }
}
