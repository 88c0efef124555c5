/**
 * The routing tables of a namespace, and the order in which a lookup walks them.
 *
 * `local` and `main` are one table as long as nobody touches the rules; the first change of them takes the two apart, for
 * good (fib_unmerge).
 *
 * @see net/ipv4/fib_frontend.c fib_new_table, include/net/ip_fib.h fib_lookup
 */
import { errnoNumber } from '../errors.js'
import { FibRules } from './fib-rules.js'
import { type FibAlias, FibResult, FibTable, Flow4 } from './fib-table.js'
import { RT_TABLE_DEFAULT, RT_TABLE_LOCAL, RT_TABLE_MAIN, RT_TABLE_UNSPEC } from './rtnetlink.js'

const EAGAIN = errnoNumber('EAGAIN')
const ENETUNREACH = errnoNumber('ENETUNREACH')

/** Tables are kept in this many lists, by the lowest bits of their number (FIB_TABLE_HASHSZ). */
const HASH_MASK = 255

/** The tables of a namespace. */
export class Fib {
  readonly #main: FibTable = new FibTable(RT_TABLE_MAIN)
  /** Tables by number, in the order in which they were made. `main` and `local` appear with their first use. */
  readonly #tables: Map<number, FibTable> = new Map()
  /** Which table is looked up for what (`ip rule`). */
  readonly rules: FibRules = new FibRules()
  /** The table `default`, or null while there is none; the lookup reads it for every packet that `main` has no route for. */
  #default: FibTable | null = null
  /** Result of the last lookup for a packet. */
  readonly res: FibResult = new FibResult()
  /** Result of the last lookup of the way back. */
  readonly backRes: FibResult = new FibResult()
  /** Request object for the layers' own use; valid until the next call that may look up. */
  readonly flow: Flow4 = new Flow4()

  /** The table with this number, or null; `local` and `main` may be one. 0 is `main`. */
  get(table: number): FibTable | null {
    return this.#tables.get(table === RT_TABLE_UNSPEC ? RT_TABLE_MAIN : table) ?? null
  }

  /** The table with this number, made when there is none (fib_new_table). */
  make(table: number): FibTable {
    const id = table === RT_TABLE_UNSPEC ? RT_TABLE_MAIN : table
    const found = this.#tables.get(id)
    if (found !== undefined) return found
    if (id === RT_TABLE_LOCAL && !this.rules.custom) this.make(RT_TABLE_MAIN)
    const isMain = id === RT_TABLE_MAIN || (id === RT_TABLE_LOCAL && !this.rules.custom)
    const made = isMain ? this.#main : new FibTable(id)
    this.#tables.set(id, made)
    if (id === RT_TABLE_DEFAULT) this.#default = made
    return made
  }

  /** Takes `local` and `main` apart, if they are one (fib_unmerge). */
  unmerge(): void {
    if (this.#tables.get(RT_TABLE_LOCAL) !== this.#main) return
    const local = new FibTable(RT_TABLE_LOCAL)
    for (const alias of this.#main.list())
      if (alias.table === RT_TABLE_LOCAL) {
        this.#main.remove(alias)
        local.append(alias)
      }
    this.#tables.set(RT_TABLE_LOCAL, local)
  }

  /** The lowest number from 1 that no table has, and the table with it (fib_empty_table). */
  makeEmpty(): number {
    let id = 1
    while (this.#tables.has(id)) id++
    this.make(id)
    return id
  }

  /** Numbers of the tables that exist, in the order of the kernel's dump: by their lowest eight bits, newer ones first. */
  tables(): number[] {
    const newestFirst = [...this.#tables.keys()].reverse()
    return newestFirst.sort((a, b) => (a & HASH_MASK) - (b & HASH_MASK))
  }

  /** Routes of one table in the order of the kernel's dump. */
  list(table: number): FibAlias[] {
    return (this.get(table)?.list() ?? []).filter(a => a.table === table)
  }

  /** Every route of the namespace. */
  all(): FibAlias[] {
    return this.tables().flatMap(t => this.list(t))
  }

  /**
   * True when source, destination and device of a packet that comes in decide about its route, so that the answer may
   * be remembered for them: no route and no rule looks at anything else.
   */
  get isAddressed(): boolean {
    if (this.#main.looksAtTos || (this.#default?.looksAtTos ?? false)) return false
    return !this.rules.custom || (!this.rules.looksBeyondAddresses && !this.#anyLooksAtTos())
  }

  #anyLooksAtTos(): boolean {
    for (const table of this.#tables.values()) if (table.looksAtTos) return true
    return false
  }

  /** Looks a destination up (fib_lookup): 0 with `res` filled, or a negative errno. */
  lookup(fl: Flow4, flags: number, res: FibResult = this.res): number {
    if (this.rules.custom) return this.rules.lookup(fl, flags, this, res)
    let err = this.#main.lookup(fl, flags, res)
    if (err !== -EAGAIN) return err
    if (this.#default !== null) err = this.#default.lookup(fl, flags, res)
    return err === -EAGAIN ? -ENETUNREACH : err
  }
}
