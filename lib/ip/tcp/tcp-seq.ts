/**
 * Arithmetic of sequence numbers, which are int32 everywhere in this folder and wrap around.
 *
 * @see include/net/tcp.h before, after, between; RFC 9293 section 3.4
 */

/** `a` is older than `b`. */
export const before = (a: number, b: number): boolean => ((a - b) | 0) < 0

/** `a` is newer than `b`. */
export const after = (a: number, b: number): boolean => ((b - a) | 0) < 0

/** `lo` <= `s` <= `hi`. */
export const between = (s: number, lo: number, hi: number): boolean => ((hi - lo) | 0) >>> 0 >= ((s - lo) | 0) >>> 0

/** `s` plus `n`, as int32. */
export const seqAdd = (s: number, n: number): number => (s + n) | 0

/** Distance from `b` to `a`, signed. */
export const seqDiff = (a: number, b: number): number => (a - b) | 0
