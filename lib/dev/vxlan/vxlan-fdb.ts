/**
 * Forwarding entries of a vxlan device: learning, changes, and ageing.
 *
 * The clean-up that the kernel runs from a timer, every ten seconds or when the next entry is due, is done when somebody
 * looks at the table: nothing is seen of it in between, and a quiet network stays quiet.
 *
 * Left out: nexthop groups, entries of switch drivers.
 *
 * @see drivers/net/vxlan/vxlan_core.c vxlan_fdb_update, vxlan_snoop, vxlan_cleanup
 */
import { DROP } from '../../core/drop.js'
import type { FdbMode } from '../../core/fdb.js'
import { flowFlush } from '../../core/flow-genid.js'
import { extackError, NetloomError } from '../../errors.js'
import { NTF_EXT_LEARNED, NTF_SELF, NTF_USE, NUD_NOARP, NUD_PERMANENT, NUD_REACHABLE } from '../../ip/rtnetlink.js'
import { HZ, NSEC_PER_JIFFY, wheelExpiry } from '../../sim/timer.js'
import { isMulticastMac, macHi, macLo } from '../../wire/mac.js'
import { NTF_VXLAN_ADDED_BY_USER, type Vxlan, VxlanFdb, VxlanRdst } from './vxlan-private.js'

/** Jiffies between clean-ups at most (FDB_AGE_INTERVAL). */
const FDB_AGE_INTERVAL: number = 10 * HZ

const jiffies = (ns: number): number => Math.floor(ns / NSEC_PER_JIFFY)

/** What a change says about an entry and one of its far ends. */
export interface VxlanFdbChange {
  readonly mac: number
  readonly srcVni: number
  /** NUD_*. */
  readonly state: number
  /** NTF_*. */
  readonly flags: number
  readonly ip: number
  readonly port: number
  readonly vni: number
  readonly ifindex: number
}

/** True for the MACs that may have several far ends: groups, and zero, which stands for all that are not known. */
export const hasManyRemotes = (mac: number): boolean => mac === 0 || isMulticastMac(mac)

const indexOfRdst = (f: VxlanFdb, ip: number, port: number, vni: number, ifindex: number): number =>
  f.remotes.findIndex(
    r => r.remoteIp === ip && r.remotePort === port && r.remoteVni === vni && r.remoteIfindex === ifindex,
  )

/** The entry of a MAC; frames, users and learning all look among those of the device's own VNI. */
export const vxlanFindMac = (vxlan: Vxlan, mac: number): VxlanFdb | null => vxlan.fdb.find(macHi(mac), macLo(mac))

/** All entries, the newest first. */
export const vxlanFdbAll = (vxlan: Vxlan): VxlanFdb[] => {
  const all: VxlanFdb[] = []
  for (let f = vxlan.fdb.head; f !== null; f = f.next) all.push(f)
  return vxlan.foreign.length === 0 ? all : [...vxlan.foreign, ...all]
}

/** No more entries may be made (maxaddress). */
const isFull = ({ cfg, fdb, foreign }: Vxlan): boolean => cfg.addrMax !== 0 && fdb.size + foreign.length >= cfg.addrMax

const create = (vxlan: Vxlan, c: VxlanFdbChange): void => {
  const f = new VxlanFdb(macHi(c.mac), macLo(c.mac), c.srcVni, c.state, c.flags & ~NTF_USE, vxlan.dev.netns.world.now)
  f.remotes.push(new VxlanRdst(c.ip, c.port, c.vni, c.ifindex))
  if (c.srcVni === vxlan.cfg.vni) vxlan.fdb.insert(f)
  else vxlan.foreign.unshift(f)
}

/** Takes an entry out (vxlan_fdb_destroy). */
export const vxlanFdbDestroy = (vxlan: Vxlan, f: VxlanFdb): void => {
  flowFlush(vxlan.dev.netns)
  const at = vxlan.foreign.indexOf(f)
  if (at >= 0) vxlan.foreign.splice(at, 1)
  else vxlan.fdb.remove(f)
}

const replaceRemote = (f: VxlanFdb, c: VxlanFdbChange): boolean => {
  if (indexOfRdst(f, c.ip, c.port, c.vni, c.ifindex) >= 0) return false
  f.remotes[0] = new VxlanRdst(c.ip, c.port, c.vni, c.ifindex)
  return true
}

const updateExisting = (vxlan: Vxlan, f: VxlanFdb, c: VxlanFdbChange, mode: FdbMode): void => {
  flowFlush(vxlan.dev.netns)
  const many = hasManyRemotes(c.mac)
  const flags = c.flags & ~NTF_USE
  const { now } = vxlan.dev.netns.world
  let changed = false
  // What another control plane has learned does not take over what a user has added.
  if ((flags & NTF_EXT_LEARNED) === 0 || (f.flags & NTF_VXLAN_ADDED_BY_USER) === 0) {
    changed = f.state !== c.state || f.flags !== flags
    f.state = c.state
    f.flags = flags
  }
  if (mode === 'replace') {
    if (many) {
      if (changed) f.updated = now
      throw extackError('EOPNOTSUPP', 'Cannot replace non-unicast fdb entries', { dev: vxlan.dev.name })
    }
    if (replaceRemote(f, c)) changed = true
  } else if (mode === 'append' && many && indexOfRdst(f, c.ip, c.port, c.vni, c.ifindex) < 0) {
    f.remotes.push(new VxlanRdst(c.ip, c.port, c.vni, c.ifindex))
    changed = true
  }
  if (changed || c.flags & NTF_USE) f.updated = now
}

/** Makes or changes an entry (vxlan_fdb_update). Throws EEXIST, ENOSPC, EOPNOTSUPP. */
export const vxlanFdbUpdate = (vxlan: Vxlan, c: VxlanFdbChange, mode: FdbMode): void => {
  const context = { dev: vxlan.dev.name }
  const f = vxlanFindMac(vxlan, c.mac)
  if (f !== null) {
    if (mode === 'add') throw new NetloomError('EEXIST', undefined, context)
    updateExisting(vxlan, f, c, mode)
    return
  }
  if (mode === 'replace' && hasManyRemotes(c.mac)) throw new NetloomError('EOPNOTSUPP', undefined, context)
  if (isFull(vxlan)) throw new NetloomError('ENOSPC', undefined, context)
  if (vxlan.foreign.some(o => o.mac === c.mac && o.vni === c.srcVni))
    throw new NetloomError('EEXIST', undefined, context)
  create(vxlan, c)
}

/** The entry for all that is not known, with one far end to begin with or one more. */
export const vxlanFdbDefault = (vxlan: Vxlan, ip: number, vni: number, ifindex: number): void =>
  vxlanFdbUpdate(
    vxlan,
    {
      mac: 0,
      srcVni: vni,
      state: NUD_REACHABLE | NUD_PERMANENT,
      flags: NTF_SELF,
      ip,
      port: vxlan.cfg.dstPort,
      vni,
      ifindex,
    },
    'append',
  )

/**
 * Takes a far end away, with the last one the entry; without an address the entry (__vxlan_fdb_delete). False when there
 * is no entry; that it has no such far end is no error.
 */
export const vxlanFdbDelete = (
  vxlan: Vxlan,
  mac: number,
  ip: number,
  port: number,
  vni: number,
  ifindex: number,
): boolean => {
  const f = vxlanFindMac(vxlan, mac)
  if (f === null) return false
  if (ip !== 0) {
    const at = indexOfRdst(f, ip, port, vni, ifindex)
    if (at < 0) return true
    if (f.remotes.length > 1) {
      flowFlush(vxlan.dev.netns)
      f.remotes.splice(at, 1)
      return true
    }
  }
  vxlanFdbDestroy(vxlan, f)
  return true
}

/** Removes entries that `doomed` names (vxlan_flush). */
export const vxlanFlush = (vxlan: Vxlan, doomed: (f: VxlanFdb) => boolean): void => {
  for (const f of vxlanFdbAll(vxlan)) if (doomed(f)) vxlanFdbDestroy(vxlan, f)
}

// ---------------------------------------------------------------- learning

const GROUP_BIT = 0x0100

/**
 * Learns that the MAC with these halves is behind `srcIp`; 0, or the reason to drop its frame: an entry that does not move
 * says otherwise, or the MAC is none that can send (vxlan_snoop).
 */
export const vxlanSnoop = (vxlan: Vxlan, srcIp: number, hi: number, lo: number): number => {
  if ((hi & GROUP_BIT) !== 0 || (hi | lo) === 0) return DROP.MAC_INVALID_SOURCE
  const { now } = vxlan.dev.netns.world.sim
  const f = vxlan.fdb.find(hi, lo)
  if (f === null) {
    learn(vxlan, srcIp, hi, lo, now)
    return 0
  }
  f.updated = now
  const rdst = f.remotes[0]!
  if (rdst.remoteIp === srcIp && rdst.remoteIfindex === 0) return 0
  if ((f.state & (NUD_PERMANENT | NUD_NOARP)) !== 0) return DROP.VXLAN_ENTRY_EXISTS
  // The route to the old place is kept, as the kernel keeps it: on one link it leads to the new one as well.
  rdst.remoteIp = srcIp
  flowFlush(vxlan.dev.netns)
  return 0
}

const learn = (vxlan: Vxlan, srcIp: number, hi: number, lo: number, now: number): void => {
  const { cfg } = vxlan
  if (!vxlan.dev.running || isFull(vxlan)) return
  const f = new VxlanFdb(hi, lo, cfg.vni, NUD_REACHABLE, NTF_SELF, now)
  f.remotes.push(new VxlanRdst(srcIp, cfg.dstPort, cfg.vni, 0))
  vxlan.fdb.insert(f)
}

// ---------------------------------------------------------------- ageing

const ages = (f: VxlanFdb): boolean =>
  (f.state & (NUD_PERMANENT | NUD_NOARP)) === 0 && (f.flags & NTF_EXT_LEARNED) === 0

/** Plans the next clean-up, `delay` jiffies after the virtual time `from` (mod_timer). */
export const vxlanScheduleAge = (vxlan: Vxlan, from: number, delay: number = FDB_AGE_INTERVAL): void => {
  vxlan.ageAt = wheelExpiry(from, delay * NSEC_PER_JIFFY)
}

/** Does the clean-ups that were due by now. Call it before the table is read. */
export const vxlanCatchUp = (vxlan: Vxlan): void => {
  const { now } = vxlan.dev.netns.world
  while (vxlan.ageAt <= now) {
    const at = vxlan.ageAt
    vxlanScheduleAge(vxlan, at, cleanup(vxlan, at))
    if (!vxlanFdbAll(vxlan).some(ages)) skipIdle(vxlan, now)
  }
}

/** Nothing can grow old any more: the remaining clean-ups until `now` only move the next one. */
const skipIdle = (vxlan: Vxlan, now: number): void => {
  if (vxlan.ageAt > now) return
  const step = wheelExpiry(vxlan.ageAt, FDB_AGE_INTERVAL * NSEC_PER_JIFFY) - vxlan.ageAt
  vxlanScheduleAge(vxlan, vxlan.ageAt + Math.floor((now - vxlan.ageAt) / step) * step)
}

/** One clean-up at the virtual time `at`; returns the jiffies until the next (vxlan_cleanup). */
const cleanup = (vxlan: Vxlan, at: number): number => {
  const nowJ = jiffies(at)
  let delay = FDB_AGE_INTERVAL
  for (const f of vxlanFdbAll(vxlan)) {
    if (!ages(f)) continue
    const due = jiffies(f.updated) + vxlan.cfg.ageInterval * HZ
    if (due <= nowJ) vxlanFdbDestroy(vxlan, f)
    else delay = Math.min(delay, due - nowJ)
  }
  return delay
}
