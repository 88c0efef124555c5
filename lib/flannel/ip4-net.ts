/**
 * Subnets as flannel counts with them. Addresses are int32, as everywhere in netloom; where order matters they are compared
 * without sign.
 *
 * @see flannel pkg/ip/ipnet.go
 */
import { formatIpv4, maskOf, parseIpv4, type Prefix } from '../wire/ip.js'

/** No subnet: 0.0.0.0/0. */
export const NO_NET: Prefix = { addr: 0, len: 0 }

/** Is it {@link NO_NET}? */
export const isNoNet = ({ addr, len }: Prefix): boolean => addr === 0 && len === 0

/** A number that no other subnet has. */
export const netKey = ({ addr, len }: Prefix): number => (addr >>> 0) * 64 + len

/** Are they the same subnet? */
export const netEqual = (a: Prefix, b: Prefix): boolean => a.addr === b.addr && a.len === b.len

/** Do two subnets share an address? */
export const netOverlaps = (a: Prefix, b: Prefix): boolean => {
  const mask = maskOf(Math.min(a.len, b.len))
  return (a.addr & mask) === (b.addr & mask)
}

/** Is an address in the subnet? */
export const netContains = (net: Prefix, addr: number): boolean => ((net.addr ^ addr) & maskOf(net.len)) === 0

/** The subnet behind this one. */
export const netNext = ({ addr, len }: Prefix): Prefix => ({ addr: (addr + 2 ** (32 - len)) | 0, len })

/** `10.244.1.0-24`, with other separators. */
export const netText = ({ addr, len }: Prefix, sep = '/'): string => `${formatIpv4(addr)}${sep}${len}`

/** The network of `ADDRESS/LENGTH`, host bits cut off; null for any other text (net.ParseCIDR). */
export const parseCidr = (text: string): Prefix | null => {
  const [address = '', length = '', ...rest] = text.split('/')
  if (rest.length > 0 || !/^\d+$/.test(length) || Number(length) > 32) return null
  try {
    return { addr: parseIpv4(address) & maskOf(Number(length)), len: Number(length) }
  } catch {
    return null
  }
}
