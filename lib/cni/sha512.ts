/**
 * SHA-512, which names chains of iptables and containers of cnitool. Slow and short: it hashes names.
 *
 * @see FIPS 180-4
 */
import { encodeUtf8 } from '../wire/utf8.js'

const MASK64 = (1n << 64n) - 1n
const BLOCK = 128
const ROUNDS = 80

/** Largest integer whose `n`-th power is at most `x`. */
const root = (x: bigint, n: bigint): bigint => {
  let low = 0n
  let high = 1n << 100n
  while (high - low > 1n) {
    const middle = (low + high) >> 1n
    if (middle ** n <= x) low = middle
    else high = middle
  }
  return low
}

const firstPrimes = (count: number): bigint[] => {
  const primes: bigint[] = []
  for (let n = 2n; primes.length < count; n++) if (primes.every(p => n % p !== 0n)) primes.push(n)
  return primes
}

/** First 64 bits of the fractions of the cube roots of the first 80 primes, and of the square roots of the first 8. */
const K: readonly bigint[] = firstPrimes(ROUNDS).map(p => root(p << 192n, 3n) & MASK64)
const INITIAL: readonly bigint[] = firstPrimes(8).map(p => root(p << 128n, 2n) & MASK64)

const rotr = (x: bigint, n: bigint): bigint => ((x >> n) | (x << (64n - n))) & MASK64

/** The message with its padding and length. */
const padded = (message: Uint8Array): Uint8Array => {
  const octets = new Uint8Array(Math.ceil((message.length + 17) / BLOCK) * BLOCK)
  octets.set(message)
  octets[message.length] = 0x80
  new DataView(octets.buffer).setBigUint64(octets.length - 8, BigInt(message.length) * 8n)
  return octets
}

const schedule = (view: DataView, block: number): bigint[] => {
  const w: bigint[] = []
  for (let t = 0; t < 16; t++) w.push(view.getBigUint64(block + t * 8))
  for (let t = 16; t < ROUNDS; t++) {
    const a = w[t - 15]!
    const b = w[t - 2]!
    const s0 = rotr(a, 1n) ^ rotr(a, 8n) ^ (a >> 7n)
    const s1 = rotr(b, 19n) ^ rotr(b, 61n) ^ (b >> 6n)
    w.push((w[t - 16]! + s0 + w[t - 7]! + s1) & MASK64)
  }
  return w
}

const compress = (state: readonly bigint[], w: readonly bigint[]): bigint[] => {
  let [a, b, c, d, e, f, g, h] = state as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint]
  for (let t = 0; t < ROUNDS; t++) {
    const s1 = rotr(e, 14n) ^ rotr(e, 18n) ^ rotr(e, 41n)
    const t1 = h + s1 + ((e & f) ^ (~e & MASK64 & g)) + K[t]! + w[t]!
    const s0 = rotr(a, 28n) ^ rotr(a, 34n) ^ rotr(a, 39n)
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c))
    h = g
    g = f
    f = e
    e = (d + t1) & MASK64
    d = c
    c = b
    b = a
    a = (t1 + t2) & MASK64
  }
  return [a, b, c, d, e, f, g, h].map((x, i) => (x + state[i]!) & MASK64)
}

/** The digest of a text's UTF-8 as 128 hexadecimal digits. */
export const sha512Hex = (text: string): string => {
  const octets = padded(encodeUtf8(text))
  const view = new DataView(octets.buffer)
  let state: readonly bigint[] = INITIAL
  for (let block = 0; block < octets.length; block += BLOCK) state = compress(state, schedule(view, block))
  return state.map(x => x.toString(16).padStart(16, '0')).join('')
}
