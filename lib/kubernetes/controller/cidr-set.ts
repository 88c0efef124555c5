/**
 * The podCIDRs of a cluster: subnets of one network, handed out one behind the other.
 *
 * @see kubernetes pkg/controller/nodeipam/ipam/cidrset/cidr_set.go
 */
import { NetloomError } from '../../errors.js'
import { formatIpv4, maskOf, parsePrefix, type Prefix } from '../../wire/ip.js'

/** How many bits a podCIDR may be longer than the network. */
export const MAX_CIDR_BITS = 16

/** Which subnets are taken. */
export class CidrSet {
  readonly #network: Prefix
  readonly #maskSize: number
  readonly #count: number
  readonly #taken = new Set<number>()
  #next = 0

  /** Throws EINVAL for subnets that are larger than the network, or too small. */
  constructor(clusterCidr: string, maskSize: number) {
    const { addr, len } = parsePrefix(clusterCidr)
    if (maskSize < len || maskSize > 32)
      throw new NetloomError('EINVAL', `the node CIDR mask size ${maskSize} does not lie within ${clusterCidr}`, {
        clusterCidr,
        maskSize,
      })
    if (maskSize - len > MAX_CIDR_BITS)
      throw new NetloomError('EINVAL', 'New CIDR set failed; the node CIDR size is too big', { clusterCidr, maskSize })
    this.#network = { addr: addr & maskOf(len), len }
    this.#maskSize = maskSize
    this.#count = 2 ** (maskSize - len)
  }

  /** The next free subnet, or null when there is none. */
  allocateNext(): string | null {
    if (this.#taken.size === this.#count) return null
    let index = this.#next
    while (this.#taken.has(index)) index = (index + 1) % this.#count
    this.#taken.add(index)
    this.#next = (index + 1) % this.#count
    return `${formatIpv4((this.#network.addr + index * 2 ** (32 - this.#maskSize)) | 0)}/${this.#maskSize}`
  }

  /** Takes all subnets that a CIDR overlaps; null when it lies outside of the network. */
  occupy(cidr: string): boolean {
    return this.#each(cidr, index => this.#taken.add(index))
  }

  /** Gives the subnets of a CIDR back. */
  release(cidr: string): boolean {
    return this.#each(cidr, index => this.#taken.delete(index))
  }

  #each(cidr: string, fn: (index: number) => void): boolean {
    const { addr, len } = parsePrefix(cidr)
    const { addr: base, len: baseLen } = this.#network
    const shorter = Math.min(len, baseLen)
    if (((addr ^ base) & maskOf(shorter)) !== 0) return false
    if (len <= baseLen) for (let i = 0; i < this.#count; i++) fn(i)
    else {
      const size = 2 ** (32 - this.#maskSize)
      const first = Math.floor(((addr & maskOf(len)) - base) / size)
      const last = Math.floor(((addr & maskOf(len)) - base + 2 ** (32 - len) - 1) / size)
      for (let i = first; i <= last; i++) fn(i)
    }
    return true
  }
}
