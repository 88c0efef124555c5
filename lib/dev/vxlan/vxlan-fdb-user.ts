/**
 * Forwarding entries of vxlan devices as users add, delete and list them (`bridge fdb ... self`).
 *
 * @see drivers/net/vxlan/vxlan_core.c vxlan_fdb_add, vxlan_fdb_delete, vxlan_fdb_dump, vxlan_fdb_get, vxlan_fdb_delete_bulk
 */
import type { FdbFlushSpec, FdbInfo, FdbMode, FdbOps, FdbSpec } from '../../core/fdb.js'
import type { NetDevice } from '../../core/netdev.js'
import { extackError, NetloomError } from '../../errors.js'
import {
  NTF_EXT_LEARNED,
  NTF_OFFLOADED,
  NTF_ROUTER,
  NUD_NOARP,
  NUD_PERMANENT,
  NUD_REACHABLE,
} from '../../ip/rtnetlink.js'
import { vxlanCatchUp, vxlanFdbAll, vxlanFdbDelete, vxlanFdbUpdate, vxlanFindMac, vxlanFlush } from './vxlan-fdb.js'
import { NTF_VXLAN_ADDED_BY_USER, type Vxlan, type VxlanFdb, vxlanOf, type VxlanRdst } from './vxlan-private.js'

/** ifindex of the device to the far end, which must be one of the device's namespace. */
const viaIfindex = (dev: NetDevice, spec: FdbSpec): number => {
  if (spec.via === undefined) return 0
  if (spec.via.netns !== dev.netns) throw extackError('EADDRNOTAVAIL', 'Device not found', { dev: dev.name })
  return spec.via.ifindex
}

const vxlanFdbAdd = (dev: NetDevice, spec: FdbSpec, mode: FdbMode): void => {
  const vxlan = vxlanOf(dev)
  const { cfg } = vxlan
  const { dst, lladdr, state } = spec
  if ((state & (NUD_PERMANENT | NUD_REACHABLE)) === 0 || dst === undefined)
    throw new NetloomError('EINVAL', undefined, { dev: dev.name })
  const ifindex = viaIfindex(dev, spec)
  vxlanCatchUp(vxlan)
  vxlanFdbUpdate(
    vxlan,
    {
      mac: lladdr,
      srcVni: spec.srcVni ?? cfg.vni,
      state,
      flags: spec.flags | NTF_VXLAN_ADDED_BY_USER,
      ip: dst,
      port: spec.port ?? cfg.dstPort,
      vni: spec.vni ?? cfg.vni,
      ifindex,
    },
    mode,
  )
}

const vxlanFdbDel = (dev: NetDevice, spec: FdbSpec): void => {
  const vxlan = vxlanOf(dev)
  const { cfg } = vxlan
  const ifindex = viaIfindex(dev, spec)
  vxlanCatchUp(vxlan)
  const { lladdr, dst = 0, port = cfg.dstPort, vni = cfg.vni } = spec
  if (!vxlanFdbDelete(vxlan, lladdr, dst, port, vni, ifindex))
    throw new NetloomError('ENOENT', undefined, { dev: dev.name })
}

const info = (vxlan: Vxlan, f: VxlanFdb, r: VxlanRdst): FdbInfo => {
  const { dev, cfg, net } = vxlan
  const { now } = net.world
  return {
    dev,
    lladdr: f.mac,
    state: f.state,
    flags: f.flags & 0xff,
    master: null,
    vlan: 0,
    usedNs: now - f.used,
    updatedNs: now - f.updated,
    locked: false,
    dst: r.remoteIp,
    ...(r.remotePort !== 0 && r.remotePort !== cfg.dstPort ? { port: r.remotePort } : {}),
    ...(r.remoteVni === cfg.vni ? {} : { vni: r.remoteVni }),
    ...(r.remoteIfindex === 0 ? {} : { viaIfindex: r.remoteIfindex }),
    ...(net === dev.netns ? {} : { linkNetns: net }),
  }
}

const vxlanFdbDump = (dev: NetDevice, port: NetDevice | null | undefined): FdbInfo[] => {
  const vxlan = vxlanOf(dev)
  if (port !== null && port !== undefined) return []
  vxlanCatchUp(vxlan)
  return vxlanFdbAll(vxlan).flatMap(f => f.remotes.map(r => info(vxlan, f, r)))
}

const vxlanFdbGet = (dev: NetDevice, lladdr: number): FdbInfo | null => {
  const vxlan = vxlanOf(dev)
  vxlanCatchUp(vxlan)
  const f = vxlanFindMac(vxlan, lladdr)
  return f === null ? null : info(vxlan, f, f.remotes[0]!)
}

const FLUSH_STATES = NUD_PERMANENT | NUD_NOARP
/** Flags that a flush may ask for; those of the request itself do not count. */
const FLUSH_FLAGS: number = NTF_EXT_LEARNED | NTF_OFFLOADED | NTF_ROUTER

const vxlanFdbDeleteBulk = (dev: NetDevice, spec: FdbFlushSpec): void => {
  const vxlan = vxlanOf(dev)
  const { state = 0, stateMask = 0, flags = 0, flagsMask = 0 } = spec
  const context = { dev: dev.name }
  if (spec.vlan !== undefined || spec.port !== undefined) throw extackError('EINVAL', 'Unsupported attribute', context)
  if ((state & ~FLUSH_STATES) !== 0) throw extackError('EINVAL', 'Unsupported fdb flush ndm state bits set', context)
  if ((flags & ~FLUSH_FLAGS) !== 0) throw extackError('EINVAL', 'Unsupported fdb flush ndm flag bits set', context)
  vxlanCatchUp(vxlan)
  vxlanFlush(vxlan, f => (f.state & stateMask) === (state & stateMask) && (f.flags & flagsMask) === (flags & flagsMask))
}

/** Forwarding entries of a vxlan device. */
export const VXLAN_FDB_OPS: FdbOps = {
  add: vxlanFdbAdd,
  del: vxlanFdbDel,
  dump: vxlanFdbDump,
  flush: vxlanFdbDeleteBulk,
  get: vxlanFdbGet,
  listsOwnAddresses: false,
}
