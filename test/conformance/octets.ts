/**
 * Big-endian reads, one's complement sums and hex for the conformance judge.
 *
 * The judge shares no code with lib/: what it says about a frame must not rest on what it judges.
 */

/** 16-bit number at `at`, network order. */
export const u16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!

/** 32-bit number at `at`, network order, never negative. */
export const u32 = (b: Uint8Array, at: number): number => u16(b, at) * 0x10000 + u16(b, at + 2)

/** The octets from `start` up to `end` as lower-case hex without separators. */
export const hex = (b: Uint8Array, start: number, end: number): string => {
  let text = ''
  for (let at = start; at < Math.min(end, b.length); at++) text += b[at]!.toString(16).padStart(2, '0')
  return text
}

/**
 * One's complement sum (RFC 1071) of the octets from `start` up to `end`, folded to 16 bits and not inverted; 0xffff
 * when the octets contain their own right checksum.
 */
export const onesSum = (b: Uint8Array, start: number, end: number, seed = 0): number => {
  let sum = seed
  for (let at = start; at < end; at += 2) sum += at + 1 < end ? u16(b, at) : b[at]! << 8
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000)
  return sum
}

/** Sum of the pseudo header of the IPv4 packet at `ip` for a message of `lenOctets` octets of `protocol`. */
export const pseudoSum = (b: Uint8Array, ip: number, protocol: number, lenOctets: number): number =>
  onesSum(b, ip + 12, ip + 20, protocol + lenOctets)

/** True when both hold the same octets. */
export const sameOctets = (x: Uint8Array, y: Uint8Array): boolean =>
  x.length === y.length && x.every((octet, at) => octet === y[at])
