/**
 * IPv4 options on the way through a host: record route and time stamps are filled in, source routing is refused.
 *
 * DIFFERS: source routes are dropped whatever accept_source_route says; the sysctl does not exist here.
 *
 * @see net/ipv4/ip_options.c, RFC 791
 */
import type { Netns } from '../core/netns.js'
import { type Skb, skbCow, skbPut } from '../core/skb.js'
import { NetloomError } from '../errors.js'
import { NSEC_PER_MSEC } from '../sim/time.js'
import { getU32, putU32 } from '../wire/bytes.js'
import { IPV4_HLEN, ipv4Ihl, putIpv4Csum } from '../wire/ipv4.js'
import {
  IPOPT_CIPSO,
  IPOPT_END,
  IPOPT_NOOP,
  IPOPT_RR,
  IPOPT_TIMESTAMP,
  IPOPT_TS_PRESPEC,
  type Ipv4Options,
  ipv4OptionsCompile,
  ipv4OptionsStamp,
  ipv4OptionsTsAddr,
  newIpv4Options,
} from '../wire/ipv4-options.js'
import { inetAddrType } from './fib-lookup.js'
import { RTN_UNICAST } from './rtnetlink.js'

/** A timestamp option counts milliseconds of the day; virtual time starts at midnight. */
const DAY_MS = 86_400_000

/** Longest list of options. */
const MAX_OPTIONS = 40

const timeOfDayMs = (netns: Netns): number => Math.floor(netns.world.now / NSEC_PER_MSEC) % DAY_MS

/** An address that is prespecified in a time stamp is this host's unless it looks like that of somebody else. */
const isNoUnicast = (netns: Netns, addr: number): boolean => inetAddrType(netns, addr) !== RTN_UNICAST

const stamp = (skb: Skb, at: number, opt: Ipv4Options, addr: number): void => {
  const isOurs = opt.tsPrespec && isNoUnicast(skb.netns, ipv4OptionsTsAddr(skb.buf, at, opt))
  if (opt.tsPrespec && !isOurs) opt.tsTimeOff = 0
  ipv4OptionsStamp(skb.buf, at, opt, addr, timeOfDayMs(skb.netns), isOurs)
}

/** skb.ipFlags: options that were found (IPCB(skb)->opt), and slots of them that this host filled in. */
const IPSKB_RR = 0x100
const IPSKB_RR_NEEDADDR = 0x200
const IPSKB_TS = 0x400
const IPSKB_TS_NEEDADDR = 0x800
const IPSKB_TS_NEEDTIME = 0x1000
const IPSKB_CIPSO = 0x2000
const IPSKB_OPTIONS = 0x3f00

/** Fills in the options of the header at `at` as far as they were found right, and notes them with the packet. */
const fillIn = (skb: Skb, at: number, opt: Ipv4Options, addr: () => number): void => {
  skb.ipOptLen = opt.optLen
  skb.ipFlags &= ~IPSKB_OPTIONS
  if (opt.rr !== 0) skb.ipFlags |= opt.rrAddrOff !== 0 ? IPSKB_RR | IPSKB_RR_NEEDADDR : IPSKB_RR
  if (opt.cipso !== 0) skb.ipFlags |= IPSKB_CIPSO
  if (opt.rrAddrOff !== 0 || opt.tsTimeOff !== 0 || opt.tsOverflow || opt.endOff !== 0) {
    skbCow(skb)
    stamp(skb, at, opt, opt.rrAddrOff !== 0 || opt.tsAddrOff !== 0 ? addr() : 0)
  }
  if (opt.ts === 0) return
  skb.ipFlags |= IPSKB_TS
  if (opt.tsTimeOff !== 0) skb.ipFlags |= IPSKB_TS_NEEDTIME
  if (opt.tsAddrOff !== 0 && !opt.tsPrespec) skb.ipFlags |= IPSKB_TS_NEEDADDR
}

/**
 * Checks the options of a received packet and fills in `addr` and the time (ip_rcv_options). Returns -1 when they are
 * fine, -2 for a source route, else the offset in the header of the octet that is wrong; what stands before it is filled
 * in all the same. As in the kernel the header's checksum is not made right before the packet is forwarded: an ICMP
 * error quotes it as it is.
 */
export const receiveOptions = (skb: Skb, addr: () => number): number => {
  const at = skb.networkHeader
  const opt = newIpv4Options()
  const wrong = ipv4OptionsCompile(skb.buf, at, opt)
  fillIn(skb, at, opt, addr)
  if (wrong !== 0) return wrong
  return opt.srr !== 0 ? -2 : -1
}

/**
 * Puts the address of the outgoing interface in place of the one of the incoming side (ip_forward_options). Of time
 * stamps Linux 6.18 keeps the one that it put there on receiving.
 */
export const forwardOptions = (skb: Skb, addr: number): void => {
  const { networkHeader: at, buf: b } = skb
  const rr = find(skb, IPOPT_RR)
  // The pointer counts from 1 and stands behind the slot.
  if (skb.ipFlags & IPSKB_RR_NEEDADDR) putU32(b, rr + b[rr + 2]! - 5, addr)
  putIpv4Csum(b, at)
}

/** Offset in `buf` of the first option of a type; there must be one. */
const find = (skb: Skb, type: number): number => {
  const { buf: b, networkHeader: at } = skb
  const end = at + ipv4Ihl(b, at)
  let o = at + IPV4_HLEN
  while (o < end && b[o] !== type && b[o] !== IPOPT_END) o += b[o] === IPOPT_NOOP ? 1 : Math.max(1, b[o + 1]!)
  return o
}

/** Checks options that a program sets (setsockopt IP_OPTIONS). Throws EINVAL. */
export const checkOptions = (options: Uint8Array): void => {
  if (options.length > 40 || options.length % 4 !== 0)
    throw new NetloomError('EINVAL', undefined, { length: options.length })
  const header = new Uint8Array(IPV4_HLEN + options.length)
  header[0] = 0x40 | ((IPV4_HLEN + options.length) >> 2)
  header.set(options, IPV4_HLEN)
  const opt = newIpv4Options()
  if (ipv4OptionsCompile(header, 0, opt) !== 0 || opt.srr !== 0) throw new NetloomError('EINVAL')
}

/** Appends the options of a packet of this host where its header will end, with `saddr` filled in (ip_options_build). */
export const putOptions = (skb: Skb, options: Uint8Array, saddr: number): void => {
  const at = skbPut(skb, options.length)
  skb.buf.set(options, at)
  skb.ipOptLen = options.length
  const header = at - IPV4_HLEN
  skb.buf[header] = 0x40 | ((IPV4_HLEN + options.length) >> 2)
  const opt = newIpv4Options()
  if (ipv4OptionsCompile(skb.buf, header, opt) === 0) stamp(skb, header, opt, saddr)
}

/** Options that go back with an answer, and the places of this host's address and time in them. */
export interface EchoedOptions {
  readonly octets: Uint8Array
  readonly addrSlots: readonly number[]
  /** -1 for none. */
  readonly timeSlot: number
}

class Echo implements EchoedOptions {
  readonly octets: Uint8Array = new Uint8Array(MAX_OPTIONS)
  readonly addrSlots: number[] = []
  timeSlot = -1
  length = 0

  /** Copies an option of the packet and returns it. */
  add(skb: Skb, type: number): Uint8Array {
    const from = find(skb, type)
    const option = skb.buf.subarray(from, from + skb.buf[from + 1]!)
    this.octets.set(option, this.length)
    const copy = this.octets.subarray(this.length, this.length + option.length)
    this.length += option.length
    return copy
  }
}

/** Offset of the next free slot of an option, -1 when there is no room for four octets. */
const nextSlot = (option: Uint8Array): number => (option[2]! + 3 > option.length ? -1 : option[2]! - 1)

const echoRecordRoute = (echo: Echo, skb: Skb): boolean => {
  const at = echo.length
  const option = echo.add(skb, IPOPT_RR)
  if (!(skb.ipFlags & IPSKB_RR_NEEDADDR) || option[2]! > option.length) return true
  const slot = nextSlot(option)
  if (slot < 0) return false
  echo.addrSlots.push(at + slot)
  option[2]! += 4
  return true
}

const echoTimestamp = (echo: Echo, skb: Skb): boolean => {
  const at = echo.length
  const option = echo.add(skb, IPOPT_TIMESTAMP)
  if (option[2]! > option.length) return true
  if (skb.ipFlags & IPSKB_TS_NEEDADDR) {
    const slot = nextSlot(option)
    if (slot < 0) return false
    echo.addrSlots.push(at + slot)
    option[2]! += 4
  }
  if (!(skb.ipFlags & IPSKB_TS_NEEDTIME)) return true
  const slot = nextSlot(option)
  if (slot < 0) return false
  if ((option[3]! & 15) !== IPOPT_TS_PRESPEC) {
    echo.timeSlot = at + slot
    option[2]! += 4
  } else if (option[2]! + 7 <= option.length && isNoUnicast(skb.netns, getU32(option, slot))) {
    echo.timeSlot = at + slot + 4
    option[2]! += 8
  }
  return true
}

const NO_OPTIONS: EchoedOptions = { octets: new Uint8Array(0), addrSlots: [], timeSlot: -1 }

/**
 * Options of the answer to a packet (ip_options_echo): record route, time stamps and security option go back, in this
 * order and padded to a multiple of four. Null when one has only part of the room that this host needs in it: then
 * there is no answer.
 */
export const echoOptions = (skb: Skb): EchoedOptions | null => {
  const { ipFlags } = skb
  if (!(ipFlags & (IPSKB_RR | IPSKB_TS | IPSKB_CIPSO))) return NO_OPTIONS
  const echo = new Echo()
  if (ipFlags & IPSKB_RR && !echoRecordRoute(echo, skb)) return null
  if (ipFlags & IPSKB_TS && !echoTimestamp(echo, skb)) return null
  if (ipFlags & IPSKB_CIPSO) echo.add(skb, IPOPT_CIPSO)
  // The rest of the last word is end of list, which is 0.
  const octets = echo.octets.subarray(0, (echo.length + 3) & ~3)
  return { octets, addrSlots: echo.addrSlots, timeSlot: echo.timeSlot }
}

/** Appends the options of an answer where its header will end, with `saddr` and the time filled in (ip_options_build). */
export const putEchoed = (skb: Skb, options: EchoedOptions, saddr: number): void => {
  const { octets, addrSlots, timeSlot } = options
  const at = skbPut(skb, octets.length)
  skb.buf.set(octets, at)
  skb.ipOptLen = octets.length
  for (const slot of addrSlots) putU32(skb.buf, at + slot, saddr)
  if (timeSlot >= 0) putU32(skb.buf, at + timeSlot, timeOfDayMs(skb.netns))
}
