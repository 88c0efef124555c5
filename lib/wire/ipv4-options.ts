/**
 * IPv4 options (RFC 791, 1108, 2113): constants, iteration, and the check that the kernel makes on receipt.
 *
 * The check only finds where things stand; writing an address or a time into them is `ipv4OptionsStamp`. CIPSO is
 * refused, as by a kernel that has no domain of interpretation configured.
 * @see include/uapi/linux/ip.h, net/ipv4/ip_options.c
 */

import { getU32, putU32 } from './bytes.js'
import { IPV4_HLEN, ipv4Ihl } from './ipv4.js'

/** Option: end of list. */
export const IPOPT_END = 0
/** Option: no operation. */
export const IPOPT_NOOP = 1
/** Option: record route. */
export const IPOPT_RR = 7
/** Option: timestamp. */
export const IPOPT_TIMESTAMP = 68
/** Option: security. */
export const IPOPT_SEC = 130
/** Option: loose source and record route. */
export const IPOPT_LSRR = 131
/** Option: commercial security. */
export const IPOPT_CIPSO = 134
/** Octets of a commercial security option with one tag, at least. */
const CIPSO_MIN_LEN = 8
/** Option: stream identifier. */
export const IPOPT_SID = 136
/** Option: strict source and record route. */
export const IPOPT_SSRR = 137
/** Option: router alert. */
export const IPOPT_RA = 148
/** Bit of an option's type: copied into every fragment. */
export const IPOPT_COPY = 0x80
/** Smallest value of a pointer field. */
export const IPOPT_MINOFF = 4
/** Flag of the timestamp option: times only. */
export const IPOPT_TS_TSONLY = 0
/** Flag of the timestamp option: addresses and times. */
export const IPOPT_TS_TSANDADDR = 1
/** Flag of the timestamp option: times of the addresses given. */
export const IPOPT_TS_PRESPEC = 3

/** Router alert option as hosts send it in IGMP: 94 04 00 00. */
export const IPOPT_RA_WORD: number = 0x94040000 | 0

/**
 * What {@link ipv4OptionsCompile} found. Offsets are octets from the start of the IPv4 header, 0 when absent.
 * @see include/net/inet_sock.h struct ip_options
 */
export interface Ipv4Options {
  /** Octets of options. */
  optLen: number
  /** Source route option. */
  srr: number
  /** Whether the source route is strict. */
  isStrictRoute: boolean
  /** Record route option. */
  rr: number
  /** Timestamp option. */
  ts: number
  /** Commercial security option. */
  cipso: number
  /** Router alert option with value 0. */
  routerAlert: number
  /** Where the next recorded address goes. */
  rrAddrOff: number
  /** Where the address of the next timestamp goes (or stands, when `tsPrespec`). */
  tsAddrOff: number
  /** Where the next timestamp goes. */
  tsTimeOff: number
  /** Whether the timestamp is wanted only from the host whose address stands at `tsAddrOff`. */
  tsPrespec: boolean
  /** Whether the timestamp option is full, so that its overflow counter is due. */
  tsOverflow: boolean
  /** End of list, when octets other than 0 follow it, which are due to be cleared. */
  endOff: number
}

/** An {@link Ipv4Options} for reuse, all fields zero. */
export const newIpv4Options = (): Ipv4Options => ({
  optLen: 0,
  srr: 0,
  isStrictRoute: false,
  rr: 0,
  ts: 0,
  cipso: 0,
  routerAlert: 0,
  rrAddrOff: 0,
  tsAddrOff: 0,
  tsTimeOff: 0,
  tsPrespec: false,
  tsOverflow: false,
  endOff: 0,
})

const clear = (opt: Ipv4Options, optLen: number): void => {
  opt.optLen = optLen
  opt.srr = 0
  opt.isStrictRoute = false
  opt.rr = 0
  opt.ts = 0
  opt.cipso = 0
  opt.routerAlert = 0
  opt.rrAddrOff = 0
  opt.tsAddrOff = 0
  opt.tsTimeOff = 0
  opt.tsPrespec = false
  opt.tsOverflow = false
  opt.endOff = 0
}

/** Each of these checks one option at `at` (from the header's start) and returns 0 or the offset of the wrong octet. */
const compileSourceRoute = (b: Uint8Array, off: number, at: number, len: number, opt: Ipv4Options): number => {
  if (len < 3) return at + 1
  if (b[off + at + 2]! < IPOPT_MINOFF) return at + 2
  if (opt.srr !== 0) return at
  opt.srr = at
  opt.isStrictRoute = b[off + at] === IPOPT_SSRR
  return 0
}

const compileRecordRoute = (b: Uint8Array, off: number, at: number, len: number, opt: Ipv4Options): number => {
  if (opt.rr !== 0) return at
  if (len < 3) return at + 1
  const ptr = b[off + at + 2]!
  if (ptr < IPOPT_MINOFF) return at + 2
  if (ptr <= len) {
    if (ptr + 3 > len) return at + 2
    opt.rrAddrOff = at + ptr - 1
  }
  opt.rr = at
  return 0
}

const compileTimestamp = (b: Uint8Array, off: number, at: number, len: number, opt: Ipv4Options): number => {
  if (opt.ts !== 0) return at
  if (len < 4) return at + 1
  const ptr = b[off + at + 2]!
  const flag = b[off + at + 3]! & 15
  if (ptr < 5) return at + 2
  if (ptr <= len) {
    if (ptr + 3 > len) return at + 2
    if (flag === IPOPT_TS_TSONLY) opt.tsTimeOff = at + ptr - 1
    else if (flag === IPOPT_TS_TSANDADDR || flag === IPOPT_TS_PRESPEC) {
      if (ptr + 7 > len) return at + 2
      opt.tsAddrOff = at + ptr - 1
      opt.tsTimeOff = at + ptr + 3
      opt.tsPrespec = flag === IPOPT_TS_PRESPEC
    }
  } else if (flag !== IPOPT_TS_PRESPEC) {
    if (b[off + at + 3]! >> 4 === 15) return at + 3
    opt.tsOverflow = true
  }
  opt.ts = at
  return 0
}

/**
 * Refuses a commercial security option, as a kernel does to which no domain of interpretation was made known.
 * @see net/ipv4/cipso_ipv4.c cipso_v4_validate
 */
const compileCipso = (at: number, len: number): number => (len < CIPSO_MIN_LEN ? at + 1 : at + 2)

const compileOption = (b: Uint8Array, off: number, at: number, len: number, opt: Ipv4Options): number => {
  switch (b[off + at]) {
    case IPOPT_SSRR:
    case IPOPT_LSRR:
      return compileSourceRoute(b, off, at, len, opt)
    case IPOPT_RR:
      return compileRecordRoute(b, off, at, len, opt)
    case IPOPT_TIMESTAMP:
      return compileTimestamp(b, off, at, len, opt)
    case IPOPT_RA:
      if (len < 4) return at + 1
      if (b[off + at + 2] === 0 && b[off + at + 3] === 0) opt.routerAlert = at
      return 0
    case IPOPT_CIPSO:
      if (opt.cipso !== 0) return at
      opt.cipso = at
      return compileCipso(at, len)
    default:
      return 0
  }
}

const hasOctets = (b: Uint8Array, from: number, to: number): boolean => {
  for (let o = from; o < to; o++) if (b[o] !== 0) return true
  return false
}

/**
 * Checks the options of the IPv4 header at `off`, whose length fields `ipv4Ok` has checked, and notes in `opt` where
 * they stand. Returns 0, or the offset of the wrong octet from the header's start, the pointer of the ICMP parameter
 * problem that the kernel answers with.
 * @see net/ipv4/ip_options.c __ip_options_compile
 */
export const ipv4OptionsCompile = (b: Uint8Array, off: number, opt: Ipv4Options): number => {
  const end = ipv4Ihl(b, off)
  clear(opt, end - IPV4_HLEN)
  let at = IPV4_HLEN
  while (at < end) {
    const type = b[off + at]!
    if (type === IPOPT_END) {
      opt.endOff = hasOctets(b, off + at + 1, off + end) ? at : 0
      return 0
    }
    if (type === IPOPT_NOOP) {
      at++
      continue
    }
    if (end - at < 2) return at
    const len = b[off + at + 1]!
    if (len < 2 || len > end - at) return at
    const wrong = compileOption(b, off, at, len, opt)
    if (wrong !== 0) return wrong
    at += len
  }
  return 0
}

/**
 * Offset (in `b`) of the first option at or after `o` that is neither padding nor end, or -1 when none is left before
 * `end` or the list is malformed. Start with `off + IPV4_HLEN`, go on at the found option plus its length octet.
 */
export const ipv4OptionNext = (b: Uint8Array, o: number, end: number): number => {
  let at = o
  while (at < end && b[at] === IPOPT_NOOP) at++
  if (at + 1 >= end || b[at] === IPOPT_END) return -1
  const len = b[at + 1]!
  return len < 2 || at + len > end ? -1 : at
}

/**
 * Writes what a host on the way adds to the options that `ipv4OptionsCompile` found: `addr` (the host's own, int32) and
 * `timeMs` (milliseconds since midnight UT). `tsIsOurs` says whether the address of a prespecified timestamp is this
 * host's. Returns whether anything changed, so that the header checksum is due.
 * @see net/ipv4/ip_options.c __ip_options_compile
 */
export const ipv4OptionsStamp = (
  b: Uint8Array,
  off: number,
  opt: Ipv4Options,
  addr: number,
  timeMs: number,
  tsIsOurs: boolean,
): boolean => {
  let changed = opt.endOff !== 0
  if (changed) b.fill(0, off + opt.endOff, off + IPV4_HLEN + opt.optLen)
  if (opt.rrAddrOff !== 0) {
    putU32(b, off + opt.rrAddrOff, addr)
    b[off + opt.rr + 2] = b[off + opt.rr + 2]! + 4
    changed = true
  }
  if (opt.tsOverflow) {
    b[off + opt.ts + 3] = b[off + opt.ts + 3]! + 16
    changed = true
  } else if (opt.tsTimeOff !== 0 && (!opt.tsPrespec || tsIsOurs)) {
    if (opt.tsAddrOff !== 0 && !opt.tsPrespec) putU32(b, off + opt.tsAddrOff, addr)
    putU32(b, off + opt.tsTimeOff, timeMs)
    b[off + opt.ts + 2] = b[off + opt.ts + 2]! + (opt.tsAddrOff !== 0 ? 8 : 4)
    changed = true
  }
  return changed
}

/** Address of the prespecified timestamp that is next in the options of the header at `off`, int32. */
export const ipv4OptionsTsAddr = (b: Uint8Array, off: number, opt: Ipv4Options): number =>
  getU32(b, off + opt.tsAddrOff)
