/**
 * Groups of a socket: joining and leaving them, from whom it wants to hear, and which packets that lets through.
 *
 * @see net/ipv4/igmp.c ip_mc_join_group, ip_mc_source, ip_mc_msfilter, ip_mc_sf_allow; RFC 3376 3.1, RFC 3678
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { NetloomError } from '../errors.js'
import { formatIpv4, isMulticast4 } from '../wire/ip.js'
import { ipMcJoin, ipMcLeave } from './igmp.js'
import { ipMcAddSrc, ipMcDelSrc } from './igmp-src.js'
import { type InDevice, inDevOf } from './in-device.js'
import { ipv4 } from './ipv4.js'
import { MCAST_EXCLUDE, MCAST_INCLUDE } from './mc-list.js'
import { ipRouteOutput } from './route.js'

/** A group that a socket has joined (struct ip_mc_socklist). */
interface Membership {
  readonly addr: number
  readonly dev: NetDevice
  sfmode: number
  /** Sources of the filter; null while none was ever named. */
  sources: number[] | null
}

/** The groups of one socket, the last one first. */
export class McMemberships {
  readonly #netns: Netns
  readonly #list: Membership[] = []

  constructor(netns: Netns) {
    this.#netns = netns
  }

  /** The device that a call means: `dev`, or the one that the route to the group leads to (ip_mc_find_dev). */
  #device(addr: number, dev: NetDevice | null): InDevice {
    if (!isMulticast4(addr)) throw new NetloomError('EINVAL', undefined, { address: formatIpv4(addr) })
    const { fib } = ipv4(this.#netns)
    const on = dev ?? ipRouteOutput(this.#netns, fib.flow.reset(addr, 0, 0))?.dev ?? null
    const inDev = on === null ? null : inDevOf(on)
    if (inDev === null) throw new NetloomError('ENODEV', undefined, { group: formatIpv4(addr) })
    return inDev
  }

  #find(addr: number, dev: NetDevice): Membership | undefined {
    return this.#list.find(m => m.addr === addr && m.dev === dev)
  }

  /**
   * Joins a group, in exclude mode for all sources, in include mode for none yet (ip_mc_join_group). Throws EINVAL, ENODEV,
   * EADDRINUSE, ENOBUFS beyond igmp_max_memberships.
   */
  join(addr: number, on: NetDevice | null, mode: number = MCAST_EXCLUDE): void {
    const { dev } = this.#device(addr, on)
    if (this.#find(addr, dev) !== undefined)
      throw new NetloomError('EADDRINUSE', undefined, { group: formatIpv4(addr) })
    if (this.#list.length >= ipv4(this.#netns).sysctls.igmpMaxMemberships)
      throw new NetloomError('ENOBUFS', undefined, { memberships: this.#list.length })
    this.#list.unshift({ addr, dev, sfmode: mode, sources: null })
    ipMcJoin(dev, addr, mode)
  }

  /** Leaves a group with its sources (ip_mc_leave_group). Throws EADDRNOTAVAIL, EINVAL, ENODEV. */
  leave(addr: number, on: NetDevice | null): void {
    const { dev } = this.#device(addr, on)
    const m = this.#find(addr, dev)
    if (m === undefined) throw new NetloomError('EADDRNOTAVAIL', undefined, { group: formatIpv4(addr) })
    this.#end(m)
  }

  #end(m: Membership): void {
    this.#list.splice(this.#list.indexOf(m), 1)
    const inDev = inDevOf(m.dev)
    if (inDev === null || !m.dev.registered) return
    ipMcDelSrc(inDev, m.addr, m.sfmode, m.sources ?? [], false)
    ipMcLeave(m.dev, m.addr)
  }

  /** Leaves all (ip_mc_drop_socket). */
  drop(): void {
    for (const m of [...this.#list]) this.#end(m)
  }

  /** Joins a group for one more source (IP_ADD_SOURCE_MEMBERSHIP). */
  joinSource(addr: number, source: number, on: NetDevice | null): void {
    const inDev = this.#device(addr, on)
    if (this.#find(addr, inDev.dev) === undefined) this.join(addr, inDev.dev, MCAST_INCLUDE)
    this.addSource(MCAST_INCLUDE, addr, source, on)
  }

  /** The membership whose filter of a mode is to be changed; an empty filter takes the mode over. */
  #filtered(mode: number, addr: number, inDev: InDevice): Membership {
    const m = this.#find(addr, inDev.dev)
    if (m === undefined || (m.sources !== null && m.sfmode !== mode))
      throw new NetloomError('EINVAL', undefined, { group: formatIpv4(addr) })
    if (m.sfmode !== mode) {
      ipMcAddSrc(inDev, addr, mode, [], false)
      ipMcDelSrc(inDev, addr, m.sfmode, [], false)
      m.sfmode = mode
    }
    return m
  }

  /**
   * Adds a source to the filter of a mode: one to hear, or one to block (ip_mc_source). Throws EINVAL when the group was
   * not joined or is filtered in the other mode, EADDRNOTAVAIL for one that is there, ENOBUFS beyond igmp_max_msf.
   */
  addSource(mode: number, addr: number, source: number, on: NetDevice | null): void {
    const inDev = this.#device(addr, on)
    const m = this.#filtered(mode, addr, inDev)
    const sources = m.sources ?? []
    if (m.sources !== null && sources.length >= ipv4(this.#netns).sysctls.igmpMaxMsf)
      throw new NetloomError('ENOBUFS', undefined, { sources: sources.length })
    m.sources = sources
    if (sources.includes(source))
      throw new NetloomError('EADDRNOTAVAIL', undefined, { source: formatIpv4(source), group: formatIpv4(addr) })
    sources.push(source)
    ipMcAddSrc(inDev, addr, mode, [source], true)
  }

  /**
   * Takes a source out of the filter of a mode (ip_mc_source); without its last source an include filter leaves the group.
   * Throws EADDRNOTAVAIL for one that is not there, EINVAL as {@link addSource} does.
   */
  delSource(mode: number, addr: number, source: number, on: NetDevice | null): void {
    const inDev = this.#device(addr, on)
    const m = this.#filtered(mode, addr, inDev)
    const at = m.sources?.indexOf(source) ?? -1
    if (m.sources === null || at < 0)
      throw new NetloomError('EADDRNOTAVAIL', undefined, { source: formatIpv4(source), group: formatIpv4(addr) })
    if (m.sources.length === 1 && mode === MCAST_INCLUDE) return this.#end(m)
    ipMcDelSrc(inDev, addr, mode, [source], true)
    m.sources.splice(at, 1)
  }

  /**
   * Sets a filter as a whole (ip_mc_msfilter); including nobody leaves the group. Throws EINVAL when the group was not
   * joined, ENOBUFS beyond igmp_max_msf.
   */
  setFilter(mode: number, addr: number, sources: readonly number[], on: NetDevice | null): void {
    const inDev = this.#device(addr, on)
    if (sources.length > ipv4(this.#netns).sysctls.igmpMaxMsf)
      throw new NetloomError('ENOBUFS', undefined, { sources: sources.length })
    if (mode === MCAST_INCLUDE && sources.length === 0) return this.leave(addr, on)
    const m = this.#find(addr, inDev.dev)
    if (m === undefined) throw new NetloomError('EINVAL', undefined, { group: formatIpv4(addr) })
    ipMcAddSrc(inDev, addr, mode, sources, false)
    ipMcDelSrc(inDev, addr, m.sfmode, m.sources ?? [], false)
    m.sources = sources.length === 0 ? null : [...sources]
    m.sfmode = mode
  }

  /** The filter of a group (ip_mc_msfget). Throws EADDRNOTAVAIL when the group was not joined. */
  filter(addr: number, on: NetDevice | null): { readonly mode: number; readonly sources: readonly number[] } {
    const m = this.#find(addr, this.#device(addr, on).dev)
    if (m === undefined) throw new NetloomError('EADDRNOTAVAIL', undefined, { group: formatIpv4(addr) })
    return { mode: m.sfmode, sources: [...(m.sources ?? [])] }
  }

  /**
   * May the socket have what `saddr` sent to `daddr` and came in by `ifindex` (ip_mc_sf_allow)? `all`: groups that other
   * sockets have joined, too (IP_MULTICAST_ALL).
   */
  allows(daddr: number, saddr: number, ifindex: number, all: boolean): boolean {
    if (!isMulticast4(daddr)) return true
    for (let i = 0; i < this.#list.length; i++) {
      const m = this.#list[i]!
      if (m.addr !== daddr || m.dev.ifindex !== ifindex) continue
      if (m.sources === null) return m.sfmode === MCAST_EXCLUDE
      return m.sources.includes(saddr) === (m.sfmode === MCAST_INCLUDE)
    }
    return all
  }
}
