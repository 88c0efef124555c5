/**
 * Routing tables: longest prefix match over the tables `local` and `main`, which the kernel keeps in one trie as long as
 * nobody adds rules, then `default`; other tables are stored for `ip rule`.
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
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
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

/** The TOS bits that routes tell apart. */
const IPTOS_RT_MASK = 0x1c

const EAGAIN = errnoNumber('EAGAIN')
const ENETUNREACH = errnoNumber('ENETUNREACH')

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
  table = 0
  tos = 0
  info: FibInfo | null = null
  nh: FibNh | null = null
}

/** What a lookup is asked for. One object for each namespace is reused. */
export class Flow4 {
  daddr = 0
  saddr = 0
  /** ifindex that the route must leave by, 0 for any. */
  oif = 0
  scope = 0
  tos = 0
  proto = 0
  mark = 0
  /** Any source address is fine (transparent sockets, replies to broadcasts). */
  anySrc = false

  reset(daddr: number, saddr: number, oif: number): this {
    this.daddr = daddr
    this.saddr = saddr
    this.oif = oif
    this.scope = 0
    this.tos = 0
    this.proto = 0
    this.mark = 0
    this.anySrc = false
    return this
  }
}

/** One table, or the pair `local` and `main` in one. */
export class FibTable {
  /** Routes by prefix, for each prefix length. */
  readonly #byLen: (Map<number, FibAlias[]> | null)[] = new Array<null>(33).fill(null)
  /** Routes that are for one TOS only. */
  #tosRoutes = 0
  /** Prefix lengths in use, longest first, with their masks. */
  #lens: number[] = []
  #masks: number[] = []

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
        const err = matchAlias(list[j]!, fl, flags, res)
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
const matchAlias = (alias: FibAlias, fl: Flow4, flags: number, res: FibResult): number => {
  const info = alias.info
  if (!fitsTos(alias, fl)) return 1
  if (info.dead || info.scope < fl.scope) return 1
  const error = fibPropsError[alias.type]!
  if (error !== 0) {
    res.type = alias.type
    res.table = alias.table
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
    res.table = alias.table
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

/** The tables of a namespace. */
export class Fib {
  readonly #main = new FibTable()
  readonly #others = new Map<number, FibTable>()
  /** Result of the last lookup. */
  readonly res: FibResult = new FibResult()
  /** Request object for the layers' own use; valid until the next call that may look up. */
  readonly flow: Flow4 = new Flow4()

  /** The table with this number, or null; `local` and `main` are one. */
  get(table: number): FibTable | null {
    if (table === RT_TABLE_MAIN || table === RT_TABLE_LOCAL) return this.#main
    return this.#others.get(table) ?? null
  }

  /** The table with this number, made when there is none (fib_new_table). */
  make(table: number): FibTable {
    const found = this.get(table)
    if (found !== null) return found
    const made = new FibTable()
    this.#others.set(table, made)
    return made
  }

  /** Numbers of the tables that exist, ascending: the order of the kernel's dump. */
  tables(): number[] {
    return [...this.#others.keys(), RT_TABLE_MAIN, RT_TABLE_LOCAL].sort((a, b) => a - b)
  }

  /** Routes of one table in the order of the kernel's dump. */
  list(table: number): FibAlias[] {
    return (this.get(table)?.list() ?? []).filter(a => a.table === table)
  }

  /** Every route of the namespace. */
  all(): FibAlias[] {
    return this.tables().flatMap(t => this.list(t))
  }

  /** True when the TOS of a packet may decide about its route. */
  get looksAtTos(): boolean {
    return this.#main.looksAtTos || (this.#others.get(RT_TABLE_DEFAULT)?.looksAtTos ?? false)
  }

  /** Looks a destination up (fib_lookup): 0 with {@link res} filled, or a negative errno. */
  lookup(fl: Flow4, flags: number): number {
    let err = this.#main.lookup(fl, flags, this.res)
    if (err !== -EAGAIN) return err
    const last = this.#others.get(RT_TABLE_DEFAULT)
    if (last !== undefined) err = last.lookup(fl, flags, this.res)
    return err === -EAGAIN ? -ENETUNREACH : err
  }
}
