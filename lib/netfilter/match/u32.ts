/**
 * The match `u32`: computes with 32-bit words of the packet, which is counted from its IP header.
 *
 * @see net/netfilter/xt_u32.c
 */
import type { Skb } from '../../core/skb.js'
import { getU32 } from '../../wire/bytes.js'
import { type XtMatch, xtMatch } from '../x-tables.js'

/** Most operators of a location, values of a test, and tests of a rule. */
export const XT_U32_MAXSIZE = 10

/** One step of a location: what is done with the word read so far; the first one says where to read. */
export interface XtU32Location {
  readonly nextop: '' | '&' | '<<' | '>>' | '@'
  readonly number: number
}

/** One test: what is computed must lie in one of the ranges, ends included. */
export interface XtU32Test {
  readonly location: readonly XtU32Location[]
  readonly value: readonly (readonly [number, number])[]
}

/** What belongs to a rule (struct xt_u32). Numbers are unsigned. */
export interface XtU32 {
  readonly tests: readonly XtU32Test[]
  readonly invert: boolean
}

/** The word at `at`, unsigned; -1 when the packet ends before it does. */
const wordAt = (skb: Skb, at: number): number => (at > skb.len - 4 ? -1 : getU32(skb.buf, skb.data + at) >>> 0)

/** What a location gives, unsigned; -1 when it lies outside the packet. */
const compute = (skb: Skb, location: readonly XtU32Location[]): number => {
  let at = 0
  let val = wordAt(skb, location[0]!.number)
  for (let i = 1; i < location.length && val >= 0; i++) {
    const { nextop, number } = location[i]!
    switch (nextop) {
      case '&':
        val = (val & number) >>> 0
        break
      case '<<':
        val = (val << number) >>> 0
        break
      case '>>':
        val >>>= number
        break
      default:
        at += val
        val = wordAt(skb, at + number)
    }
  }
  return val
}

const testMatches = (skb: Skb, { location, value }: XtU32Test): boolean => {
  const val = compute(skb, location)
  if (val < 0) return false
  for (let i = 0; i < value.length; i++) if (val >= value[i]![0] && val <= value[i]![1]) return true
  return false
}

/** The match. */
export const u32Match: XtMatch = xtMatch<XtU32>({
  name: 'u32',
  match: (skb, _par, { tests, invert }) => {
    for (let i = 0; i < tests.length; i++) if (!testMatches(skb, tests[i]!)) return invert
    return !invert
  },
})
