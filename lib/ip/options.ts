/**
 * IPv4 options on the way through a host: record route and time stamps are filled in, source routing is refused.
 *
 * DIFFERS: source routes are dropped whatever accept_source_route says; the sysctl does not exist here.
 *
 * @see net/ipv4/ip_options.c, RFC 791
 */
import { type Skb, skbCow, skbPut } from '../core/skb.js'
import { NetloomError } from '../errors.js'
import { NSEC_PER_MSEC } from '../sim/time.js'
import { putU32 } from '../wire/bytes.js'
import { IPV4_HLEN, ipv4Ihl, putIpv4Csum } from '../wire/ipv4.js'
import {
  IPOPT_END,
  type Ipv4Options,
  ipv4OptionsCompile,
  ipv4OptionsStamp,
  ipv4OptionsTsAddr,
  newIpv4Options,
} from '../wire/ipv4-options.js'
import { ipv4 } from './ipv4.js'

/** A timestamp option counts milliseconds of the day; virtual time starts at midnight. */
const DAY_MS = 86_400_000

const timeOfDayMs = (skb: Skb): number => Math.floor(skb.netns.world.now / NSEC_PER_MSEC) % DAY_MS

const stamp = (skb: Skb, at: number, opt: Ipv4Options, addr: number): boolean => {
  const wanted = opt.tsPrespec ? ipv4OptionsTsAddr(skb.buf, at, opt) : 0
  const isOurs = opt.tsPrespec && ipv4(skb.netns).addrs.has(wanted)
  return ipv4OptionsStamp(skb.buf, at, opt, addr, timeOfDayMs(skb), isOurs)
}

/** skb.ipFlags: this host's address stands in the last slot of the record route or time stamp option. */
const IPSKB_RR_STAMPED = 0x100
const IPSKB_TS_STAMPED = 0x200

/**
 * Checks the options of a received packet and fills in `addr` and the time (ip_rcv_options). Returns -1 when they are
 * fine, -2 for a source route, else the offset in the header of the octet that is wrong. As in the kernel the header's
 * checksum is not made right before the packet is forwarded: an ICMP error quotes it as it is.
 */
export const receiveOptions = (skb: Skb, addr: () => number): number => {
  const at = skb.networkHeader
  const opt = newIpv4Options()
  const wrong = ipv4OptionsCompile(skb.buf, at, opt)
  if (wrong !== 0) return wrong
  if (opt.srr !== 0) return -2
  skb.ipOptLen = opt.optLen
  if (opt.rrAddrOff === 0 && opt.tsTimeOff === 0 && !opt.tsOverflow && opt.endOff === 0) return -1
  skbCow(skb)
  stamp(skb, at, opt, addr())
  if (opt.rrAddrOff !== 0) skb.ipFlags |= IPSKB_RR_STAMPED
  if (opt.tsAddrOff !== 0 && !opt.tsPrespec) skb.ipFlags |= IPSKB_TS_STAMPED
  return -1
}

/** Puts the address of the outgoing interface in place of the one of the incoming side (ip_forward_options). */
export const forwardOptions = (skb: Skb, addr: number): void => {
  const at = skb.networkHeader
  const opt = newIpv4Options()
  if (ipv4OptionsCompile(skb.buf, at, opt) !== 0) return
  const b = skb.buf
  // The pointer counts from 1 and stands behind the slot: 4 octets of address, or 8 with the time.
  if (skb.ipFlags & IPSKB_RR_STAMPED) putU32(b, at + opt.rr + b[at + opt.rr + 2]! - 5, addr)
  if (skb.ipFlags & IPSKB_TS_STAMPED) putU32(b, at + opt.ts + b[at + opt.ts + 2]! - 9, addr)
  putIpv4Csum(b, at)
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

/** Options of the answer to a packet: what was recorded on the way here goes back (ip_options_echo), or null. */
export const echoOptions = (skb: Skb): Uint8Array | null => {
  if (skb.ipOptLen === 0) return null
  const at = skb.networkHeader
  const options = skb.buf.slice(at + IPV4_HLEN, at + ipv4Ihl(skb.buf, at))
  const opt = newIpv4Options()
  if (ipv4OptionsCompile(skb.buf, at, opt) !== 0) return null
  return opt.rr === 0 && opt.ts === 0 ? null : keepRecorded(options, opt)
}

/** Only record route, time stamp and security options are echoed, in this order and padded to a multiple of four. */
const keepRecorded = (options: Uint8Array, opt: Ipv4Options): Uint8Array => {
  const out = new Uint8Array(40)
  let n = 0
  for (const from of [opt.rr, opt.ts, opt.cipso]) {
    if (from === 0) continue
    const start = from - IPV4_HLEN
    const len = options[start + 1]!
    out.set(options.subarray(start, start + len), n)
    n += len
  }
  while (n % 4 !== 0) out[n++] = IPOPT_END
  return out.slice(0, n)
}
