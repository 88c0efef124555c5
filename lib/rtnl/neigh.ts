/**
 * Neighbour entries, as `ip neighbour` asks for them.
 *
 * @see net/core/neighbour.c neigh_add, neigh_delete, neigh_dump_info
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import { ipv4 } from '../ip/ipv4.js'
import {
  type Neighbour,
  NEIGH_UPDATE_F_ADMIN,
  NEIGH_UPDATE_F_OVERRIDE,
  NEIGH_UPDATE_F_USE,
  NUD_VALID,
  neighEventSend,
  neighUpdate,
} from '../ip/neigh.js'
import { NTF_PROXY, NTF_USE, NUD_FAILED, NUD_PERMANENT } from '../ip/rtnetlink.js'
import { formatIpv4 } from '../wire/ip.js'

/** A neighbour entry as a dump shows it. Ages are in nanoseconds. */
export interface NeighInfo {
  /** Null for a proxy entry of every device. */
  readonly dev: NetDevice | null
  readonly dst: number
  /** Null while no address is known. */
  readonly lladdr: number | null
  /** NUD_*. */
  readonly state: number
  /** NTF_*. */
  readonly flags: number
  readonly usedNs: number
  readonly confirmedNs: number
  readonly updatedNs: number
  readonly probes: number
  readonly refcnt: number
  readonly protocol: number
}

/** A neighbour entry as it is asked for; `state` is permanent when absent. */
export interface NeighSpec {
  readonly dev: NetDevice
  readonly dst: number
  readonly lladdr?: number
  readonly state?: number
  /** NTF_*; NTF_PROXY asks for a proxy entry. */
  readonly flags?: number
  readonly protocol?: number
}

const addProxy = (netns: Netns, spec: NeighSpec): void => {
  const { proxies } = ipv4(netns).neigh
  const found = proxies.find(p => p.key === spec.dst && p.dev === spec.dev)
  if (found !== undefined) {
    found.protocol = spec.protocol ?? found.protocol
    return
  }
  proxies.push({ key: spec.dst, dev: spec.dev, flags: (spec.flags ?? 0) & ~NTF_PROXY, protocol: spec.protocol ?? 0 })
}

/** Adds or changes an entry. Throws EEXIST for `add` of one that is there, ENOENT for `change` of none, EINVAL. */
export const neighAdd = (
  netns: Netns,
  spec: NeighSpec,
  mode: 'add' | 'change' | 'replace' | 'append' = 'add',
): void => {
  const flags = spec.flags ?? 0
  if (flags & NTF_PROXY) return addProxy(netns, spec)
  const { neigh } = ipv4(netns)
  const context = { dst: formatIpv4(spec.dst), dev: spec.dev.name }
  const state = spec.state ?? NUD_PERMANENT
  const found = neigh.lookup(spec.dev, spec.dst)
  if (found === null) {
    if (mode === 'change') throw new NetloomError('ENOENT', undefined, context)
  } else if (mode === 'add') throw new NetloomError('EEXIST', undefined, context)
  const entry = found ?? neigh.create(spec.dev, spec.dst)
  if (entry === null) throw new NetloomError('EINVAL', undefined, context)
  if (spec.protocol !== undefined) entry.protocol = spec.protocol
  if (flags & NTF_USE) {
    neighUpdate(entry, spec.lladdr ?? null, state, NEIGH_UPDATE_F_ADMIN | NEIGH_UPDATE_F_USE)
    neighEventSend(entry, null)
    return
  }
  const update = NEIGH_UPDATE_F_ADMIN | (mode === 'append' ? 0 : NEIGH_UPDATE_F_OVERRIDE)
  neighUpdate(entry, spec.lladdr ?? null, state, update)
  entry.flags = flags & ~NTF_USE
}

/** Deletes an entry. Throws ENOENT. */
export const neighDel = (netns: Netns, spec: { dev: NetDevice; dst: number; proxy?: boolean }): void => {
  const { neigh } = ipv4(netns)
  const context = { dst: formatIpv4(spec.dst), dev: spec.dev.name }
  if (spec.proxy === true) {
    const at = neigh.proxies.findIndex(p => p.key === spec.dst && p.dev === spec.dev)
    if (at < 0) throw new NetloomError('ENOENT', undefined, context)
    neigh.proxies.splice(at, 1)
    return
  }
  const entry = neigh.lookup(spec.dev, spec.dst)
  if (entry === null) throw new NetloomError('ENOENT', undefined, context)
  neighUpdate(entry, null, NUD_FAILED, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN)
  neigh.remove(entry)
}

const infoOf = (n: Neighbour): NeighInfo => ({
  dev: n.dev,
  dst: n.primaryKey,
  lladdr: n.nudState & NUD_VALID ? n.ha : null,
  state: n.nudState,
  flags: n.flags,
  usedNs: n.now - n.used,
  confirmedNs: n.now - n.confirmed,
  updatedNs: n.now - n.updated,
  probes: n.probes,
  refcnt: n.timer.pending ? 1 : 0,
  protocol: n.protocol,
})

/** Entries of a namespace or of one device; with `proxy` the proxy entries. */
export const neighList = (netns: Netns, filter: { dev?: NetDevice; proxy?: boolean } = {}): NeighInfo[] => {
  const { neigh } = ipv4(netns)
  if (filter.proxy === true)
    return neigh.proxies
      .filter(p => filter.dev === undefined || p.dev === filter.dev)
      .map(p => ({
        dev: p.dev,
        dst: p.key,
        lladdr: null,
        state: 0,
        flags: p.flags | NTF_PROXY,
        usedNs: 0,
        confirmedNs: 0,
        updatedNs: 0,
        probes: 0,
        refcnt: 0,
        protocol: p.protocol,
      }))
  return neigh
    .list()
    .filter(n => filter.dev === undefined || n.dev === filter.dev)
    .map(infoOf)
}
