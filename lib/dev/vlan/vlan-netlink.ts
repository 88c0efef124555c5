/**
 * The kind `vlan`: `ip link add link DEV name NAME type vlan id ID`.
 *
 * Not recorded: the reference kernel is built without 802.1Q devices. This follows the kernel's source.
 *
 * @see net/8021q/vlan_netlink.c
 */
import { NetDevice } from '../../core/netdev.js'
import type { LinkKind, NewLinkBase } from '../../core/registry.js'
import {
  VLAN_FLAG_BRIDGE_BINDING,
  VLAN_FLAG_GVRP,
  VLAN_FLAG_LOOSE_BINDING,
  VLAN_FLAG_MVRP,
  VLAN_FLAG_REORDER_HDR,
  VLAN_PRIORITIES,
  VlanDev,
} from '../../core/vlan-core.js'
import { NetloomError } from '../../errors.js'
import { ETH_MAX_MTU, ETH_P_8021Q } from '../../wire/ethernet.js'
import { isValidMac } from '../../wire/mac.js'
import { isVlanType, VLAN_VID_MASK } from '../../wire/vlan.js'
import { registerVlanDev, unregisterVlanDev, vlanCheckRealDev, vlanDeviceEvent } from './vlan.js'
import { VLAN_OPS, vlanDevInit, vlanDevPriv, vlanError } from './vlan-dev.js'

/** One line of a priority map: the priority `from` becomes `to`. */
export interface VlanQosMapping {
  readonly from: number
  readonly to: number
}

/** Attributes of the kind `vlan`. */
export interface VlanAttrs {
  /** VLAN identifier, 0 to 4094. Cannot be changed. */
  readonly id: number
  /** EtherType of the tag: 0x8100 (802.1Q, the default) or 0x88a8 (802.1ad). Cannot be changed. */
  readonly protocol: number
  /** Frames are received without the tag; on. */
  readonly reorderHdr: boolean
  /** Refused: there is no GVRP and no MVRP. */
  readonly gvrp: boolean
  readonly mvrp: boolean
  /** Stays up when the real device goes down. */
  readonly looseBinding: boolean
  /** Refused: on a bridge, the carrier follows the ports that are members of the VLAN. */
  readonly bridgeBinding: boolean
  /** Priority inside the host by the priority in the tag of received frames. */
  readonly ingressQosMap: readonly VlanQosMapping[]
  /** Priority in the tag (0 to 7) by that inside the host of frames that are sent. */
  readonly egressQosMap: readonly VlanQosMapping[]
}

/** What a VLAN device shows of itself (`ip -d link`). */
export interface VlanInfoAttrs extends VlanAttrs {
  /** VLAN_FLAG_*. */
  readonly flags: number
}

const ATTR_NAMES: readonly string[] = [
  'id',
  'protocol',
  'reorderHdr',
  'gvrp',
  'mvrp',
  'looseBinding',
  'bridgeBinding',
  'ingressQosMap',
  'egressQosMap',
]

/** Attributes that are one flag each. */
const FLAGS: Readonly<Record<string, number>> = {
  reorderHdr: VLAN_FLAG_REORDER_HDR,
  gvrp: VLAN_FLAG_GVRP,
  mvrp: VLAN_FLAG_MVRP,
  looseBinding: VLAN_FLAG_LOOSE_BINDING,
  bridgeBinding: VLAN_FLAG_BRIDGE_BINDING,
}

const NOT_BUILT: readonly (keyof VlanAttrs)[] = ['gvrp', 'mvrp', 'bridgeBinding']

const checkMap = (name: string, map: readonly VlanQosMapping[] | undefined, dev: string): void => {
  for (const { from, to } of map ?? [])
    if (!(from >= 0 && from <= 0xffffffff && to >= 0 && to <= 0xffffffff))
      throw vlanError('EINVAL', `Invalid ${name} QOS map`, dev)
}

/** Checks attributes before anything has changed (vlan_validate). */
const vlanValidate = (attrs: Partial<VlanAttrs>, name: string): void => {
  for (const key of Object.keys(attrs))
    if (!ATTR_NAMES.includes(key))
      throw new NetloomError('EINVAL', `vlan: unknown attribute "${key}"; known are ${ATTR_NAMES.join(', ')}`, { name })
  const { protocol, id } = attrs
  if (protocol !== undefined && !isVlanType(protocol)) throw vlanError('EPROTONOSUPPORT', 'Invalid VLAN protocol', name)
  if (id !== undefined && !(Number.isInteger(id) && id >= 0 && id < VLAN_VID_MASK))
    throw vlanError('ERANGE', 'Invalid VLAN id', name)
  for (const flag of NOT_BUILT)
    if (attrs[flag]) {
      const text = `vlan: ${flag} on is not supported; supported is off`
      throw new NetloomError('EOPNOTSUPP', text, { name, [flag]: true })
    }
  checkMap('ingress', attrs.ingressQosMap, name)
  checkMap('egress', attrs.egressQosMap, name)
}

const setIngress = (vlan: VlanDev, { from, to }: VlanQosMapping): void => {
  vlan.ingressMap[from & (VLAN_PRIORITIES - 1)] = to
}

/** A mapping to 0 stays and is not shown. */
const setEgress = (vlan: VlanDev, { from, to }: VlanQosMapping): void => {
  vlan.egressMap ??= new Map()
  vlan.egressMap.set(from, to & (VLAN_PRIORITIES - 1))
}

/** Changes flags and priority maps; identifier and protocol stay what they are, without a word (vlan_changelink). */
const applyAttrs = (vlan: VlanDev, attrs: Partial<VlanAttrs>): void => {
  for (const [name, flag] of Object.entries(FLAGS)) {
    const value = attrs[name as keyof VlanAttrs]
    if (value !== undefined) vlan.flags = value ? vlan.flags | flag : vlan.flags & ~flag
  }
  for (const m of attrs.ingressQosMap ?? []) setIngress(vlan, m)
  for (const m of attrs.egressQosMap ?? []) setEgress(vlan, m)
}

const newVlan = (base: NewLinkBase, vlan: VlanDev): NetDevice => {
  const { realDev } = vlan
  const dev = new NetDevice(base.netns, base.name, VLAN_OPS)
  dev.priv = vlan
  dev.maxMtu = ETH_MAX_MTU
  dev.mtu = base.mtu ?? realDev.mtu
  if (base.txQueueLen !== undefined) dev.txQueueLen = base.txQueueLen
  dev.numTxQueues = base.numTxQueues ?? 1
  dev.numRxQueues = base.numRxQueues ?? 1
  dev.addrAssigned = base.address !== undefined
  if (base.address !== undefined) dev.setAddr(base.address)
  return dev
}

/** Makes a VLAN device (vlan_newlink). */
const vlanNewlink = (base: NewLinkBase, attrs: Partial<VlanAttrs>): NetDevice => {
  const { name, link: realDev, mtu } = base
  if (base.address !== undefined && !isValidMac(base.address))
    throw vlanError('EADDRNOTAVAIL', 'Invalid link address', name)
  if (Object.keys(attrs).length === 0) throw vlanError('EINVAL', 'VLAN properties not specified', name)
  vlanValidate(attrs, name)
  const { id, protocol = ETH_P_8021Q } = attrs
  if (id === undefined) throw vlanError('EINVAL', 'VLAN id not specified', name)
  if (realDev === undefined) throw vlanError('EINVAL', 'link not specified', name)
  vlanCheckRealDev(realDev, protocol, id)
  if (mtu !== undefined && mtu > realDev.mtu)
    throw new NetloomError('EINVAL', undefined, { name, mtu, realDev: realDev.name })
  const vlan = new VlanDev(realDev, protocol, id)
  applyAttrs(vlan, attrs)
  const dev = newVlan(base, vlan)
  vlanDevInit(dev)
  registerVlanDev(dev, base.ifindex ?? 0)
  return dev
}

const vlanChangelink = (dev: NetDevice, attrs: Partial<VlanAttrs>): void => {
  vlanValidate(attrs, dev.name)
  applyAttrs(vlanDevPriv(dev), attrs)
}

/** Buckets of the kernel's table of egress priorities. */
const EGRESS_BUCKETS = 16

/** Mappings to something else than 0, in the order in which the kernel lists its table: by bucket, the newest first. */
const egressList = (vlan: VlanDev): VlanQosMapping[] => {
  const newestFirst = [...(vlan.egressMap ?? [])].reverse()
  const out: VlanQosMapping[] = []
  for (let bucket = 0; bucket < EGRESS_BUCKETS; bucket++)
    for (const [from, to] of newestFirst) if (from % EGRESS_BUCKETS === bucket && to !== 0) out.push({ from, to })
  return out
}

const vlanFillInfo = (dev: NetDevice): VlanInfoAttrs => {
  const vlan = vlanDevPriv(dev)
  const has = (flag: number): boolean => (vlan.flags & flag) !== 0
  return {
    id: vlan.id,
    protocol: vlan.proto,
    flags: vlan.flags,
    reorderHdr: has(VLAN_FLAG_REORDER_HDR),
    gvrp: has(VLAN_FLAG_GVRP),
    mvrp: has(VLAN_FLAG_MVRP),
    looseBinding: has(VLAN_FLAG_LOOSE_BINDING),
    bridgeBinding: has(VLAN_FLAG_BRIDGE_BINDING),
    ingressQosMap: [...vlan.ingressMap].map((to, from) => ({ from, to })).filter(m => m.to !== 0),
    egressQosMap: egressList(vlan),
  }
}

/** The kind `vlan`. */
export const VLAN_KIND: LinkKind<VlanAttrs> = {
  kind: 'vlan',
  init: world => world.notifiers.register(vlanDeviceEvent),
  newlink: vlanNewlink,
  changelink: vlanChangelink,
  dellink: unregisterVlanDev,
  fillInfo: vlanFillInfo,
}
