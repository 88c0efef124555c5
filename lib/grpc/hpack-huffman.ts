/**
 * HPACK's Huffman code for strings. The code is canonical: the lengths of the codes give the codes.
 *
 * @see RFC 7541, section 5.2 and appendix B
 */

/** Bits of the code for each octet. */
const CODE_LENGTHS: readonly number[] = [
  [13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28],
  [28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  [6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6],
  [5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10],
  [13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  [7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6],
  [15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5],
  [6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28],
  [20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23],
  [24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24],
  [22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23],
  [21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23],
  [26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25],
  [19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27],
  [20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23],
  [26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26],
].flat()

/** End of string: the longest code, all ones; only its beginning may stand in a string, as padding. */
const EOS = 256
const EOS_LENGTH = 30

/** The codes, as numbers of as many bits as their lengths say. */
const codesOf = (lengths: readonly number[]): Uint32Array => {
  const symbols = lengths.map((length, symbol) => ({ length, symbol }))
  symbols.sort((a, b) => a.length - b.length || a.symbol - b.symbol)
  const codes = new Uint32Array(lengths.length)
  let code = 0
  let before = symbols[0]!.length
  for (const { length, symbol } of symbols) {
    code <<= length - before
    before = length
    codes[symbol] = code++
  }
  return codes
}

const LENGTHS: readonly number[] = [...CODE_LENGTHS, EOS_LENGTH]
const CODES = codesOf(LENGTHS)

/**
 * The code as a tree: nodes of two numbers each, for a 0 and for a 1. A positive number is the next node, a negative
 * one the octet -1 - n.
 */
const treeOf = (): Int16Array => {
  const tree: number[] = [0, 0]
  for (let symbol = 0; symbol <= EOS; symbol++) {
    let node = 0
    for (let bit = LENGTHS[symbol]! - 1; bit >= 0; bit--) {
      const at = 2 * node + ((CODES[symbol]! >>> bit) & 1)
      if (bit === 0) tree[at] = -1 - symbol
      else if (tree[at] === 0) {
        tree[at] = tree.length / 2
        tree.push(0, 0)
      }
      node = tree[at]!
    }
  }
  return Int16Array.from(tree)
}

const TREE = treeOf()

/** Octets that the text has when it is encoded. */
export const huffmanLength = (text: string): number => {
  let bits = 0
  for (let i = 0; i < text.length; i++) bits += LENGTHS[text.charCodeAt(i) & 0xff]!
  return (bits + 7) >> 3
}

/** Appends the text, each character one octet, as Huffman code. */
export const pushHuffman = (octets: number[], text: string): void => {
  let held = 0
  let bits = 0
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i) & 0xff
    const code = CODES[symbol]!
    for (let bit = LENGTHS[symbol]! - 1; bit >= 0; bit--) {
      held = (held << 1) | ((code >>> bit) & 1)
      if (++bits < 8) continue
      octets.push(held)
      held = 0
      bits = 0
    }
  }
  if (bits > 0) octets.push((held << (8 - bits)) | (0xff >> bits))
}

/**
 * The text between `from` and `to`; null when it is no Huffman code: the end-of-string symbol, or padding that has
 * eight bits or more or a zero.
 */
export const huffmanText = (octets: Uint8Array, from: number, to: number): string | null => {
  let text = ''
  let node = 0
  let depth = 0
  let isAllOnes = true
  for (let at = from; at < to; at++) {
    for (let bit = 7; bit >= 0; bit--) {
      const one = (octets[at]! >> bit) & 1
      node = TREE[2 * node + one]!
      depth++
      if (one === 0) isAllOnes = false
      if (node >= 0) continue
      if (node === -1 - EOS) return null
      text += String.fromCharCode(-1 - node)
      node = 0
      depth = 0
      isAllOnes = true
    }
  }
  return depth < 8 && isAllOnes ? text : null
}
