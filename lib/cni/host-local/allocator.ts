/**
 * Chooses addresses: one from each set of ranges, round robin from the last one that was given out.
 *
 * @see plugins v0.9.1 plugins/ipam/host-local/backend/allocator/allocator.go
 */
import { formatIpv4 } from '../../wire/ip.js'
import { GoError } from '../../app/go-error.js'
import { nextIp } from '../ip-net.js'
import type { CniIp } from '../result.js'
import { type Range, rangeContains, rangeFor, type RangeSet, rangeSetContains, rangeSetText } from './range.js'
import type { Store } from './store.js'

/** The addresses of a set in the order in which they are tried, without gateways. */
function* candidates(set: RangeSet, last: number | null): Generator<readonly [number, Range]> {
  const begun = last === null ? -1 : set.findIndex(r => rangeContains(r, last))
  let at = Math.max(begun, 0)
  let cur = begun < 0 ? null : last
  let first = ''
  for (;;) {
    let range = set[at]!
    if (cur === null) cur = range.rangeStart
    else if (cur === range.rangeEnd) {
      at = (at + 1) % set.length
      range = set[at]!
      cur = range.rangeStart
    } else cur = nextIp(cur)
    const place = `${at} ${cur}`
    // DIFFERS: host-local 0.9.1 never ends when it begins at the end of a range of several and finds nothing; ours goes round once.
    if (place === first) return
    if (first === '') first = place
    if (cur !== range.gateway) yield [cur, range]
  }
}

/** One set of ranges with what is given out of it. */
export class IpAllocator {
  readonly #set: RangeSet
  readonly #store: Store
  readonly #rangeId: number

  constructor(set: RangeSet, store: Store, rangeId: number) {
    this.#set = set
    this.#store = store
    this.#rangeId = rangeId
  }

  /** Gives a device of a container an address, the one asked for where that is not null. Throws GoError. */
  get(id: string, ifName: string, requested: number | null): CniIp {
    const [ip, range] = requested === null ? this.#next(id, ifName) : this.#requested(id, ifName, requested)
    return { version: '4', interface: null, address: { ip, len: range.subnet.len }, gateway: range.gateway }
  }

  /** Takes back what a device of a container has. */
  release(id: string, ifName: string): void {
    this.#store.releaseById(id, ifName)
  }

  #requested(id: string, ifName: string, ip: number): readonly [number, Range] {
    const range = rangeFor(this.#set, ip)
    const text = formatIpv4(ip)
    if (ip === range.gateway) throw new GoError(`requested ip ${text} is subnet's gateway`)
    if (!this.#store.reserve(id, ifName, ip, this.#rangeId))
      throw new GoError(`requested IP address ${text} is not available in range set ${rangeSetText(this.#set)}`)
    return [ip, range]
  }

  #next(id: string, ifName: string): readonly [number, Range] {
    for (const ip of this.#store.getById(id, ifName))
      if (rangeSetContains(this.#set, ip))
        throw new GoError(`${formatIpv4(ip)} has been allocated to ${id}, duplicate allocation is not allowed`)
    const last = this.#store.lastReservedIp(this.#rangeId)
    for (const [ip, range] of candidates(this.#set, last))
      if (this.#store.reserve(id, ifName, ip, this.#rangeId)) return [ip, range]
    throw new GoError(`no IP addresses available in range set: ${rangeSetText(this.#set)}`)
  }
}
