/**
 * Sets of small numbers as keys of /proc/sys read and write them: `80,8000-8010`.
 *
 * @see kernel/sysctl.c proc_do_large_bitmap
 */
import { NetloomError } from '../errors.js'

/** The numbers as ranges; the empty text for none. */
export const bitmapText = (bits: Uint8Array | null): string => {
  if (bits === null) return ''
  const ranges: string[] = []
  for (let from = bits.indexOf(1); from >= 0; ) {
    let to = from
    while (bits[to + 1] === 1) to++
    ranges.push(from === to ? `${from}` : `${from}-${to}`)
    from = bits.indexOf(1, to + 1)
  }
  return ranges.join(',')
}

const wrong = (text: string): never => {
  throw new NetloomError('EINVAL', undefined, { value: text })
}

/** Reads a list of numbers below `size` and ranges of them, separated by commas; null when it is empty. Throws EINVAL. */
export const parseBitmap = (text: string, size: number): Uint8Array | null => {
  const list = text.trim()
  if (list === '') return null
  const bits = new Uint8Array(size)
  for (const part of list.replace(/,$/, '').split(',')) {
    const range = /^(0x[0-9a-f]+|\d+)(?:-(0x[0-9a-f]+|\d+))?$/i.exec(part)
    if (range === null) return wrong(text)
    const from = Number(range[1])
    const to = Number(range[2] ?? range[1])
    if (from > to || to >= size) return wrong(text)
    bits.fill(1, from, to + 1)
  }
  return bits
}
