/**
 * Addresses, masks, protocols and devices as iptables reads and prints them.
 *
 * @see iptables libxtables/xtables.c, iptables/xshared.c
 */
import { IP_PROTOCOLS } from '../../report/names.js'
import { formatIpv4, isIpv4Text, maskOf, parseIpv4, prefixLenOf } from '../../wire/ip.js'
import { strtoul, xtablesError } from './xtables.js'

/** An address and its mask, both int32; the address has no bits outside the mask. */
export interface AddrMask {
  readonly addr: number
  readonly mask: number
}

/** Dotted decimal with up to four parts, missing ones zero; null for anything else (xtables_numeric_to_ipaddr). */
export const numericToIpaddr = (text: string): number | null => {
  if (!/^[0-9]+(\.[0-9]+){0,3}$/.test(text)) return null
  const parts = text.split('.')
  while (parts.length < 4) parts.push('0')
  const full = parts.map(Number).join('.')
  return isIpv4Text(full) ? parseIpv4(full) : null
}

const parseMask = (text: string): number => {
  if (isIpv4Text(text)) return parseIpv4(text)
  const bits = strtoul(text, 0, 32) ?? xtablesError(`invalid mask \`${text}' specified`)
  return maskOf(bits)
}

/** `ADDR[/MASK][,...]` (xtables_ipparse_multiple). */
export const parseAddresses = (text: string): AddrMask[] =>
  text.split(',').map(part => {
    const word = part.trimStart()
    const slash = word.lastIndexOf('/')
    const mask = slash < 0 ? -1 : parseMask(word.slice(slash + 1))
    if (mask === 0) return { addr: 0, mask }
    const host = slash < 0 ? word : word.slice(0, slash)
    const addr = numericToIpaddr(host) ?? xtablesError(`host/network \`${host}' not found`)
    return { addr: addr & mask, mask }
  })

/** Protocols that iptables knows by itself (xtables_chain_protos). */
const CHAIN_PROTOS: readonly (readonly [string, number])[] = [
  ['tcp', 6],
  ['sctp', 132],
  ['udp', 17],
  ['udplite', 136],
  ['icmp', 1],
  ['icmpv6', 58],
  ['ipv6-icmp', 58],
  ['esp', 50],
  ['ah', 51],
  ['ipv6-mh', 135],
  ['mh', 135],
  ['all', 0],
]

/** Number of a protocol (xtables_parse_protocol). */
export const parseProtocol = (text: string): number =>
  strtoul(text, 0, 255) ??
  CHAIN_PROTOS.find(([name]) => name === text)?.[1] ??
  IP_PROTOCOLS.value(text) ??
  xtablesError(`unknown protocol "${text}" specified`)

/** Name of a protocol, or null (proto_to_name). */
export const protoToName = (proto: number): string | null => {
  const own = CHAIN_PROTOS.find(([, n]) => n === proto)
  if (own !== undefined) return own[0]
  const name = IP_PROTOCOLS.name(proto)
  return name === `ipproto-${proto}` ? null : name
}

/** `32`, `24`, or the mask where it has holes. */
export const maskText = (mask: number): string => {
  const len = prefixLenOf(mask)
  return len < 0 ? formatIpv4(mask) : `${len}`
}

/** What stands behind an address: `/24`, `/255.0.255.0`, nothing for all bits (xtables_ipmask_to_numeric). */
export const maskSuffix = (mask: number): string => (mask === -1 ? '' : `/${maskText(mask)}`)

/** An address as `-L` prints it. */
export const addrText = (addr: number, mask: number, numeric: boolean): string => {
  if (mask === 0 && !numeric) return 'anywhere'
  return mask === -1 ? formatIpv4(addr) : `${formatIpv4(addr)}/${maskText(mask)}`
}

const IFNAMSIZ = 16

/** A device's name, or its beginning and `+` (xtables_parse_interface). */
export const parseInterface = (text: string): string => {
  if (text === '') xtablesError('Empty interface is likely to be undesired')
  if (text.length + 1 > IFNAMSIZ)
    xtablesError(`interface name \`${text}' must be shorter than IFNAMSIZ (${IFNAMSIZ - 1})`)
  return text
}
