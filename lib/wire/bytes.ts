/**
 * Reads and writes of numbers in network order at an offset of a Uint8Array.
 *
 * None of them checks bounds: the caller has checked the header it reads (`udpOk`, `ipv4Ok` ...) or made the room.
 */

/** Unsigned 16-bit number at `o`. */
export const getU16 = (b: Uint8Array, o: number): number => (b[o]! << 8) | b[o + 1]!

/** Unsigned 24-bit number at `o`. */
export const getU24 = (b: Uint8Array, o: number): number => (b[o]! << 16) | (b[o + 1]! << 8) | b[o + 2]!

/** 32-bit number at `o` as a signed int32, the form in which netloom keeps IPv4 addresses. */
export const getU32 = (b: Uint8Array, o: number): number =>
  (b[o]! << 24) | (b[o + 1]! << 16) | (b[o + 2]! << 8) | b[o + 3]!

/** Writes the low 8 bits of `v` at `o`. */
export const putU8 = (b: Uint8Array, o: number, v: number): void => {
  b[o] = v
}

/** Writes the low 16 bits of `v` at `o`. */
export const putU16 = (b: Uint8Array, o: number, v: number): void => {
  b[o] = v >> 8
  b[o + 1] = v
}

/** Writes the low 24 bits of `v` at `o`. */
export const putU24 = (b: Uint8Array, o: number, v: number): void => {
  b[o] = v >> 16
  b[o + 1] = v >> 8
  b[o + 2] = v
}

/** Writes the low 32 bits of `v` (signed or unsigned) at `o`. */
export const putU32 = (b: Uint8Array, o: number, v: number): void => {
  b[o] = v >> 24
  b[o + 1] = v >> 16
  b[o + 2] = v >> 8
  b[o + 3] = v
}

/** Whether `n` octets at `ao` of `a` equal those at `bo` of `b`. */
export const equalOctets = (a: Uint8Array, ao: number, b: Uint8Array, bo: number, n: number): boolean => {
  for (let i = 0; i < n; i++) if (a[ao + i] !== b[bo + i]) return false
  return true
}

/** Octets that a loop copies faster than the platform's function, which has to be called. */
const FEW = 128

/** Copies `n` octets at `ao` of `a` to `bo` of `b`, another array. */
export const copyOctets = (a: Uint8Array, ao: number, b: Uint8Array, bo: number, n: number): void => {
  if (n > FEW) b.set(a.subarray(ao, ao + n), bo)
  else for (let i = 0; i < n; i++) b[bo + i] = a[ao + i]!
}
