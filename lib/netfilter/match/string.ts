/**
 * The match `string`: octets that occur in the packet, which is counted from its IP header.
 *
 * The algorithms find the same: the first occurrence. (In the kernel they differ where a pattern lies across parts of a
 * packet's memory; here a packet is one part.)
 *
 * @see net/netfilter/xt_string.c, net/core/skbuff.c skb_find_text, lib/ts_bm.c, lib/ts_kmp.c
 */
import type { Skb } from '../../core/skb.js'
import { type XtMatch, xtMatch, xtRefuse } from '../x-tables.js'

/** Longest pattern in octets. */
export const XT_STRING_MAX_PATTERN_SIZE = 128

/** What belongs to a rule (struct xt_string_info). */
export interface XtStringInfo {
  /** Offsets from which and up to which is looked; the pattern lies before `to` whole. */
  readonly from: number
  readonly to: number
  readonly algo: string
  /** Octets. */
  readonly pattern: readonly number[]
  readonly invert: boolean
  readonly icase: boolean
}

const ALGORITHMS: readonly string[] = ['bm', 'kmp']

/** Upper case of an octet as the kernel has it: Latin-1. */
const toUpper = (c: number): number => ((c >= 0x61 && c <= 0x7a) || (c >= 0xdf && c !== 0xf7) ? c - 0x20 : c)

const UPPER: Uint8Array = new Uint8Array(256).map((_, c) => toUpper(c))
const SAME: Uint8Array = new Uint8Array(256).map((_, c) => c)

/** A pattern ready for the search: how far it may move by the octet under its end (Horspool). */
class Pattern {
  readonly from: number
  readonly to: number
  readonly octets: Uint8Array
  readonly shift: Uint8Array
  readonly fold: Uint8Array
  readonly invert: boolean
  constructor(info: XtStringInfo) {
    const { pattern, icase } = info
    this.from = info.from
    this.to = info.to
    this.fold = icase ? UPPER : SAME
    this.octets = Uint8Array.from(pattern, c => this.fold[c]!)
    this.shift = new Uint8Array(256).fill(pattern.length)
    for (let i = 0; i < pattern.length - 1; i++) this.shift[this.octets[i]!] = pattern.length - 1 - i
    this.invert = info.invert
  }
}

const contains = (skb: Skb, p: Pattern): boolean => {
  const { octets, fold, shift } = p
  const { buf: b } = skb
  const last = octets.length - 1
  const end = Math.min(skb.tail, skb.data + p.to) - last
  let at = skb.data + p.from
  while (at < end) {
    const c = fold[b[at + last]!]!
    let i = last
    while (i >= 0 && fold[b[at + i]!] === octets[i]) i--
    if (i < 0) return true
    at += shift[c]!
  }
  return false
}

/** The match. */
export const stringMatch: XtMatch = xtMatch<XtStringInfo, Pattern>({
  name: 'string',
  checkentry: (_par, info) => {
    if (info.from > info.to) xtRefuse('EINVAL', 'string', `from ${info.from} is behind to ${info.to}`)
    // The kernel takes `fsm` only with a pattern that is a state machine, which no text is.
    if (info.algo === 'fsm') xtRefuse('EINVAL', 'string', 'pattern is no state machine')
    if (!ALGORITHMS.includes(info.algo)) xtRefuse('ENOENT', 'string', `no algorithm "${info.algo}"`)
    if (info.pattern.length === 0) xtRefuse('EINVAL', 'string', 'empty pattern')
    return new Pattern(info)
  },
  match: (skb, _par, info) => contains(skb, info) !== info.invert,
})
