/**
 * Addresses, as `ip address` asks for them.
 *
 * @see net/ipv4/devinet.c inet_rtm_newaddr, inet_rtm_deladdr, inet_dump_ifaddr
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { extackError, NetloomError } from '../errors.js'
import { fibInetaddrNotifier } from '../ip/fib-frontend.js'
import { ipMcJoin, ipMcLeave } from '../ip/igmp.js'
import { IfAddr, inDevOf, inetDelIfa, inetInsertIfa } from '../ip/in-device.js'
import { rtCacheFlush } from '../ip/ipv4.js'
import {
  IFA_F_DEPRECATED,
  IFA_F_MCAUTOJOIN,
  IFA_F_PERMANENT,
  IFA_F_SECONDARY,
  RT_SCOPE_UNIVERSE,
} from '../ip/rtnetlink.js'
import { NSEC_PER_SEC } from '../sim/time.js'
import { formatIpv4, isMulticast4 } from '../wire/ip.js'

/** Lifetime that never ends. */
export const INFINITY_LIFE_TIME = -1

/** An address as a dump shows it. Addresses are int32. */
export interface AddrInfo {
  readonly dev: NetDevice
  readonly local: number
  /** The peer on a point-to-point link, otherwise the address itself. */
  readonly address: number
  readonly prefixLen: number
  /** 0 for none. */
  readonly broadcast: number
  readonly scope: number
  readonly label: string
  /** IFA_F_*. */
  readonly flags: number
  /** Seconds left, -1 for ever. */
  readonly validLft: number
  readonly preferredLft: number
  readonly metric: number
  readonly proto: number
}

/** An address as it is asked for. */
export interface AddrSpec {
  readonly local: number
  readonly prefixLen: number
  readonly peer?: number
  readonly broadcast?: number
  readonly scope?: number
  readonly label?: string
  /** IFA_F_NOPREFIXROUTE, IFA_F_MCAUTOJOIN. */
  readonly flags?: number
  readonly validLft?: number
  readonly preferredLft?: number
  readonly metric?: number
}

/** The address that a request means (find_matching_ifa): the same one, of the same prefix or peer. */
const find = (list: readonly IfAddr[], spec: AddrSpec): IfAddr | undefined =>
  list.find(a => a.local === spec.local && a.prefixLen === spec.prefixLen && a.matches(spec.peer ?? spec.local))

const checkLifetimes = (spec: AddrSpec): void => {
  const { validLft = -1, preferredLft = -1 } = spec
  const context = { address: formatIpv4(spec.local), validLft, preferredLft }
  if (validLft === 0 || (validLft > 0 && (preferredLft < 0 || preferredLft > validLft)))
    throw extackError('EINVAL', 'ipv4: address lifetime invalid', context)
}

const setLifetimes = (ifa: IfAddr, validLft: number, preferredLft: number): void => {
  const { sim } = ifa.inDev.dev.netns.world
  ifa.validLft = validLft
  ifa.preferredLft = preferredLft
  ifa.flags &= ~(IFA_F_PERMANENT | IFA_F_DEPRECATED)
  if (validLft < 0) ifa.flags |= IFA_F_PERMANENT
  if (preferredLft === 0) ifa.flags |= IFA_F_DEPRECATED
  ifa.tstampNs = sim.now
  for (const seconds of [validLft, preferredLft])
    if (seconds > 0) sim.schedule(seconds * NSEC_PER_SEC, checkLifetime, ifa, 0, `lifetime of ${formatIpv4(ifa.local)}`)
}

/** Ends or deprecates an address whose time is up (check_lifetime). */
const checkLifetime = (ifa: IfAddr): void => {
  const age = (ifa.inDev.dev.netns.world.now - ifa.tstampNs) / NSEC_PER_SEC
  if (!ifa.inDev.ifaList.includes(ifa)) return
  if (ifa.validLft >= 0 && age >= ifa.validLft) inetDelIfa(ifa, fibInetaddrNotifier)
  else if (ifa.preferredLft >= 0 && age >= ifa.preferredLft) ifa.flags |= IFA_F_DEPRECATED
}

const change = (ifa: IfAddr, spec: AddrSpec): void => {
  checkLifetimes(spec)
  const metric = spec.metric ?? 0
  if (metric !== ifa.metric) {
    fibInetaddrNotifier.delRoutes(ifa, ifa)
    ifa.metric = metric
    fibInetaddrNotifier.addRoutes(ifa)
    rtCacheFlush(ifa.inDev.dev.netns)
  }
  setLifetimes(ifa, spec.validLft ?? -1, spec.preferredLft ?? -1)
}

/**
 * Adds an address, or with `change` and `replace`, which are the same, changes lifetimes and metric of one that is there.
 * Throws EEXIST `ipv4: Address already assigned` for `add` of one that is there, EINVAL.
 */
export const addrAdd = (dev: NetDevice, spec: AddrSpec, mode: 'add' | 'change' | 'replace' = 'add'): void => {
  const inDev = inDevOf(dev)
  const context = { dev: dev.name, address: formatIpv4(spec.local), prefixLen: spec.prefixLen }
  if (inDev === null) throw new NetloomError('ENOBUFS', undefined, context)
  if (!(spec.prefixLen >= 0 && spec.prefixLen <= 32))
    throw extackError('EINVAL', 'ipv4: Invalid prefix length', context)
  checkLifetimes(spec)
  inDev.conf.setAll()
  if (spec.local === 0) return
  const found = find(inDev.ifaList, spec)
  if (found !== undefined && mode !== 'add') return change(found, spec)
  if (found !== undefined) throw extackError('EEXIST', 'ipv4: Address already assigned', context)
  const autojoin = ((spec.flags ?? 0) & IFA_F_MCAUTOJOIN) !== 0
  if (autojoin && !isMulticast4(spec.local)) throw extackError('EINVAL', 'ipv4: Multicast auto join failed', context)
  const ifa = new IfAddr(
    inDev,
    spec.local,
    spec.peer ?? spec.local,
    spec.prefixLen,
    spec.broadcast ?? 0,
    spec.scope ?? RT_SCOPE_UNIVERSE,
    spec.label ?? dev.name,
    spec.flags ?? 0,
    spec.metric ?? 0,
  )
  ifa.cstampNs = dev.netns.world.now
  if (autojoin) ipMcJoin(dev, spec.local)
  inetInsertIfa(ifa, fibInetaddrNotifier)
  setLifetimes(ifa, spec.validLft ?? -1, spec.preferredLft ?? -1)
}

/** Deletes an address (and its secondaries). Throws EADDRNOTAVAIL `ipv4: Address not found`. */
export const addrDel = (
  dev: NetDevice,
  spec: { local: number; prefixLen?: number; peer?: number; label?: string },
): void => {
  const inDev = inDevOf(dev)
  const ifa = inDev?.ifaList.find(
    a =>
      a.local === spec.local &&
      (spec.label === undefined || a.label === spec.label) &&
      (spec.prefixLen === undefined ||
        (a.prefixLen === spec.prefixLen && (spec.peer === undefined || a.address === spec.peer))),
  )
  if (ifa === undefined)
    throw extackError('EADDRNOTAVAIL', 'ipv4: Address not found', { dev: dev.name, address: formatIpv4(spec.local) })
  if (ifa.flags & IFA_F_MCAUTOJOIN) ipMcLeave(dev, ifa.local)
  inetDelIfa(ifa, fibInetaddrNotifier)
}

const left = (ifa: IfAddr, seconds: number): number => {
  // An address that never ends is shown as preferred for ever too, even when it is deprecated.
  if (seconds < 0 || ifa.flags & IFA_F_PERMANENT) return -1
  const age = Math.floor((ifa.inDev.dev.netns.world.now - ifa.tstampNs) / NSEC_PER_SEC)
  return Math.max(0, seconds - age)
}

/** Addresses of a namespace or of one device, in the kernel's order. */
export const addrList = (netns: Netns, dev: NetDevice | null = null): AddrInfo[] =>
  netns.devices
    .filter(d => dev === null || d === dev)
    .flatMap(d => inDevOf(d)?.ifaList ?? [])
    .map(ifa => ({
      dev: ifa.inDev.dev,
      local: ifa.local,
      address: ifa.address,
      prefixLen: ifa.prefixLen,
      broadcast: ifa.broadcast,
      scope: ifa.scope,
      label: ifa.label,
      flags: ifa.flags,
      validLft: left(ifa, ifa.validLft),
      preferredLft: left(ifa, ifa.preferredLft),
      metric: ifa.metric,
      proto: ifa.proto,
    }))

/** True when the address is a secondary one. */
export const isSecondary = (a: AddrInfo): boolean => (a.flags & IFA_F_SECONDARY) !== 0
