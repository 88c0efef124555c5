/**
 * The match `recent`: lists of addresses that were seen, and when. Rules that give the same name share one list.
 *
 * @see net/netfilter/xt_recent.c
 */
import { type Netns, netnsSlot, type NetnsSlot } from '../../core/netns.js'
import type { Skb } from '../../core/skb.js'
import { HZ, NSEC_PER_JIFFY } from '../../sim/timer.js'
import { ipv4Daddr, ipv4Saddr, ipv4Ttl } from '../../wire/ipv4.js'
import { type XtActionParam, type XtMatch, xtMatch, xtRefuse } from '../x-tables.js'
import { checkProcName } from '../xt-proc-name.js'

export const XT_RECENT_CHECK = 0x01
export const XT_RECENT_SET = 0x02
export const XT_RECENT_UPDATE = 0x04
export const XT_RECENT_REMOVE = 0x08
export const XT_RECENT_TTL = 0x10
export const XT_RECENT_REAP = 0x20

/** What belongs to a rule (struct xt_recent_mtinfo_v1). */
export interface XtRecentInfo {
  readonly seconds: number
  readonly hitCount: number
  /** XT_RECENT_*. */
  readonly checkSet: number
  readonly invert: boolean
  readonly name: string
  readonly side: 'source' | 'dest'
  /** Mask of the addresses, int32; that of the rule that made the list counts. */
  readonly mask: number
}

/** Addresses that a list holds at most: the one seen longest ago makes room (ip_list_tot). */
const IP_LIST_TOT = 100
const MAX_NSTAMPS = 65536
const DEFAULT_NSTAMPS = 32

/** An address (struct recent_entry). */
class Entry {
  readonly addr: number
  ttl: number
  /** Where the next time goes. */
  index = 1
  /** Ticks at which it was seen, a ring. */
  readonly stamps: number[]
  constructor(addr: number, ttl: number, now: number) {
    this.addr = addr
    this.ttl = ttl
    this.stamps = [now]
  }
}

/** A list (struct recent_table). */
class RecentTable {
  readonly mask: number
  refcnt = 1
  /** Entries by address, the one that was touched longest ago first. */
  readonly #entries = new Map<number, Entry>()
  #nstampsMask: number

  constructor(mask: number, nstampsMask: number) {
    this.mask = mask
    this.#nstampsMask = nstampsMask
  }

  /** One more rule; when it needs more times for each address than are kept, all are forgotten. */
  get(nstampsMask: number): void {
    this.refcnt++
    if (nstampsMask <= this.#nstampsMask) return
    this.#entries.clear()
    this.#nstampsMask = nstampsMask
  }

  /** The entry of an address; one with another TTL is none, unless either is 0 (recent_entry_lookup). */
  lookup(addr: number, ttl: number): Entry | null {
    const e = this.#entries.get(addr)
    return e === undefined || (ttl !== e.ttl && ttl !== 0 && e.ttl !== 0) ? null : e
  }

  add(addr: number, ttl: number, now: number): void {
    if (this.#entries.size >= IP_LIST_TOT) this.remove(this.#entries.values().next().value!)
    // An entry that a TTL kept from being found gives way: the kernel would have two of them.
    this.#entries.delete(addr)
    this.#entries.set(addr, new Entry(addr, ttl, now))
  }

  update(e: Entry, ttl: number, now: number): void {
    e.index &= this.#nstampsMask
    e.stamps[e.index++] = now
    e.ttl = ttl
    this.#entries.delete(e.addr)
    this.#entries.set(e.addr, e)
  }

  remove(e: Entry): void {
    this.#entries.delete(e.addr)
  }

  /** Takes the oldest entry away when it was not seen since `time`, unless it is about to be updated. */
  reap(time: number, working: Entry | null): void {
    const oldest = this.#entries.values().next().value
    if (oldest !== undefined && oldest !== working && oldest.stamps[oldest.index - 1]! < time) this.remove(oldest)
  }
}

const TABLES: NetnsSlot<Map<string, RecentTable>> = netnsSlot('xt_recent', () => new Map())

interface Recent extends XtRecentInfo {
  readonly table: RecentTable
  readonly netns: Netns
}

const refuse = (why: string): never => xtRefuse('EINVAL', 'recent', why)

const OPERATIONS = XT_RECENT_SET | XT_RECENT_REMOVE | XT_RECENT_CHECK | XT_RECENT_UPDATE

const check = ({ checkSet, seconds, hitCount, name }: XtRecentInfo): void => {
  const op = checkSet & OPERATIONS
  if (op === 0 || (op & (op - 1)) !== 0) refuse('one operation is needed')
  const modifiers = seconds !== 0 || hitCount !== 0 || (checkSet & (XT_RECENT_TTL | XT_RECENT_REAP)) !== 0
  if (checkSet & (XT_RECENT_SET | XT_RECENT_REMOVE) && modifiers) refuse('--set and --remove take no conditions')
  if (checkSet & XT_RECENT_REAP && seconds === 0) refuse('--reap needs --seconds')
  if (hitCount >= MAX_NSTAMPS) refuse(`hitcount (${hitCount}) is larger than allowed maximum (${MAX_NSTAMPS - 1})`)
  checkProcName('recent', name)
}

/** Was the address seen often enough, and recently enough? */
const isHit = (e: Entry, seconds: number, hitCount: number, time: number): boolean => {
  let hits = 0
  for (let i = 0; i < e.stamps.length; i++) {
    if (seconds !== 0 && e.stamps[i]! < time) continue
    if (hitCount === 0 || ++hits >= hitCount) return true
  }
  return false
}

const recentMt = (skb: Skb, par: XtActionParam, info: Recent): boolean => {
  const { table, checkSet, invert, seconds, netns } = info
  const { buf: b, networkHeader: nh } = skb
  const addr = (info.side === 'dest' ? ipv4Daddr(b, nh) : ipv4Saddr(b, nh)) & table.mask
  // As it was before this host forwarded the packet.
  const ttl = (ipv4Ttl(b, nh) + (par.state.outDev !== null && skb.sk === null ? 1 : 0)) & 0xff
  const now = Math.floor(netns.world.sim.now / NSEC_PER_JIFFY)
  const e = table.lookup(addr, checkSet & XT_RECENT_TTL ? ttl : 0)
  if (e === null) {
    if (!(checkSet & XT_RECENT_SET)) return invert
    table.add(addr, ttl, now)
    return !invert
  }
  let ret = invert
  if (checkSet & XT_RECENT_SET) ret = !ret
  else if (checkSet & XT_RECENT_REMOVE) {
    table.remove(e)
    return !ret
  } else {
    const time = now - seconds * HZ
    if (isHit(e, seconds, info.hitCount, time)) ret = !ret
    if (checkSet & XT_RECENT_REAP) table.reap(time, checkSet & XT_RECENT_UPDATE && ret ? e : null)
  }
  if (checkSet & XT_RECENT_SET || (checkSet & XT_RECENT_UPDATE && ret)) table.update(e, ttl, now)
  return ret
}

/** The match. */
export const recentMatch: XtMatch = xtMatch<XtRecentInfo, Recent>({
  name: 'recent',
  checkentry: ({ netns }, info) => {
    check(info)
    const { name, hitCount } = info
    const nstampsMask = (hitCount === 0 ? DEFAULT_NSTAMPS : 2 ** Math.ceil(Math.log2(hitCount))) - 1
    const tables = netns.slot(TABLES)
    let table = tables.get(name)
    if (table !== undefined) table.get(nstampsMask)
    else {
      table = new RecentTable(info.mask, nstampsMask)
      tables.set(name, table)
    }
    return { ...info, table, netns }
  },
  destroy: (netns, { table, name }) => {
    if (--table.refcnt === 0) netns.slot(TABLES).delete(name)
  },
  match: recentMt,
})
