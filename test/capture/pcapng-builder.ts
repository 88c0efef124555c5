/**
 * pcapng files block by block, from hexadecimal text: for tests that must not stand on the library's own writer.
 */
import { hex } from '../wire/recordings.js'

/**
 * One section in little endian: an interface `eth0` with nanoseconds and a packet of three octets, five on the wire, sent
 * at 1.000000002 s with the comment `hi`. Lengths and offsets counted by hand from the figures of the draft.
 */
export const GOLDEN: string = `
  0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000
  01000000 28000000 0100 0000 00000400 0200 0400 65746830 0900 0100 09000000 0000 0000 28000000
  06000000 38000000 00000000 00000000 02ca9a3b 03000000 05000000 aabbcc00
  0100 0200 68690000 0200 0400 02000000 0000 0000 38000000`

/** The same in big endian. */
export const GOLDEN_BIG: string = `
  0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
  00000001 00000028 0001 0000 00040000 0002 0004 65746830 0009 0001 09000000 0000 0000 00000028
  00000006 00000038 00000000 00000000 3b9aca02 00000003 00000005 aabbcc00
  0001 0002 68690000 0002 0004 00000002 0000 0000 00000038`

const END_MARK = '00000000'

/** Collects blocks of one byte order. What is inside of them is the caller's, in that order. */
export class BlockBuilder {
  readonly #little: boolean
  readonly #blocks: Buffer[] = []

  constructor(little: boolean) {
    this.#little = little
  }

  #u32(v: number): Buffer {
    const b = Buffer.alloc(4)
    if (this.#little) b.writeUInt32LE(v >>> 0)
    else b.writeUInt32BE(v >>> 0)
    return b
  }

  /** A section header without a length; `options` may lack their end mark. */
  section(options = '', withEnd = true): this {
    const magic = this.#little ? '4d3c2b1a 01000000' : '1a2b3c4d 00010000'
    return this.raw(0x0a0d0d0a, magic, 'ffffffffffffffff', options, options !== '' && withEnd ? END_MARK : '')
  }

  /** A block of fixed fields and options, with an end mark when there are options. */
  block(type: number, fixed: string, ...options: string[]): this {
    const list = options.join('')
    return this.raw(type, fixed, list, list === '' ? '' : END_MARK)
  }

  /** An Enhanced Packet Block. */
  packet(id: number, high: number, low: number, data: string, ...options: string[]): this {
    const octets = hex(data)
    const header = [id, high, low, octets.length, octets.length].map(v => this.#u32(v).toString('hex')).join('')
    return this.block(6, `${header}${data}${'00'.repeat(-octets.length & 3)}`, ...options)
  }

  /** A block of whatever there is. */
  raw(type: number, ...parts: string[]): this {
    const body = hex(parts.join(''))
    const length = this.#u32(12 + body.length)
    this.#blocks.push(Buffer.concat([this.#u32(type), length, body, length]))
    return this
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#blocks)
  }
}
