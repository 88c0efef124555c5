/**
 * VLANs of a bridge and of its ports: membership, the VLAN of untagged frames, and what turning VLAN filtering on and off
 * does.
 *
 * Not recorded: the reference kernel is built without VLAN filtering. This follows the kernel's source.
 * Left out: VLAN tunnels, multicast snooping by VLAN, spanning trees of VLANs, carrier of VLAN devices by their ports
 * (bridge_binding), ports that leave promiscuous mode.
 *
 * DIFFERS: a kernel with VLAN filtering makes every port a member of VLAN 1 and enters local addresses there, whether or
 * not VLANs are in use; the reference kernel knows no VLANs, and its tables show none. Here a bridge has no VLANs until
 * VLAN filtering is turned on or a VLAN is configured, and from then on those that such a kernel would have had from the
 * start. vlan_protocol, vlan_default_pvid and the like are kept until then.
 *
 * @see net/bridge/br_vlan.c
 */
import { extackError, NetloomError } from '../../errors.js'
import { ETH_P_8021Q } from '../../wire/ethernet.js'
import { brFdbDeleteByPort, brFdbFindDeleteLocal, fdbAddLocal } from './br-fdb.js'
import { brFdbCatchUp } from './br-fdb-gc.js'
import { BR_STATE_BLOCKING, type Bridge, type BridgePort } from './br-private.js'
import {
  BRIDGE_VLAN_INFO_BRENTRY,
  BRIDGE_VLAN_INFO_MASTER,
  BRIDGE_VLAN_INFO_PVID,
  BRIDGE_VLAN_INFO_UNTAGGED,
  BridgeVlan,
  brVlanFind,
  brVlanUsable,
  VlanGroup,
  VlanStats,
} from './br-vlan-group.js'

const PVID_UNTAGGED: number = BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED

/** Sets what a VLAN is for frames without a tag (__vlan_flags_commit). */
const commitFlags = (vg: VlanGroup, v: BridgeVlan, flags: number): void => {
  if (flags & BRIDGE_VLAN_INFO_PVID) vg.pvid = v.vid
  else if (vg.pvid === v.vid) vg.pvid = 0
  v.flags =
    flags & BRIDGE_VLAN_INFO_UNTAGGED ? v.flags | BRIDGE_VLAN_INFO_UNTAGGED : v.flags & ~BRIDGE_VLAN_INFO_UNTAGGED
}

/** Enters a new VLAN into its group, with the local address of its device when it is in use (__vlan_add). */
const enter = (br: Bridge, p: BridgePort | null, v: BridgeVlan, flags: number): void => {
  const vg = (p === null ? br : p).vlgrp!
  if (v.isUsable) {
    fdbAddLocal(br, p, (p === null ? br : p).dev.addr, v.vid)
    vg.numVlans++
  }
  vg.add(v)
  commitFlags(vg, v, flags)
}

/** A VLAN that only ports needed becomes one of the bridge's own host too. */
const becomeBrentry = (br: Bridge, v: BridgeVlan): void => {
  fdbAddLocal(br, null, br.dev.addr, v.vid)
  v.refs++
  v.flags |= BRIDGE_VLAN_INFO_BRENTRY
  br.vlgrp!.numVlans++
}

/** Makes the bridge's own host a member of a VLAN, or changes what it is to it (br_vlan_add). */
export const brVlanAdd = (br: Bridge, vid: number, flags: number): void => {
  const vg = br.vlgrp!
  const found = brVlanFind(vg, vid)
  if (found !== null) {
    if (!found.isUsable) becomeBrentry(br, found)
    commitFlags(vg, found, flags)
    return
  }
  const v = new BridgeVlan(vid, BRIDGE_VLAN_INFO_MASTER | BRIDGE_VLAN_INFO_BRENTRY, null, new VlanStats())
  v.refs = 1
  enter(br, null, v, flags)
}

/** The bridge's VLAN that a port's belongs to, made if need be; one more holds it (br_vlan_get_master). */
const getMaster = (br: Bridge, vid: number): BridgeVlan => {
  const vg = br.vlgrp!
  let v = brVlanFind(vg, vid)
  if (v === null) {
    v = new BridgeVlan(vid, BRIDGE_VLAN_INFO_MASTER, null, new VlanStats())
    enter(br, null, v, 0)
  }
  v.refs++
  return v
}

const putMaster = (br: Bridge, v: BridgeVlan): void => {
  if (--v.refs === 0) br.vlgrp!.remove(v)
}

/** Makes a port a member of a VLAN, or changes what it is to it (nbp_vlan_add). */
export const nbpVlanAdd = (p: BridgePort, vid: number, flags: number): void => {
  const { br } = p
  const vg = p.vlgrp!
  const found = brVlanFind(vg, vid)
  if (found !== null) {
    commitFlags(vg, found, flags)
    return
  }
  const master = getMaster(br, vid)
  enter(br, p, new BridgeVlan(vid, 0, master, br.vlanStatsPerPort ? new VlanStats() : master.stats), flags)
}

/** Takes a VLAN out of its group (__vlan_del). */
const leave = (br: Bridge, vg: VlanGroup, v: BridgeVlan): void => {
  if (vg.pvid === v.vid) vg.pvid = 0
  if (v.isUsable) {
    v.flags &= ~BRIDGE_VLAN_INFO_BRENTRY
    vg.numVlans--
  }
  if (v.master !== null) vg.remove(v)
  putMaster(br, v.master ?? v)
}

/** Ends the membership of the bridge's own host; false when there is none (br_vlan_delete). */
export const brVlanDelete = (br: Bridge, vid: number): boolean => {
  const v = brVlanUsable(br.vlgrp, vid)
  if (v === null) return false
  brFdbFindDeleteLocal(br, null, br.dev.addr, vid)
  brFdbDeleteByPort(br, null, false, vid)
  leave(br, br.vlgrp!, v)
  return true
}

/** Ends the membership of a port; false when there is none (nbp_vlan_delete). */
export const nbpVlanDelete = (p: BridgePort, vid: number): boolean => {
  const v = brVlanFind(p.vlgrp, vid)
  if (v === null) return false
  brFdbFindDeleteLocal(p.br, p, p.dev.addr, vid)
  brFdbDeleteByPort(p.br, p, false, vid)
  leave(p.br, p.vlgrp!, v)
  return true
}

/** A new port of a bridge with VLANs becomes a member of the default one (nbp_vlan_init). */
export const nbpVlanInit = (p: BridgePort): void => {
  if (p.br.vlgrp === null) return
  p.vlgrp = new VlanGroup()
  if (p.br.defaultPvid !== 0) nbpVlanAdd(p, p.br.defaultPvid, PVID_UNTAGGED)
}

/** A port that goes leaves all its VLANs (nbp_vlan_flush). */
export const nbpVlanFlush = (p: BridgePort): void => {
  const vg = p.vlgrp
  if (vg === null) return
  for (const v of [...vg.list]) leave(p.br, vg, v)
  p.vlgrp = null
}

/** Gives a bridge the VLANs that it would have had from the start, when they are first asked for (br_vlan_init). */
export const brVlanInit = (br: Bridge): void => {
  if (br.vlgrp !== null) return
  brFdbCatchUp(br)
  br.vlgrp = new VlanGroup()
  if (br.defaultPvid !== 0) brVlanAdd(br, br.defaultPvid, PVID_UNTAGGED)
  for (const p of [...br.ports].reverse()) nbpVlanInit(p)
}

// ---- settings

const BR_GROUPFWD_8021AD = 0xb801
/** Last octets of the group addresses of bridges and of provider bridges. */
const BRIDGE_GROUP = 0x00
const PROVIDER_BRIDGE_GROUP = 0x08
const GROUP_ADDRESSES = 0x0180c2000000

const goesBy8021Q = (br: Bridge): boolean => !br.vlanEnabled || br.vlanProto === ETH_P_8021Q

/** Provider bridges hand on what is for the bridges of their customers (br_recalculate_fwd_mask). */
export const brRecalculateFwdMask = (br: Bridge): void => {
  const own = br.groupAddr - GROUP_ADDRESSES
  br.groupFwdMaskRequired = goesBy8021Q(br) ? 0 : BR_GROUPFWD_8021AD & ~(1 << own)
}

const recalculateGroupAddr = (br: Bridge): void => {
  if (!br.groupAddrSet) br.groupAddr = GROUP_ADDRESSES + (goesBy8021Q(br) ? BRIDGE_GROUP : PROVIDER_BRIDGE_GROUP)
  brRecalculateFwdMask(br)
}

/** vlan_filtering (br_vlan_filter_toggle). */
export const brVlanFilterToggle = (br: Bridge, on: boolean): void => {
  if (br.vlanEnabled === on) return
  brVlanInit(br)
  br.vlanEnabled = on
  recalculateGroupAddr(br)
}

/** vlan_protocol, one of the two EtherTypes of tags (__br_vlan_set_proto). */
export const brVlanSetProto = (br: Bridge, proto: number): void => {
  br.vlanProto = proto
  recalculateGroupAddr(br)
}

const flagSetting = (br: Bridge, name: string, value: number): boolean => {
  if (value !== 0 && value !== 1) throw new NetloomError('EINVAL', undefined, { dev: br.dev.name, [name]: value })
  return value === 1
}

/** vlan_stats_enabled (br_vlan_set_stats). Throws EINVAL. */
export const brVlanSetStats = (br: Bridge, value: number): void => {
  br.vlanStatsEnabled = flagSetting(br, 'vlanStatsEnabled', value)
}

/** vlan_stats_per_port (br_vlan_set_stats_per_port). Throws EBUSY while a port is a member of a VLAN, EINVAL. */
export const brVlanSetStatsPerPort = (br: Bridge, value: number): void => {
  if (br.ports.some(p => p.vlgrp !== null && p.vlgrp.numVlans > 0))
    throw new NetloomError('EBUSY', undefined, { dev: br.dev.name, vlanStatsPerPort: value })
  br.vlanStatsPerPort = flagSetting(br, 'vlanStatsPerPort', value)
}

/** True when `vid` is what a group has by default: the VLAN of untagged frames both ways (vlan_default_pvid). */
const isDefault = (vg: VlanGroup, vid: number): boolean => vg.pvid === vid && brVlanUsable(vg, vid)?.isUntagged === true

const disableDefaultPvid = (br: Bridge): void => {
  const pvid = br.defaultPvid
  if (isDefault(br.vlgrp!, pvid)) brVlanDelete(br, pvid)
  for (const p of br.ports) if (isDefault(p.vlgrp!, pvid)) nbpVlanDelete(p, pvid)
}

/** Moves host and ports to another default VLAN, where that is no conflict with what users have configured. */
const moveDefaultPvid = (br: Bridge, old: number, pvid: number): void => {
  const own = br.vlgrp!
  if ((old === 0 || isDefault(own, old)) && brVlanUsable(own, pvid) === null) {
    brVlanAdd(br, pvid, PVID_UNTAGGED)
    brVlanDelete(br, old)
  }
  for (const p of br.ports) {
    const vg = p.vlgrp!
    if ((old !== 0 && !isDefault(vg, old)) || brVlanFind(vg, pvid) !== null) continue
    nbpVlanAdd(p, pvid, PVID_UNTAGGED)
    nbpVlanDelete(p, old)
  }
}

/** vlan_default_pvid, 0 for none (__br_vlan_set_default_pvid). */
export const brVlanSetDefaultPvid = (br: Bridge, pvid: number): void => {
  if (br.vlgrp !== null) {
    brFdbCatchUp(br)
    if (pvid === 0) disableDefaultPvid(br)
    else moveDefaultPvid(br, br.defaultPvid, pvid)
  }
  br.defaultPvid = pvid
}

/** Sets the state (null: leaves it) of a port, or of the own host, in the VLANs `first` to `last` (br_vlan_process_options). Throws ENOENT, EINVAL. */
export const brVlanSetState = (
  vg: VlanGroup | null,
  first: number,
  last: number,
  state: number | null,
  dev: string,
): void => {
  const refuse = (code: 'ENOENT' | 'EINVAL', text: string): never => {
    throw extackError(code, `bridge: ${text}`, { dev, first, last, state })
  }
  if (brVlanUsable(vg, first) === null) refuse('ENOENT', "Vlan range start doesn't exist, can't process options")
  if (brVlanUsable(vg, last) === null) refuse('ENOENT', "Vlan range end doesn't exist, can't process options")
  for (let vid = first; vid <= last; vid++) {
    const v = brVlanUsable(vg, vid)
    if (v === null) return refuse('ENOENT', "Vlan in range doesn't exist, can't process options")
    if (state === null) continue
    if (state < 0 || state > BR_STATE_BLOCKING) refuse('EINVAL', 'Invalid vlan state')
    v.state = state
  }
}
