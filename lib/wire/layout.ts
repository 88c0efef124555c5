/**
 * Header layouts: declared once with buffer-layout, executed as arithmetic.
 *
 * A header file declares its fields here, takes every offset and the size from the result, and keeps them in module
 * constants; the data path then reads bytes at those constants. Decoding through buffer-layout itself is left out: it
 * costs a hundred times as much and needs Node's Buffer.
 */

import * as BufferLayout from 'buffer-layout'
import { fail } from '../errors.js'

/** A field of a header: its name and the octets it takes. */
export interface Field<N extends string> {
  readonly name: N
  readonly octets: number
  readonly kind: 'be' | 'le' | 'blob'
}

/** Offsets in octets of the fields of a header, and the header's length `SIZE`. */
export type Offsets<N extends string> = Readonly<Record<N | 'SIZE', number>>

/** An unsigned field of one octet. */
export const u8 = <N extends string>(name: N): Field<N> => ({ name, octets: 1, kind: 'be' })
/** An unsigned field of two octets in network order. */
export const u16 = <N extends string>(name: N): Field<N> => ({ name, octets: 2, kind: 'be' })
/** An unsigned field of three octets in network order. */
export const u24 = <N extends string>(name: N): Field<N> => ({ name, octets: 3, kind: 'be' })
/** A field of four octets in network order. */
export const u32 = <N extends string>(name: N): Field<N> => ({ name, octets: 4, kind: 'be' })
/** An unsigned field of six octets in network order: a MAC. */
export const u48 = <N extends string>(name: N): Field<N> => ({ name, octets: 6, kind: 'be' })
/** An unsigned field of two octets, least significant first (file formats). */
export const u16le = <N extends string>(name: N): Field<N> => ({ name, octets: 2, kind: 'le' })
/** A field of four octets, least significant first (file formats). */
export const u32le = <N extends string>(name: N): Field<N> => ({ name, octets: 4, kind: 'le' })
/** Octets without meaning as a number. */
export const octets = <N extends string>(name: N, count: number): Field<N> => ({ name, octets: count, kind: 'blob' })

const toLayout = (f: Field<string>): BufferLayout.Layout => {
  if (f.kind === 'blob') return BufferLayout.blob(f.octets, f.name)
  if (f.kind === 'le') return f.octets === 2 ? BufferLayout.u16(f.name) : BufferLayout.u32(f.name)
  switch (f.octets) {
    case 1:
      return BufferLayout.u8(f.name)
    case 2:
      return BufferLayout.u16be(f.name)
    case 3:
      return BufferLayout.u24be(f.name)
    case 4:
      return BufferLayout.u32be(f.name)
    default:
      return BufferLayout.u48be(f.name)
  }
}

/**
 * Frozen table of the offsets of `fields` and their total `SIZE`, as buffer-layout lays them out.
 *
 * Fails with `EINVAL` when the module is loaded if a name stands twice, if a field has no offset, or if the size is not
 * `size`, the length that the RFC gives the header.
 */
export const offsets = <const N extends string>(size: number, fields: readonly Field<N>[]): Offsets<N> => {
  const layout = BufferLayout.struct(fields.map(toLayout))
  const table: Record<string, number> = { SIZE: layout.span }
  for (const { name } of fields) {
    const at = layout.offsetOf(name)
    if (at === undefined || name in table)
      return fail('EINVAL', `layout: field ${name} is declared twice`, { field: name })
    table[name] = at
  }
  if (layout.span !== size) fail('EINVAL', `layout: ${layout.span} octets declared, ${size} expected`, { size })
  return Object.freeze(table) as Offsets<N>
}
