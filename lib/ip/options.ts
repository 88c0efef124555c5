/**
 * IPv4 options on the way through a host: record route and time stamps are filled in. Source routes are in
 * options-srr.ts.
 *
 * @see net/ipv4/ip_options.c, RFC 791
 */
import type { Netns } from '../core/netns.js'
import { type Skb, skbCow, skbPut } from '../core/skb.js'
import { NetloomError } from '../errors.js'
import { NSEC_PER_MSEC } from '../sim/time.js'
import { getU32, putU32 } from '../wire/bytes.js'
import { IPV4_HLEN, ipv4Ihl, ipv4Saddr, putIpv4Csum } from '../wire/ipv4.js'
import {
  IPOPT_CIPSO,
  IPOPT_END,
  IPOPT_LSRR,
  IPOPT_NOOP,
  IPOPT_RR,
  IPOPT_SSRR,
  IPOPT_TIMESTAMP,
  IPOPT_TS_PRESPEC,
  type Ipv4Options,
  ipv4OptionsCompile,
  ipv4OptionsStamp,
  ipv4OptionsTsAddr,
  newIpv4Options,
} from '../wire/ipv4-options.js'
import { inetAddrType } from './fib-lookup.js'
import { IPSKB_SRR, IPSKB_SRR_FOUND, IPSKB_SRR_STRICT } from './path.js'
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
const IPSKB_OPTIONS: number = 0x3f00 | IPSKB_SRR

/** Fills in the options of the header at `at` as far as they were found right, and notes them with the packet. */
const fillIn = (skb: Skb, at: number, opt: Ipv4Options, addr: () => number): void => {
  skb.ipOptLen = opt.optLen
  skb.ipFlags &= ~IPSKB_OPTIONS
  if (opt.rr !== 0) skb.ipFlags |= opt.rrAddrOff !== 0 ? IPSKB_RR | IPSKB_RR_NEEDADDR : IPSKB_RR
  if (opt.cipso !== 0) skb.ipFlags |= IPSKB_CIPSO
  if (opt.srr !== 0) skb.ipFlags |= opt.isStrictRoute ? IPSKB_SRR_FOUND | IPSKB_SRR_STRICT : IPSKB_SRR_FOUND
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
 * Checks the options of a received packet and fills in `addr` and the time (__ip_options_compile). Returns -1 when they
 * are fine, -2 for those with a source route, else the offset in the header of the octet that is wrong; what stands before
 * it is filled in all the same. As in the kernel the header's checksum is not made right before the packet is forwarded: an ICMP
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
  const rr = findOption(skb, IPOPT_RR)
  // The pointer counts from 1 and stands behind the slot.
  if (skb.ipFlags & IPSKB_RR_NEEDADDR) putU32(b, rr + b[rr + 2]! - 5, addr)
  putIpv4Csum(b, at)
}

/** True when a time stamp option has this host's address, which is to become that of the outgoing side. */
export const wantsTsAddress = (skb: Skb): boolean => (skb.ipFlags & IPSKB_TS_NEEDADDR) !== 0

/** Puts `addr` in place of the address that this host put into the time stamp option on receiving. */
export const putTsAddress = (skb: Skb, addr: number): void => {
  const ts = findOption(skb, IPOPT_TIMESTAMP)
  putU32(skb.buf, ts + skb.buf[ts + 2]! - 9, addr)
}

/** Offset in `buf` of the first option of a type; there must be one. */
export const findOption = (skb: Skb, type: number): number => {
  const { buf: b, networkHeader: at } = skb
  const end = at + ipv4Ihl(b, at)
  let o = at + IPV4_HLEN
  while (o < end && b[o] !== type && b[o] !== IPOPT_END) o += b[o] === IPOPT_NOOP ? 1 : Math.max(1, b[o + 1]!)
  return o
}

/** Options that a program sets, ready to be sent. */
export interface OwnOptions {
  readonly octets: Uint8Array
  /** First hop of a source route as int32; 0 without one. */
  readonly faddr: number
}

/**
 * Checks options that a program sets (setsockopt IP_OPTIONS). Of a source route the first hop becomes the destination,
 * the others move up, and the last place waits for the destination itself. Throws EINVAL.
 */
export const compileOwnOptions = (options: Uint8Array): OwnOptions => {
  if (options.length > MAX_OPTIONS || options.length % 4 !== 0)
    throw new NetloomError('EINVAL', undefined, { length: options.length })
  const header = new Uint8Array(IPV4_HLEN + options.length)
  header[0] = 0x40 | ((IPV4_HLEN + options.length) >> 2)
  header.set(options, IPV4_HLEN)
  const opt = newIpv4Options()
  if (ipv4OptionsCompile(header, 0, opt) !== 0) throw new NetloomError('EINVAL')
  const octets = header.slice(IPV4_HLEN)
  if (opt.srr === 0) return { octets, faddr: 0 }
  const at = opt.srr - IPV4_HLEN
  const len = octets[at + 1]!
  if (octets[at + 2] !== 4 || len < 7 || (len - 3) & 3) throw new NetloomError('EINVAL')
  const faddr = getU32(octets, at + 3)
  octets.copyWithin(at + 3, at + 7, at + len)
  return { octets, faddr }
}

/** Appends the options of a packet of this host to `daddr` where its header will end (ip_options_build). */
export const putOptions = (skb: Skb, options: OwnOptions, saddr: number, daddr: number): void => {
  const { octets } = options
  const at = skbPut(skb, octets.length)
  skb.buf.set(octets, at)
  skb.ipOptLen = octets.length
  const header = at - IPV4_HLEN
  skb.buf[header] = 0x40 | ((IPV4_HLEN + octets.length) >> 2)
  const opt = newIpv4Options()
  if (ipv4OptionsCompile(skb.buf, header, opt) !== 0) return
  if (opt.srr !== 0) {
    const srr = header + opt.srr
    putU32(skb.buf, srr + skb.buf[srr + 1]! - 4, daddr)
  }
  stamp(skb, header, opt, saddr)
}

/** Options that go back with an answer, and the places of this host's address and time in them. */
export interface EchoedOptions {
  readonly octets: Uint8Array
  readonly addrSlots: readonly number[]
  /** -1 for none. */
  readonly timeSlot: number
  /** First hop of the way back by a source route as int32, 0 without one; the place of the sender's address in it. */
  readonly faddr: number
  readonly faddrSlot: number
}

class Echo implements EchoedOptions {
  readonly octets: Uint8Array = new Uint8Array(MAX_OPTIONS)
  readonly addrSlots: number[] = []
  timeSlot = -1
  faddr = 0
  faddrSlot = -1
  length = 0

  /** Copies an option of the packet and returns it. */
  add(skb: Skb, type: number): Uint8Array {
    const from = findOption(skb, type)
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

/**
 * The way back by a source route: the recorded addresses in reverse. The last one recorded is the first hop, unless that
 * is all.
 */
const echoSourceRoute = (echo: Echo, skb: Skb): void => {
  const { buf: b, networkHeader: ip } = skb
  const from = findOption(skb, skb.ipFlags & IPSKB_SRR_STRICT ? IPOPT_SSRR : IPOPT_LSRR)
  const to = echo.length
  let at = Math.min(b[from + 2]!, b[from + 1]! + 1) - 4
  if (at <= 3) return
  const faddr = getU32(b, from + at - 1)
  let len = 4
  for (at -= 4; at > 3; at -= 4, len += 4) echo.octets.set(b.subarray(from + at - 1, from + at + 3), to + len - 1)
  // RFC 1812 requires to fix illegal source routes: the sender itself does not stand in the list.
  if (getU32(b, from + at + 3) === ipv4Saddr(b, ip)) len -= 4
  if (len <= 3) return
  len += 3
  echo.octets[to] = b[from]!
  echo.octets[to + 1] = len
  echo.octets[to + 2] = 4
  echo.faddr = faddr
  echo.faddrSlot = to + len - 4
  echo.length += len
}

const NO_OPTIONS: EchoedOptions = { octets: new Uint8Array(0), addrSlots: [], timeSlot: -1, faddr: 0, faddrSlot: -1 }

/**
 * Options of the answer to a packet (ip_options_echo): record route, time stamps, source route and security option go
 * back, in this order and padded to a multiple of four. Null when one has only part of the room that this host needs in it: then
 * there is no answer.
 */
export const echoOptions = (skb: Skb): EchoedOptions | null => {
  const { ipFlags } = skb
  if (!(ipFlags & (IPSKB_RR | IPSKB_TS | IPSKB_CIPSO | IPSKB_SRR_FOUND))) return NO_OPTIONS
  const echo = new Echo()
  if (ipFlags & IPSKB_RR && !echoRecordRoute(echo, skb)) return null
  if (ipFlags & IPSKB_TS && !echoTimestamp(echo, skb)) return null
  if (ipFlags & IPSKB_SRR_FOUND) echoSourceRoute(echo, skb)
  if (ipFlags & IPSKB_CIPSO) echo.add(skb, IPOPT_CIPSO)
  // The rest of the last word is end of list, which is 0.
  const octets = echo.octets.subarray(0, (echo.length + 3) & ~3)
  const { addrSlots, timeSlot, faddr, faddrSlot } = echo
  return { octets, addrSlots, timeSlot, faddr, faddrSlot }
}

/**
 * Appends the options of an answer to `daddr` where its header will end, with `saddr`, the end of a source route and the
 * time filled in (ip_options_build).
 */
export const putEchoed = (skb: Skb, options: EchoedOptions, saddr: number, daddr: number): void => {
  const { octets, addrSlots, timeSlot, faddrSlot } = options
  const at = skbPut(skb, octets.length)
  skb.buf.set(octets, at)
  skb.ipOptLen = octets.length
  for (const slot of addrSlots) putU32(skb.buf, at + slot, saddr)
  if (faddrSlot >= 0) putU32(skb.buf, at + faddrSlot, daddr)
  if (timeSlot >= 0) putU32(skb.buf, at + timeSlot, timeOfDayMs(skb.netns))
}
