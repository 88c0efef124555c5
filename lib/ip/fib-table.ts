/**
 * A routing table: longest prefix match. The tables of a namespace, and which is looked up when, are in fib.ts.
 *
 * A table is one Map for each prefix length in use. A host has two or three routes, a node of a cluster thousands, and
 * the number of lengths stays small in both.
 *
 * @see net/ipv4/fib_trie.c
 */
import { errnoNumber } from '../errors.js'
import type { NetDevice } from '../core/netdev.js'
import { maskOf } from '../wire/ip.js'
import { IGNORE_ROUTES_WITH_LINKDOWN, orConf } from './devconf.js'
import type { FibInfo, FibNh } from './fib-info.js'
import { inDevOf } from './in-device.js'
import { ipv4 } from './ipv4.js'
import {
  RTN_BLACKHOLE,
  RTN_MAX,
  RTN_NAT,
  RTN_PROHIBIT,
  RTN_THROW,
  RTN_UNREACHABLE,
  RTN_UNSPEC,
  RTNH_F_DEAD,
  RTNH_F_LINKDOWN,
} from './rtnetlink.js'

/** errno (positive) that a route type stands for, 0 for types that lead somewhere (fib_props). */
export const fibPropsError: readonly number[] = (() => {
  const errors = new Array<number>(RTN_MAX + 1).fill(0)
  errors[RTN_UNSPEC] = 0
  errors[RTN_BLACKHOLE] = errnoNumber('EINVAL')
  errors[RTN_UNREACHABLE] = errnoNumber('EHOSTUNREACH')
  errors[RTN_PROHIBIT] = errnoNumber('EACCES')
  errors[RTN_THROW] = errnoNumber('EAGAIN')
  errors[RTN_NAT] = errnoNumber('EINVAL')
  return errors
})()

/** Look at routes whose link is down too, whatever the device's ignore_routes_with_linkdown says. */
export const FIB_LOOKUP_IGNORE_LINKSTATE = 2

/** The TOS bits that routes and rules tell apart. */
export const IPTOS_RT_MASK = 0x1c

const EAGAIN = errnoNumber('EAGAIN')

/** One route of a prefix (struct fib_alias). */
export class FibAlias {
  readonly dst: number
  readonly len: number
  readonly tos: number
  readonly table: number
  type: number
  info: FibInfo
  /** Of several default routes: which one after this was taken last, -1 for none; see fib-default.ts. */
  chosen = -1

  constructor(dst: number, len: number, tos: number, table: number, type: number, info: FibInfo) {
    this.dst = dst
    this.len = len
    this.tos = tos
    this.table = table
    this.type = type
    this.info = info
  }
}

/** Result of a lookup; one object for each namespace, overwritten by the next lookup. */
export class FibResult {
  type = 0
  scope = 0
  prefixLen = 0
  /** The table that was searched: `main` for `local` too, while the two are one. 0 for none. */
  table = 0
  tos = 0
  info: FibInfo | null = null
  nh: FibNh | null = null

  /** Nothing was found, or nothing was looked for. */
  clear(): void {
    this.type = 0
    this.prefixLen = 0
    this.table = 0
    this.tos = 0
    this.info = null
    this.nh = null
  }
}

/** The ifindex of `lo` in every namespace. */
export const LOOPBACK_IFINDEX = 1

/** What a lookup is asked for. One object for each namespace is reused. */
export class Flow4 {
  daddr = 0
  saddr = 0
  /** ifindex that the route must leave by, 0 for any. */
  oif = 0
  /** ifindex of the device that it came in by; the loopback's for what this host sends. */
  iif: number = LOOPBACK_IFINDEX
  scope = 0
  tos = 0
  proto = 0
  mark = 0
  /** Ports in host order; for ICMP, `sport` is type and code. 0 when not known. */
  sport = 0
  dport = 0
  /** Who sends: the programs of a lab and the kernel are root, 0. */
  uid = 0
  /** Any source address is fine (transparent sockets, replies to broadcasts). */
  anySrc = false

  reset(daddr: number, saddr: number, oif: number): this {
    this.daddr = daddr
    this.saddr = saddr
    this.oif = oif
    this.iif = LOOPBACK_IFINDEX
    this.scope = 0
    this.tos = 0
    this.proto = 0
    this.mark = 0
    this.sport = 0
    this.dport = 0
    this.uid = 0
    this.anySrc = false
    return this
  }
}

/** One table, or the pair `local` and `main` in one. */
export class FibTable {
  /** Its number; of the pair that of `main`. */
  readonly id: number
  /** Routes by prefix, for each prefix length. */
  readonly #byLen: (Map<number, FibAlias[]> | null)[] = new Array<null>(33).fill(null)
  /** Routes that are for one TOS only. */
  #tosRoutes = 0
  /** Prefix lengths in use, longest first, with their masks. */
  #lens: number[] = []
  #masks: number[] = []

  constructor(id: number) {
    this.id = id
  }

  /** Routes of one prefix in the order of preference, or null. */
  find(dst: number, len: number): FibAlias[] | null {
    return this.#byLen[len]?.get(dst) ?? null
  }

  /** Puts a route in front of `before`, or where its table, TOS and priority place it. */
  insert(alias: FibAlias, before: FibAlias | null): void {
    if (alias.tos !== 0) this.#tosRoutes++
    let map = this.#byLen[alias.len]
    if (map == null) {
      map = new Map()
      this.#byLen[alias.len] = map
      this.#lens = [...this.#lens, alias.len].sort((a, b) => b - a)
      this.#masks = this.#lens.map(maskOf)
    }
    const list = map.get(alias.dst)
    if (list === undefined) {
      map.set(alias.dst, [alias])
      return
    }
    const at = before === null ? list.findIndex(a => comesBefore(alias, a)) : list.indexOf(before)
    if (at < 0) list.push(alias)
    else list.splice(at, 0, alias)
  }

  /** Puts a route behind all others of its prefix. */
  append(alias: FibAlias): void {
    const list = this.find(alias.dst, alias.len)
    if (list === null) return this.insert(alias, null)
    if (alias.tos !== 0) this.#tosRoutes++
    list.push(alias)
  }

  remove(alias: FibAlias): void {
    const map = this.#byLen[alias.len]
    const list = map?.get(alias.dst)
    if (map == null || list === undefined) return
    const left = list.filter(a => a !== alias)
    if (alias.tos !== 0) this.#tosRoutes -= list.length - left.length
    if (left.length > 0) map.set(alias.dst, left)
    else map.delete(alias.dst)
    if (map.size > 0) return
    this.#byLen[alias.len] = null
    this.#lens = this.#lens.filter(l => l !== alias.len)
    this.#masks = this.#lens.map(maskOf)
  }

  /** All routes, by prefix and the longest prefix first, as the kernel dumps them. */
  list(): FibAlias[] {
    const all: FibAlias[] = []
    for (const len of this.#lens) for (const list of this.#byLen[len]!.values()) all.push(...list)
    // Equal prefixes keep the order of their list: Array.prototype.sort is stable.
    return all.sort((a, b) => (a.dst >>> 0) - (b.dst >>> 0) || b.len - a.len)
  }

  /** True when it has no route. */
  get empty(): boolean {
    return this.#lens.length === 0
  }

  /** True when the TOS of a packet may decide about its route. */
  get looksAtTos(): boolean {
    return this.#tosRoutes > 0
  }

  /** Longest match (fib_table_lookup): fills `res` and returns 0, or a negative errno (-EAGAIN: none). */
  lookup(fl: Flow4, flags: number, res: FibResult): number {
    const lens = this.#lens
    for (let i = 0; i < lens.length; i++) {
      const list = this.#byLen[lens[i]!]!.get(fl.daddr & this.#masks[i]!)
      if (list === undefined) continue
      for (let j = 0; j < list.length; j++) {
        const err = matchAlias(list[j]!, this.id, fl, flags, res)
        if (err !== 1) return err
      }
    }
    return -EAGAIN
  }
}

const comesBefore = (a: FibAlias, b: FibAlias): boolean =>
  a.table !== b.table ? a.table > b.table : a.tos !== b.tos ? a.tos > b.tos : a.info.priority <= b.info.priority

/** True when a route is for every TOS, or for that of `fl` (fib_dscp_masked_match). */
export const fitsTos = (alias: FibAlias, fl: Flow4): boolean =>
  alias.tos === 0 || alias.tos === (fl.tos & IPTOS_RT_MASK)

/** 0 for a match, a negative errno for a route that stands for one, 1 for no match. */
const matchAlias = (alias: FibAlias, table: number, fl: Flow4, flags: number, res: FibResult): number => {
  const info = alias.info
  if (!fitsTos(alias, fl)) return 1
  if (info.dead || info.scope < fl.scope) return 1
  const error = fibPropsError[alias.type]!
  if (error !== 0) {
    res.type = alias.type
    res.table = table
    res.info = null
    res.nh = null
    return -error
  }
  if (info.flags & RTNH_F_DEAD) return 1
  for (let k = 0; k < info.nhs.length; k++) {
    const nh = info.nhs[k]!
    if (!usable(nh, fl.oif, flags)) continue
    res.type = alias.type
    res.scope = info.scope
    res.prefixLen = alias.len
    res.table = table
    res.tos = alias.tos
    res.info = info
    res.nh = nh
    return 0
  }
  return 1
}

const usable = (nh: FibNh, oif: number, flags: number): boolean => {
  if (nh.flags !== 0) {
    if (nh.flags & RTNH_F_DEAD) return false
    if (nh.flags & RTNH_F_LINKDOWN && !(flags & FIB_LOOKUP_IGNORE_LINKSTATE) && ignoresLinkdown(nh.dev)) return false
  }
  return oif === 0 || (nh.dev !== null && nh.dev.ifindex === oif)
}

/** True when routes by a device without link do not count (ip_ignore_linkdown). */
export const ignoresLinkdown = (dev: NetDevice | null): boolean => {
  const inDev = dev === null ? null : inDevOf(dev)
  return inDev !== null && orConf(ipv4(inDev.dev.netns).confAll, inDev.conf, IGNORE_ROUTES_WITH_LINKDOWN)
}
