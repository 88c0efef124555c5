/**
 * Reads pcapng files of any program.
 *
 * @see draft-ietf-opsawg-pcapng
 */
import type { CapturePacket, CaptureTruncation, PcapngFile } from './pcapng.js'
import {
  PCAPNG_EPB,
  PCAPNG_IDB,
  PCAPNG_ISB,
  PCAPNG_MAGIC,
  PCAPNG_NRB,
  PCAPNG_PB,
  PCAPNG_SHB,
  PCAPNG_SPB,
} from './pcapng-numbers.js'
import { BlockCursor, pcapngError } from './pcapng-cursor.js'
import { SectionReader } from './pcapng-section.js'

/** Options of {@link readPcapng}. */
export interface PcapngReadOptions {
  /** Read a file that breaks off up to its last whole block, instead of refusing it; false. */
  readonly lenient?: boolean
}

const NAMES: Readonly<Record<number, string>> = {
  [PCAPNG_SHB]: 'Section Header Block',
  [PCAPNG_IDB]: 'Interface Description Block',
  [PCAPNG_PB]: 'Packet Block',
  [PCAPNG_SPB]: 'Simple Packet Block',
  [PCAPNG_NRB]: 'Name Resolution Block',
  [PCAPNG_ISB]: 'Interface Statistics Block',
  [PCAPNG_EPB]: 'Enhanced Packet Block',
}

/** Octets around the body: type and length before, length behind. */
const FRAME_OCTETS = 12
const HEADER_OCTETS = 8
/** The file ends within a block. */
class Truncated extends Error {
  readonly offset: number
  readonly block: string
  readonly problem: string

  constructor(offset: number, block: string, problem: string) {
    super(problem)
    this.offset = offset
    this.block = block
    this.problem = problem
  }
}

/** Byte order of the section whose header is at `at`. */
const orderAt = (view: DataView, at: number): boolean => {
  const little = view.getUint32(at + HEADER_OCTETS, true) === PCAPNG_MAGIC
  if (little || view.getUint32(at + HEADER_OCTETS) === PCAPNG_MAGIC) return little
  const magic = view
    .getUint32(at + HEADER_OCTETS)
    .toString(16)
    .padStart(8, '0')
  throw pcapngError(at + HEADER_OCTETS, NAMES[PCAPNG_SHB]!, `byte-order magic ${magic} is not 1a2b3c4d`)
}

/** One pass over a file. */
class FileReader {
  readonly sections: SectionReader[] = []
  readonly packets: CapturePacket[] = []
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #little = true

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Reads all blocks; throws Truncated when the file ends within one. */
  run(): void {
    for (let at = 0; at < this.#bytes.length; ) at = this.#block(at)
  }

  #block(at: number): number {
    const bytes = this.#bytes
    const left = bytes.length - at
    if (left < FRAME_OCTETS) throw new Truncated(at, 'block', `${left} octets of at least ${FRAME_OCTETS}`)
    const type = this.#view.getUint32(at, this.#little)
    if (type === PCAPNG_SHB) this.#little = orderAt(this.#view, at)
    else if (this.sections.length === 0)
      throw pcapngError(at, 'block', `type ${hexType(this.#view.getUint32(at))} is not that of a Section Header Block`)
    const name = NAMES[type] ?? `block of type ${hexType(type)}`
    const total = this.#view.getUint32(at + 4, this.#little)
    if (total < FRAME_OCTETS || total % 4 !== 0)
      throw pcapngError(at + 4, name, `total length ${total} is not a multiple of 4 from ${FRAME_OCTETS} on`)
    if (total > left) throw new Truncated(at, name, `total length ${total}, ${left} octets are left`)
    const again = this.#view.getUint32(at + total - 4, this.#little)
    if (again !== total)
      throw pcapngError(at + total - 4, name, `total length ${again} at the end, ${total} at the beginning`)
    this.#body(type, new BlockCursor(bytes, name, at, at + HEADER_OCTETS, at + total - 4, this.#little))
    return at + total
  }

  #body(type: number, cursor: BlockCursor): void {
    if (type === PCAPNG_SHB) {
      this.sections.push(new SectionReader(cursor, this.sections.length))
      return
    }
    const packet = this.sections.at(-1)!.block(type, cursor)
    if (packet !== null) this.packets.push(packet)
  }
}

const hexType = (type: number): string => `0x${type.toString(16).padStart(8, '0')}`

/**
 * Reads a pcapng file: all sections, in both byte orders; blocks of unknown types are listed and skipped.
 *
 * Throws `EFORMAT` with the offset, the kind of block and what is wrong (context: offset, block) for a file that is
 * malformed or breaks off; one that breaks off is read to its last whole block with `lenient`.
 *
 * @example
 * for (const { interface: { name }, direction, comments } of readPcapng(bytes).packets) console.log(name, direction, comments)
 * @see draft-ietf-opsawg-pcapng
 */
export const readPcapng = (bytes: Uint8Array, options: PcapngReadOptions = {}): PcapngFile => {
  const reader = new FileReader(bytes)
  let truncated: CaptureTruncation | null = null
  if (bytes.length === 0) throw pcapngError(0, 'block', `0 octets of at least ${FRAME_OCTETS}`)
  try {
    reader.run()
  } catch (e) {
    if (!(e instanceof Truncated)) throw e
    if (options.lenient !== true || reader.sections.length === 0) throw pcapngError(e.offset, e.block, e.problem)
    truncated = { offset: e.offset, problem: `${e.block}: ${e.problem}` }
  }
  const { sections, packets } = reader
  return { format: 'pcapng', sections, interfaces: sections.flatMap(s => s.interfaces), packets, truncated }
}
