/**
 * VLANs of bridges and ports as users add, delete and list them (`bridge vlan`).
 *
 * Not recorded: the reference kernel is built without VLAN filtering. This follows the kernel's source.
 *
 * @see net/bridge/br_netlink.c br_process_vlan_info, br_fill_ifvlaninfo_compressed, net/bridge/br_vlan.c
 */
import type { NetDevice } from '../../core/netdev.js'
import { extackError, NetloomError } from '../../errors.js'
import { VLAN_VID_MASK } from '../../wire/vlan.js'
import { brFdbCatchUp } from './br-fdb-gc.js'
import { type Bridge, type BridgePort, bridgeOf, bridgePortOf, isBridge } from './br-private.js'
import { brVlanAdd, brVlanDelete, brVlanInit, brVlanSetState, nbpVlanAdd, nbpVlanDelete } from './br-vlan.js'
import { BRIDGE_VLAN_INFO_PVID, BRIDGE_VLAN_INFO_UNTAGGED, brVlanUsable } from './br-vlan-group.js'

/** VLANs of a port or of a bridge to add or delete. */
export interface VlanSpec {
  readonly dev: NetDevice
  /** 1 to 4094. */
  readonly vid: number
  /** Last one of a range that begins with `vid`. */
  readonly vidEnd?: number
  /** Frames that come in without a VLAN belong to it; not for a range. */
  readonly pvid?: boolean
  /** Frames leave without a tag. */
  readonly untagged?: boolean
}

/** A VLAN as a dump shows it. */
export interface VlanInfo {
  /** The port, or the bridge for its own host. */
  readonly dev: NetDevice
  readonly vid: number
  readonly pvid: boolean
  readonly untagged: boolean
  /** BR_STATE_*. */
  readonly state: number
  readonly rxBytes: number
  readonly rxPackets: number
  readonly txBytes: number
  readonly txPackets: number
}

/** The bridge and the port (null for the bridge itself) that a request is about; null for another device. */
const resolve = (dev: NetDevice): { br: Bridge; p: BridgePort | null } | null => {
  const p = bridgePortOf(dev)
  if (p !== null) return { br: p.br, p }
  return isBridge(dev) ? { br: bridgeOf(dev), p: null } : null
}

const isValidId = (vid: number): boolean => Number.isInteger(vid) && vid > 0 && vid < VLAN_VID_MASK

/** Refuses what br_vlan_valid_id and br_vlan_valid_range refuse; the kernel explains it when it adds, not when it deletes. */
const check = ({ dev, vid, vidEnd, pvid }: VlanSpec, explains: boolean): void => {
  const refuse = (text: string): never => {
    const context = { dev: dev.name, vid }
    throw explains ? extackError('EINVAL', `bridge: ${text}`, context) : new NetloomError('EINVAL', undefined, context)
  }
  if (!isValidId(vid)) refuse('Vlan id is invalid')
  if (vidEnd === undefined) return
  if (pvid) refuse("Pvid isn't allowed in a range")
  if (!isValidId(vidEnd)) refuse('Vlan id is invalid')
  if (vidEnd <= vid) refuse('End vlan id is less than or equal to start vlan id')
}

const resolved = (dev: NetDevice): { br: Bridge; p: BridgePort | null } => {
  const found = resolve(dev)
  if (found === null) throw new NetloomError('EINVAL', undefined, { dev: dev.name })
  return found
}

const each = ({ vid, vidEnd = vid }: VlanSpec, fn: (vid: number) => void): void => {
  for (let v = vid; v <= vidEnd; v++) fn(v)
}

/** Makes a port, or a bridge's own host, a member of VLANs, or changes what they are to it. Throws EINVAL. */
export const brVlanUserAdd = (spec: VlanSpec): void => {
  check(spec, true)
  const { br, p } = resolved(spec.dev)
  brVlanInit(br)
  brFdbCatchUp(br)
  const flags = (spec.pvid ? BRIDGE_VLAN_INFO_PVID : 0) | (spec.untagged ? BRIDGE_VLAN_INFO_UNTAGGED : 0)
  each(spec, vid => (p === null ? brVlanAdd(br, vid, flags) : nbpVlanAdd(p, vid, flags)))
}

/** Ends memberships; those that there are none of are passed over. Throws EINVAL. */
export const brVlanUserDel = (spec: VlanSpec): void => {
  check(spec, false)
  const { br, p } = resolved(spec.dev)
  brVlanInit(br)
  brFdbCatchUp(br)
  each(spec, vid => (p === null ? brVlanDelete(br, vid) : nbpVlanDelete(p, vid)))
}

/** Sets the state of a port in VLANs. Throws EINVAL, ENOENT. */
export const brVlanUserSet = (spec: VlanSpec & { readonly state?: number }): void => {
  const found = resolve(spec.dev)
  if (found === null)
    throw extackError('EINVAL', 'bridge: The device is not a valid bridge or bridge port', { dev: spec.dev.name })
  check(spec, true)
  const { br, p } = found
  brVlanInit(br)
  const { vid, vidEnd = vid, state } = spec
  brVlanSetState((p === null ? br : p).vlgrp, vid, vidEnd, state ?? null, spec.dev.name)
}

/** VLANs in use on a port, or on a bridge itself, by identifier; none before VLANs were first asked for. */
export const brVlanList = (dev: NetDevice): VlanInfo[] => {
  const found = resolve(dev)
  const vg = found === null ? null : (found.p === null ? found.br : found.p).vlgrp
  if (vg === null) return []
  return vg.list
    .filter(v => brVlanUsable(vg, v.vid) !== null)
    .map(v => ({ dev, vid: v.vid, pvid: vg.pvid === v.vid, untagged: v.isUntagged, state: v.state, ...v.stats }))
}

/** True for a bridge, or a port of one, that has VLANs. */
export const hasVlans = (dev: NetDevice): boolean => {
  const found = resolve(dev)
  return found !== null && found.br.vlgrp !== null
}
