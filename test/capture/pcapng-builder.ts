/**
 * pcapng files block by block, from hexadecimal text: for tests that must not stand on the library's own writer.
 */
import { hex } from '../wire/recordings.js'

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
