/**
 * SHA-1, for identifiers that are made with it.
 *
 * @see RFC 3174
 */

const BLOCK = 64

const rotl = (x: number, n: number): number => (x << n) | (x >>> (32 - n))

/** The message with its padding: a one bit, zeros, its length in bits. */
const padded = (octets: Uint8Array): DataView => {
  const blocks = new Uint8Array(Math.ceil((octets.length + 9) / BLOCK) * BLOCK)
  blocks.set(octets)
  blocks[octets.length] = 0x80
  const view = new DataView(blocks.buffer)
  view.setUint32(blocks.length - 8, Math.floor(octets.length / 0x20000000))
  view.setUint32(blocks.length - 4, (octets.length << 3) >>> 0)
  return view
}

const round = (t: number, b: number, c: number, d: number): number => {
  if (t < 20) return ((b & c) | (~b & d)) + 0x5a827999
  if (t < 40) return (b ^ c ^ d) + 0x6ed9eba1
  if (t < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
  return (b ^ c ^ d) + 0xca62c1d6
}

/** The 20 octets of the digest. */
export const sha1 = (octets: Uint8Array): Uint8Array => {
  const view = padded(octets)
  const h = Int32Array.of(0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476, 0xc3d2e1f0 | 0)
  const w = new Int32Array(80)
  for (let at = 0; at < view.byteLength; at += BLOCK) {
    for (let t = 0; t < 16; t++) w[t] = view.getInt32(at + 4 * t)
    for (let t = 16; t < 80; t++) w[t] = rotl(w[t - 3]! ^ w[t - 8]! ^ w[t - 14]! ^ w[t - 16]!, 1)
    let a = h[0]!
    let b = h[1]!
    let c = h[2]!
    let d = h[3]!
    let e = h[4]!
    for (let t = 0; t < 80; t++) {
      const next = (rotl(a, 5) + round(t, b, c, d) + e + w[t]!) | 0
      e = d
      d = c
      c = rotl(b, 30)
      b = a
      a = next
    }
    h[0]! += a
    h[1]! += b
    h[2]! += c
    h[3]! += d
    h[4]! += e
  }
  const digest = new DataView(new ArrayBuffer(20))
  for (let i = 0; i < 5; i++) digest.setInt32(4 * i, h[i]!)
  return new Uint8Array(digest.buffer)
}
