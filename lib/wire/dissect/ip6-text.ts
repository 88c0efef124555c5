/**
 * Text of IPv6 addresses (RFC 5952), which stand in DNS answers and in frames from outside.
 */

import type { Printer } from './printer.js'

/** Text of the IPv6 address at `o`. */
export const formatIpv6At = (p: Printer, o: number): string => {
  p.need(o, 16)
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(p.u16(o + i))
  let best = 0
  let bestLength = 1
  for (let i = 0; i < 8; i++) {
    let n = 0
    while (i + n < 8 && groups[i + n] === 0) n++
    if (n > bestLength) {
      best = i
      bestLength = n
    }
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map(g => g.toString(16))
      .join(':')
  return bestLength < 2 ? text(0, 8) : `${text(0, best)}::${text(best + bestLength, 8)}`
}
