/**
 * Leases: keys that are attached to one go when it is revoked or when its time is over. Who is over is looked for twice a
 * second.
 *
 * Left out: checkpoints of the remaining time (off unless asked for in 3.4).
 *
 * @see etcd lease/lessor.go
 */
import type { Int64 } from '../octets.js'
import { ProgramTimer } from '../../app/program-timer.js'
import type { World } from '../../core/world.js'
import { ms, NSEC_PER_SEC } from '../../sim/time.js'
import { etcdError } from '../rpctypes.js'

/** No lease. */
export const NO_LEASE: Int64 = 0
/** Longest TTL in seconds. */
export const MAX_LEASE_TTL = 9_000_000_000
/** Shortest TTL in seconds: one and a half election timeouts of a second, rounded up. */
export const MIN_LEASE_TTL = 2

const CHECK_INTERVAL_NS = ms(500)
/** Leases that one look finds over at most. */
const REVOKE_LIMIT = 500

/** A lease. */
export class Lease {
  readonly id: Int64
  /** Seconds it was granted for. */
  readonly ttl: number
  /** Keys attached to it. */
  readonly keys: Set<string> = new Set()
  /** Virtual time at which it is over. */
  expiryNs: number = Number.POSITIVE_INFINITY
  /** Who waits for it to be revoked. */
  readonly waiters: (() => void)[] = []

  constructor(id: Int64, ttl: number) {
    this.id = id
    this.ttl = ttl
  }

  /** Its keys in order. */
  sortedKeys(): string[] {
    return [...this.keys].sort()
  }
}

/** All leases of a member. */
export class Lessor {
  readonly #world: World
  readonly #startNs: number
  readonly #timer: ProgramTimer<Lessor>
  readonly #leases = new Map<Int64, Lease>()
  readonly #leaseOfKey = new Map<string, Lease>()
  /** Only the leader counts time: before {@link promote} nothing is ever over. */
  #isPrimary = false
  /** Time that the timer is set for: no lease is over before it. */
  #armedFor = Number.POSITIVE_INFINITY
  /** Revokes a lease that is over. */
  onExpired: ((id: Int64) => void) | null = null

  constructor(world: World, label: string) {
    this.#world = world
    this.#startNs = world.now
    this.#timer = new ProgramTimer<Lessor>(world, revokeExpired, this, `${label}: leases`)
  }

  /** Grants a lease for `ttl` seconds. Throws ErrLeaseNotFound for id 0, ErrLeaseExist, ErrLeaseTTLTooLarge. */
  grant(id: Int64, ttl: number): Lease {
    if (id === NO_LEASE) throw etcdError('ErrLeaseNotFound')
    if (ttl > MAX_LEASE_TTL) throw etcdError('ErrLeaseTTLTooLarge')
    if (this.#leases.has(id)) throw etcdError('ErrLeaseExist')
    const lease = new Lease(id, Math.max(ttl, MIN_LEASE_TTL))
    this.#leases.set(id, lease)
    if (this.#isPrimary) this.#refresh(lease, 0)
    return lease
  }

  /** The lease, or undefined. */
  lookup(id: Int64): Lease | undefined {
    return this.#leases.get(id)
  }

  /** Forgets a lease whose keys are deleted. */
  remove(lease: Lease): void {
    this.#leases.delete(lease.id)
    for (const wake of lease.waiters.splice(0)) wake()
  }

  /**
   * Gives a lease its whole time again and tells `done` its seconds; null when there is none. A lease that is over is about
   * to be revoked: `done` hears null when it is.
   */
  renew(id: Int64, done: (ttl: number | null) => void): void {
    const lease = this.#leases.get(id)
    if (lease === undefined) return done(null)
    if (lease.expiryNs <= this.#world.now) {
      lease.waiters.push(() => done(null))
      return
    }
    this.#refresh(lease, 0)
    done(lease.ttl)
  }

  /**
   * Whole seconds that a lease has left.
   *
   * DIFFERS: here work takes no time, so a lease may be asked about in the very instant in which it was granted; it then has
   * a second less as always in etcd, where a little time has passed.
   */
  remainingSec(lease: Lease): number {
    const leftNs = lease.expiryNs - this.#world.now
    return leftNs > 0 ? Math.ceil(leftNs / NSEC_PER_SEC) - 1 : Math.ceil(leftNs / NSEC_PER_SEC) + 0
  }

  /** Leases in the order in which they will be over. */
  leases(): Lease[] {
    return [...this.#leases.values()].sort((a, b) => a.expiryNs - b.expiryNs)
  }

  /** Attaches a key to a lease that exists. */
  attach(id: Int64, key: string): void {
    const lease = this.#leases.get(id)
    if (lease === undefined) throw etcdError('ErrLeaseNotFound')
    lease.keys.add(key)
    this.#leaseOfKey.set(key, lease)
  }

  /** Takes a key from its lease, if it has one. */
  detach(key: string): void {
    const lease = this.#leaseOfKey.get(key)
    if (lease === undefined) return
    lease.keys.delete(key)
    this.#leaseOfKey.delete(key)
  }

  /** The member leads: from now on time counts, and all leases have their whole time and `extendNs`. */
  promote(extendNs: number): void {
    this.#isPrimary = true
    for (const lease of this.#leases.values()) this.#refresh(lease, extendNs)
  }

  /** Ends it. */
  stop(): void {
    this.#timer.stop()
  }

  #refresh(lease: Lease, extendNs: number): void {
    lease.expiryNs = this.#world.now + lease.ttl * NSEC_PER_SEC + extendNs
    if (lease.expiryNs < this.#armedFor) this.#arm(lease.expiryNs)
  }

  /** Sets the timer to the look that finds out about a lease that is over at `expiryNs`. */
  #arm(expiryNs: number): void {
    this.#armedFor = expiryNs
    if (expiryNs === Number.POSITIVE_INFINITY) return this.#timer.stop()
    const sinceStart = Math.max(expiryNs, this.#world.now + 1) - this.#startNs
    this.#timer.set(this.#startNs + Math.ceil(sinceStart / CHECK_INTERVAL_NS) * CHECK_INTERVAL_NS - this.#world.now, {
      idle: true,
    })
  }

  /** @internal */
  revokeExpiredLeases(): void {
    const now = this.#world.now
    let n = 0
    for (const lease of this.leases()) {
      if (lease.expiryNs > now || n++ === REVOKE_LIMIT) break
      this.onExpired?.(lease.id)
    }
    let first = Number.POSITIVE_INFINITY
    for (const { expiryNs } of this.#leases.values()) if (expiryNs < first) first = expiryNs
    this.#arm(first)
  }
}

const revokeExpired = (lessor: Lessor): void => lessor.revokeExpiredLeases()
