/**
 * Ranges of addresses that host-local gives out, and sets of them.
 *
 * @see plugins v0.9.1 plugins/ipam/host-local/backend/allocator/range.go, range_set.go
 */
import { formatIpv4, maskOf } from '../../wire/ip.js'
import { GoError } from '../../app/go-error.js'
import { compareIp, type IpNet, ipNetText, isInNet, networkOf, nextIp } from '../ip-net.js'

/** A range as it is configured; null for what is absent. */
export interface RangeConfig {
  readonly subnet: IpNet | null
  readonly rangeStart: number | null
  readonly rangeEnd: number | null
  readonly gateway: number | null
}

/** A range with everything filled in. Both ends belong to it. */
export interface Range {
  readonly subnet: IpNet
  readonly rangeStart: number
  readonly rangeEnd: number
  readonly gateway: number
}

/** One address comes out of each set. */
export type RangeSet = readonly Range[]

/** Networks with fewer host bits have no address to give. */
const MAX_LEN = 30

const within = (subnet: IpNet, ip: number, start: number | null, end: number | null): boolean =>
  isInNet(subnet, ip) && (start === null || compareIp(ip, start) >= 0) && (end === null || compareIp(ip, end) <= 0)

/** Is an address in the subnet and between the first and the last one? */
export const rangeContains = (r: Range, ip: number): boolean => within(r.subnet, ip, r.rangeStart, r.rangeEnd)

/** `10.9.1.2-10.9.1.254`. */
export const rangeText = (r: Range): string => `${formatIpv4(r.rangeStart)}-${formatIpv4(r.rangeEnd)}`

/** The ranges of a set, with commas. */
export const rangeSetText = (set: RangeSet): string => set.map(rangeText).join(',')

const rangesOverlap = (a: Range, b: Range): boolean =>
  rangeContains(a, b.rangeStart) ||
  rangeContains(a, b.rangeEnd) ||
  rangeContains(b, a.rangeStart) ||
  rangeContains(b, a.rangeEnd)

/** Do two sets share an address? */
export const rangeSetsOverlap = (a: RangeSet, b: RangeSet): boolean => a.some(x => b.some(y => rangesOverlap(x, y)))

/** The range of a set that holds an address; throws GoError. */
export const rangeFor = (set: RangeSet, ip: number): Range => {
  const found = set.find(r => rangeContains(r, ip))
  if (found !== undefined) return found
  throw new GoError(`${formatIpv4(ip)} not in range set ${rangeSetText(set)}`)
}

/** Is an address in a range of the set? */
export const rangeSetContains = (set: RangeSet, ip: number): boolean => set.some(r => rangeContains(r, ip))

/** Fills in what is absent: the first address for gateway and start, the last but one for the end. Throws GoError. */
const canonicalizeRange = ({ subnet, rangeStart, rangeEnd, gateway }: RangeConfig): Range => {
  if (subnet === null) throw new GoError('IP <nil> not v4 nor v6')
  const text = ipNetText(subnet)
  if (subnet.len > MAX_LEN) throw new GoError(`Network ${text} too small to allocate from`)
  const network = networkOf(subnet).ip
  if (network !== subnet.ip)
    throw new GoError(
      `Network has host bits set. For a subnet mask of length ${subnet.len} the network address is ${formatIpv4(network)}`,
    )
  if (rangeStart !== null && !within(subnet, rangeStart, rangeStart, rangeEnd))
    throw new GoError(`RangeStart ${formatIpv4(rangeStart)} not in network ${text}`)
  const start = rangeStart ?? nextIp(network)
  if (rangeEnd !== null && !within(subnet, rangeEnd, start, rangeEnd))
    throw new GoError(`RangeEnd ${formatIpv4(rangeEnd)} not in network ${text}`)
  const last = (network | ~maskOf(subnet.len)) - 1
  return { subnet, rangeStart: start, rangeEnd: rangeEnd ?? last | 0, gateway: gateway ?? nextIp(network) }
}

/** Fills in a set. Throws GoError for an empty one, and where two ranges overlap. */
export const canonicalizeRangeSet = (configs: readonly RangeConfig[]): RangeSet => {
  if (configs.length === 0) throw new GoError('empty range set')
  const set = configs.map(canonicalizeRange)
  for (const [i, a] of set.entries())
    for (const b of set.slice(i + 1))
      if (rangesOverlap(a, b)) throw new GoError(`subnets ${rangeText(a)} and ${rangeText(b)} overlap`)
  return set
}
