/**
 * Link-layer addresses as iproute2 reads them: groups of hexadecimal digits between colons, of any number.
 *
 * @see iproute2 lib/ll_addr.c, for what is accepted and the messages
 */
import { NetloomError } from '../../errors.js'
import { parseIpv4Lenient } from '../../wire/ip.js'
import { ToolExit } from './args.js'

/** Octets of a link-layer address. */
export const ETH_ALEN = 6

const invalid = (text: string): never => {
  throw new ToolExit(1, `"${text}" is invalid lladdr.\n`)
}

/** A text with a dot is an IPv4 address, of a tunnel. */
const ipv4Octets = (text: string): number[] => {
  try {
    const addr = parseIpv4Lenient(text)
    return [addr >>> 24, (addr >>> 16) & 255, (addr >>> 8) & 255, addr & 255]
  } catch {
    return invalid(text)
  }
}

/** Octets of an address; leaves with `"X" is invalid lladdr.`, exit status 1. */
export const parseLladdr = (text: string): number[] => {
  if (text.includes('.')) return ipv4Octets(text)
  return text.split(':').map(part => {
    const digits = /^(?:0[xX])?([0-9a-fA-F]+)/.exec(part)
    const octet = digits === null ? 256 : Number.parseInt(digits[1]!, 16)
    return octet > 255 ? invalid(part) : octet
  })
}

/** The 48-bit number of an Ethernet address; throws EINVAL, as the kernel does, when it has another length. */
export const etherAddress = (octets: readonly number[]): number => {
  if (octets.length !== ETH_ALEN) throw new NetloomError('EINVAL')
  return octets.reduce((mac, octet) => mac * 256 + octet, 0)
}

/** The 48-bit number of an Ethernet address, which `ip link set` checks itself: exit status 1 for another length. */
export const etherAddressOfDevice = (octets: readonly number[]): number => {
  if (octets.length !== ETH_ALEN)
    throw new ToolExit(1, `Invalid address length ${octets.length} - must be ${ETH_ALEN} bytes\n`)
  return etherAddress(octets)
}
