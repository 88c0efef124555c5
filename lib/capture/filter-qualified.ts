/**
 * Tests of a capture filter for qualified addresses, numbers and names: `src net 10.0.0.0/8`, `tcp port 80`, `ip proto 6`.
 *
 * The texts of errors are libpcap's.
 * @see pcap-filter(7)
 */

import { ETH_P_IP, ETH_P_IPV6 } from '../wire/ethernet.js'
import { macHi, macLo, parseMac } from '../wire/mac.js'
import { filterError, type Token } from './filter-lex.js'
import { ETHER_PROTOCOLS, IP_PROTOCOLS, SERVICES } from './filter-names.js'
import * as T from './filter-test.js'

/** What kind of thing an address, number or name is. */
export type Kind = 'default' | 'host' | 'net' | 'port' | 'portrange' | 'proto'

/** Qualifiers before an address or number. */
export interface Qualifiers {
  readonly proto: string
  readonly dir: T.Direction | null
  readonly kind: Kind
}

/** IP protocols of names that match over IPv4 and IPv6. */
const DUAL: ReadonlyMap<string, number> = new Map([
  ['tcp', 6],
  ['udp', 17],
  ['esp', 50],
  ['ah', 51],
  ['pim', 103],
  ['sctp', 132],
])
/** IP protocols of names that match over IPv4 only. */
const V4_ONLY: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['igmp', 2],
  ['igrp', 9],
  ['vrrp', 112],
  ['carp', 112],
])
const IPPROTO_ICMPV6 = 58
/** Number of significant bits and the address (int32, right-filled) of one to four parts; null when a part is too large. */
export const addressOf = (text: string): { addr: number; bits: number } | null => {
  const parts = text.split('.').map(Number)
  if (parts.some(p => !(p <= 255))) return null
  let addr = 0
  for (let i = 0; i < 4; i++) addr = (addr << 8) | (parts[i] ?? 0)
  return { addr, bits: 8 * parts.length }
}

/** Mask (int32) of `bits` leading ones. */
export const maskOfBits = (bits: number): number => (bits === 0 ? 0 : -1 << (32 - bits))

/** Test of a bare number under the qualifiers. */
export const numberTest = (l: T.Layout, q: Qualifiers, token: Token): T.Test => {
  const v = token.value
  switch (q.kind) {
    case 'port':
    case 'portrange':
      return servicePortTest(l, q, token, v, v, null)
    case 'proto':
      return protoTest(l, q, token, v)
    case 'net': {
      // A short network number is moved to the left: `net 10` is 10.0.0.0/8.
      let addr = v
      let mask = -1
      while (addr !== 0 && (addr & 0xff000000) === 0) {
        addr <<= 8
        mask <<= 8
      }
      return hostTest(l, q, token, addr | 0, mask)
    }
    default:
      return hostTest(l, q, token, v | 0, -1)
  }
}

/** Test of an IPv4 address (int32) under `mask` for the qualifiers. */
export const hostTest = (l: T.Layout, q: Qualifiers, token: Token, addr: number, mask: number): T.Test => {
  const dir = q.dir ?? 'either'
  switch (q.proto) {
    case 'default':
      return T.either(
        T.ipHost(l, dir, addr, mask),
        T.either(T.arpHost(l, dir, addr, mask), T.rarpHost(l, dir, addr, mask)),
      )
    case 'ip':
      return T.ipHost(l, dir, addr, mask)
    case 'arp':
      return T.arpHost(l, dir, addr, mask)
    case 'rarp':
      return T.rarpHost(l, dir, addr, mask)
    case 'ether':
      throw filterError('illegal link layer address', token)
    default:
      throw filterError(
        `'${q.proto}' modifier applied to ${q.proto === 'ip6' ? 'ip host' : q.kind === 'net' ? 'net' : 'host'}`,
        token,
      )
  }
}

/** Test of an Ethernet address under the qualifiers. */
export const macTest = (l: T.Layout, q: Qualifiers, token: Token): T.Test => {
  if ((q.kind !== 'default' && q.kind !== 'host') || q.proto !== 'ether')
    throw filterError('ethernet address used in non-ether expression', token)
  if (!l.isEthernet)
    throw filterError(
      'ethernet addresses supported only on ethernet/FDDI/token ring/802.11/ATM LANE/Fibre Channel',
      token,
    )
  const mac = parseMac((token.text.match(/[0-9a-f]{1,2}/gi) ?? []).join(':'))
  return T.etherHost(q.dir ?? 'either', macHi(mac), macLo(mac))
}

/** Test of a name (of a port, a range of ports, a protocol) under the qualifiers; names of hosts are refused. */
export const nameTest = (l: T.Layout, q: Qualifiers, token: Token): T.Test => {
  switch (q.kind) {
    case 'port': {
      const found = SERVICES.get(token.text)
      if (found === undefined) throw filterError(`unknown port '${token.text}'`, token)
      return servicePortTest(l, q, token, found.port, found.port, found.protocols)
    }
    case 'portrange':
      return rangeTest(l, q, token)
    case 'proto': {
      const isEther = q.proto === 'ether'
      const number = (isEther ? ETHER_PROTOCOLS : IP_PROTOCOLS).get(token.text)
      if (number === undefined) throw filterError(`unknown ${isEther ? 'ether' : 'ip'} proto '${token.text}'`, token)
      return protoTest(l, q, token, number)
    }
    case 'net':
      throw filterError(`unknown network '${token.text}'`, token)
    default:
      throw filterError(`unknown ${q.proto === 'ether' ? 'ether ' : ''}host '${token.text}'`, token)
  }
}

const rangeTest = (l: T.Layout, q: Qualifiers, token: Token): T.Test => {
  const ends = token.text.split('-').map(text => (/^\d+$/.test(text) ? Number(text) : SERVICES.get(text)?.port))
  const [a, b] = ends
  if (ends.length !== 2 || a === undefined || b === undefined)
    throw filterError(`unknown port in range '${token.text}'`, token)
  return servicePortTest(l, q, token, Math.min(a, b), Math.max(a, b), null)
}

const servicePortTest = (
  l: T.Layout,
  q: Qualifiers,
  token: Token,
  low: number,
  high: number,
  only: readonly number[] | null,
): T.Test => {
  const asked = q.proto === 'default' ? null : DUAL.get(q.proto)
  if (asked === undefined || (asked !== null && !T.PORT_PROTOCOLS.includes(asked)))
    throw filterError(`illegal qualifier of '${q.kind}'`, token)
  if (high > 0xffff) throw filterError(`illegal port number ${high} > 65535`, token)
  if (asked !== null && only !== null && !only.includes(asked))
    throw filterError(`port '${token.text}' is ${only.includes(6) ? 'tcp' : 'udp'}`, token)
  const isBoth = only === null || only.length > 1
  const protocols = asked !== null ? [asked] : isBoth ? T.PORT_PROTOCOLS : only
  return T.portTest(l, q.dir ?? 'either', protocols, low, high)
}

const protoTest = (l: T.Layout, q: Qualifiers, token: Token, number: number): T.Test => {
  switch (q.proto) {
    case 'default':
      return T.either(T.ipProto(l, number), T.ip6Proto(l, number))
    case 'ether':
      return T.etherProto(l, number)
    case 'ip':
      return T.ipProto(l, number)
    case 'ip6':
      return T.ip6Proto(l, number)
    case 'arp':
    case 'rarp':
      throw filterError(`${q.proto} does not encapsulate another protocol`, token)
    default:
      throw filterError(`'${q.proto} proto' is bogus`, token)
  }
}

/** Test of the name of a protocol that stands alone. */
export const abbreviationTest = (l: T.Layout, proto: string, token: Token): T.Test => {
  const dual = DUAL.get(proto)
  if (dual !== undefined) return T.either(T.ipProto(l, dual), T.ip6Proto(l, dual))
  const v4 = V4_ONLY.get(proto)
  if (v4 !== undefined) return T.ipProto(l, v4)
  if (proto === 'icmp6') return T.ip6Proto(l, IPPROTO_ICMPV6)
  const type = ETHER_PROTOCOLS.get(proto)
  if (type === undefined) throw filterError('link layer applied in wrong context', token)
  return T.etherProto(l, type)
}

/** Test of `broadcast` or `multicast` (`word`) with the protocol before it; `netmask` is int32. */
export const castTest = (l: T.Layout, netmask: number, proto: string, token: Token, word: Token): T.Test => {
  const isBroadcast = word.text === 'broadcast'
  if (proto === 'default' || proto === 'ether') {
    if (!l.isEthernet) throw filterError(`not a ${word.text} link`, word)
    return isBroadcast ? T.etherHost('dst', 0xffff, -1) : T.fieldIs(0, 1, 1, 1)
  }
  if (proto === 'ip' && isBroadcast) {
    const hostBits = ~netmask
    const isAll = T.either(T.fieldIs(l.net + 16, 4, hostBits, 0), T.fieldIs(l.net + 16, 4, hostBits, hostBits))
    return T.both(T.etherProto(l, ETH_P_IP), isAll)
  }
  if (proto === 'ip') {
    const isGroup: T.Test = (b, off, end, run) => T.load(b, off + l.net + 16, 1, end, run) >= 224
    return T.both(T.etherProto(l, ETH_P_IP), isGroup)
  }
  if (proto === 'ip6' && !isBroadcast) return T.both(T.etherProto(l, ETH_P_IPV6), T.fieldIs(l.net + 24, 1, 0xff, 255))
  throw filterError(
    isBroadcast
      ? 'only link-layer/IP broadcast filters supported'
      : 'link-layer multicast filters supported only on ethernet/FDDI/token ring/ARCNET/802.11/ATM LANE/Fibre Channel',
    token,
  )
}
