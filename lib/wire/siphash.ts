/**
 * Hashes that the kernel spreads flows with: SipHash-2-4 with a 128-bit key, and the mixing of two words with jhash.
 *
 * @see lib/siphash.c, include/linux/jhash.h; Aumasson and Bernstein, "SipHash: a fast short-input PRF"
 */

/** v0 ... v3 as pairs of a low and a high word. */
const V: Int32Array = new Int32Array(8)

/** V[a] += V[b] of 64 bits; `a` and `b` index low words. */
const add = (a: number, b: number): void => {
  const lo = (V[a]! >>> 0) + (V[b]! >>> 0)
  V[a] = lo
  V[a + 1] = V[a + 1]! + V[b + 1]! + (lo > 0xffffffff ? 1 : 0)
}

/** V[a] = rotate(V[a], n) ^ V[b] for n below 32. */
const rotateXor = (a: number, n: number, b: number): void => {
  const lo = V[a]!
  const hi = V[a + 1]!
  V[a] = ((lo << n) | (hi >>> (32 - n))) ^ V[b]!
  V[a + 1] = ((hi << n) | (lo >>> (32 - n))) ^ V[b + 1]!
}

/** V[a] = rotate(V[a], 32). */
const swapHalves = (a: number): void => {
  const lo = V[a]!
  V[a] = V[a + 1]!
  V[a + 1] = lo
}

const sipRound = (): void => {
  add(0, 2)
  rotateXor(2, 13, 0)
  swapHalves(0)
  add(4, 6)
  rotateXor(6, 16, 4)
  add(0, 6)
  rotateXor(6, 21, 0)
  add(4, 2)
  rotateXor(2, 17, 4)
  swapHalves(4)
}

/**
 * The lower 32 bits of SipHash-2-4, unsigned, over `octets` octets in `words`: little-endian words of 32 bits, `octets` a
 * multiple of eight. The key is the four words `key`, lowest first.
 */
export const siphash32 = (words: Int32Array, octets: number, key: Int32Array): number => {
  V[0] = 0x70736575 ^ key[0]!
  V[1] = 0x736f6d65 ^ key[1]!
  V[2] = 0x6e646f6d ^ key[2]!
  V[3] = 0x646f7261 ^ key[3]!
  V[4] = 0x6e657261 ^ key[0]!
  V[5] = 0x6c796765 ^ key[1]!
  V[6] = 0x79746573 ^ key[2]!
  V[7] = 0x74656462 ^ key[3]!
  for (let i = 0; i < octets >> 2; i += 2) compress(words[i]!, words[i + 1]!)
  compress(0, octets << 24)
  V[4] = V[4]! ^ 0xff
  sipRound()
  sipRound()
  sipRound()
  sipRound()
  return (V[0]! ^ V[2]! ^ V[4]! ^ V[6]!) >>> 0
}

const compress = (lo: number, hi: number): void => {
  V[6] = V[6]! ^ lo
  V[7] = V[7]! ^ hi
  sipRound()
  sipRound()
  V[0] = V[0]! ^ lo
  V[1] = V[1]! ^ hi
}

const JHASH_INITVAL = 0xdeadbeef

const rotate = (word: number, n: number): number => (word << n) | (word >>> (32 - n))

/** Mixes two words into one, unsigned (jhash_2words with an initial value of 0). */
export const jhash2words = (first: number, second: number): number => {
  const init = (JHASH_INITVAL + (2 << 2)) | 0
  let a = (first + init) | 0
  let b = (second + init) | 0
  let c = init
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  c = ((c ^ b) - rotate(b, 24)) | 0
  return c >>> 0
}

/**
 * Jenkins' hash of `n` words with the initial value `init`, unsigned (jhash2).
 *
 * @see include/linux/jhash.h
 */
export const jhash2 = (words: Int32Array, n: number, init: number): number => {
  let a = (JHASH_INITVAL + (n << 2) + init) | 0
  let b = a
  let c = a
  let i = 0
  for (; n - i > 3; i += 3) {
    a = (a + words[i]!) | 0
    b = (b + words[i + 1]!) | 0
    c = (c + words[i + 2]!) | 0
    a = ((a - c) ^ rotate(c, 4)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ rotate(a, 6)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ rotate(b, 8)) | 0
    b = (b + a) | 0
    a = ((a - c) ^ rotate(c, 16)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ rotate(a, 19)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ rotate(b, 4)) | 0
    b = (b + a) | 0
  }
  if (n - i > 2) c = (c + words[i + 2]!) | 0
  if (n - i > 1) b = (b + words[i + 1]!) | 0
  if (n === i) return c >>> 0
  a = (a + words[i]!) | 0
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  return ((c ^ b) - rotate(b, 24)) >>> 0
}

/** Scales a hash, unsigned, to 0 ... `size` - 1 (reciprocal_scale). */
export const reciprocalScale = (hash: number, size: number): number =>
  Math.floor(((hash >>> 16) * size + Math.floor(((hash & 0xffff) * size) / 65536)) / 65536)
