/**
 * Addresses and subnets as the plugins read and print them.
 *
 * netloom has no IPv6: an IPv6 address is refused by name.
 *
 * @see Go net/ip.go, plugins pkg/ip/cidr.go
 */
import { formatIpv4, isIpv4Text, maskOf, parseIpv4 } from '../wire/ip.js'
import { GoError } from '../app/go-error.js'

/** An address with the length of its prefix; the address keeps its host bits. */
export interface IpNet {
  /** int32. */
  readonly ip: number
  readonly len: number
}

const refuseIpv6 = (text: string): void => {
  if (text.includes(':')) throw new GoError(`${text}: netloom has no IPv6; give the plugins IPv4 addresses only`)
}

/** An address; throws GoError `invalid IP address: TEXT`. */
export const parseIp = (text: string): number => {
  refuseIpv6(text)
  if (!isIpv4Text(text)) throw new GoError(`invalid IP address: ${text}`)
  return parseIpv4(text)
}

/** `ADDRESS/LENGTH`; throws GoError `invalid CIDR address: TEXT`. */
export const parseCidrAddress = (text: string): IpNet => {
  refuseIpv6(text)
  const [address = '', length = '', ...rest] = text.split('/')
  if (rest.length > 0 || !isIpv4Text(address) || !/^\d+$/.test(length) || Number(length) > 32)
    throw new GoError(`invalid CIDR address: ${text}`)
  return { ip: parseIpv4(address), len: Number(length) }
}

/** The network that an address is in. */
export const networkOf = ({ ip, len }: IpNet): IpNet => ({ ip: ip & maskOf(len), len })

/** `10.9.0.1/16`. */
export const ipNetText = ({ ip, len }: IpNet): string => `${formatIpv4(ip)}/${len}`

/** As Go prints the struct itself: `{10.9.0.0 ffff0000}`. */
export const ipNetStructText = ({ ip, len }: IpNet): string =>
  `{${formatIpv4(ip)} ${(maskOf(len) >>> 0).toString(16).padStart(8, '0')}}`

/** The same with names: `{IP:10.9.0.0 Mask:ffff0000}`. */
export const ipNetFieldsText = ({ ip, len }: IpNet): string =>
  `{IP:${formatIpv4(ip)} Mask:${(maskOf(len) >>> 0).toString(16).padStart(8, '0')}}`

/** The address behind this one. */
export const nextIp = (ip: number): number => (ip + 1) | 0

/** Negative, 0 or positive as `a` is below, equal or above `b`. */
export const compareIp = (a: number, b: number): number => (a >>> 0) - (b >>> 0)

/** Is an address in the subnet? */
export const isInNet = ({ ip, len }: IpNet, addr: number): boolean => ((ip ^ addr) & maskOf(len)) === 0
