/**
 * What the printers of `dissect/` share: the text so far, reads that end the frame's text where the octets end, and the
 * conversation memory for relative TCP sequence numbers.
 *
 * tcpdump leaves a printer by a long jump when it runs out of octets and appends `[|protocol]`. Here a private exception
 * does the same; it never leaves `dissect`.
 */

import { getU16, getU24, getU32 } from '../bytes.js'
import { formatIpv4 } from '../ip.js'
import { formatMac, macAt } from '../mac.js'

/** Thrown by the reads of a {@link Printer} behind the captured octets; caught by `dissect`. */
export class Truncated extends Error {
  override readonly name = 'Truncated'
}

/** First sequence numbers of a conversation, as seen from the end with the smaller port. */
interface Conversation {
  seq: number
  ack: number
}

/** What one segment prints: relative numbers, and the bases of the SACK blocks. */
export interface RelativeNumbers {
  readonly seq: number
  readonly ack: number
  readonly sackBase: number
}

/**
 * Remembers the first sequence numbers of TCP conversations, so that later segments print relative ones.
 *
 * tcpdump never forgets a conversation while it runs; neither does this.
 */
export class TcpConversations {
  readonly #byKey: Map<string, Conversation> = new Map()

  /** Numbers to print for a segment with the ACK flag; `isSyn` starts a conversation anew. */
  relative(key: string, isReversed: boolean, seq: number, ack: number, isSyn: boolean): RelativeNumbers {
    let c = this.#byKey.get(key)
    if (c === undefined || isSyn) {
      c = isReversed ? { ack: seq, seq: ack - 1 } : { seq, ack: ack - 1 }
      this.#byKey.set(key, c)
      return { seq, ack, sackBase: isReversed ? c.seq : c.ack }
    }
    const [own, other] = isReversed ? [c.ack, c.seq] : [c.seq, c.ack]
    return { seq: seq - own, ack: ack - other, sackBase: other }
  }
}

/** A table of names for numbers, as tcpdump prints them. */
export type Names = ReadonlyMap<number, string>

/** Text of an unsigned 32-bit number that is kept as int32. */
export const u32Text = (v: number): string => String(v >>> 0)

/** Hexadecimal text with at least `digits` digits. */
export const hex = (v: number, digits = 1): string => (v >>> 0).toString(16).padStart(digits, '0')

/** State of printing one frame. */
export class Printer {
  readonly b: Uint8Array
  readonly verbose: number
  readonly linkLevel: boolean
  readonly conversations: TcpConversations
  /** Offset behind the last octet that may be read; printers narrow it to the length that a header announces. */
  end: number
  /** Name that stands in `[|name]`. */
  protocol: string
  text: string

  constructor(b: Uint8Array, verbose: number, linkLevel: boolean, conversations: TcpConversations) {
    this.b = b
    this.verbose = verbose
    this.linkLevel = linkLevel
    this.conversations = conversations
    this.end = b.length
    this.protocol = ''
    this.text = ''
  }

  print(text: string): void {
    this.text += text
  }

  /** Appends `[|protocol]`. */
  printTruncated(): void {
    this.text += ` [|${this.protocol}]`
  }

  /** Whether `n` octets at `o` may be read. */
  has(o: number, n: number): boolean {
    return o >= 0 && o + n <= this.end
  }

  /** Ends the printer unless `n` octets at `o` may be read. */
  need(o: number, n: number): void {
    if (!this.has(o, n)) throw new Truncated()
  }

  u8(o: number): number {
    this.need(o, 1)
    return this.b[o]!
  }

  u16(o: number): number {
    this.need(o, 2)
    return getU16(this.b, o)
  }

  u24(o: number): number {
    this.need(o, 3)
    return getU24(this.b, o)
  }

  /** 32-bit number at `o` as int32. */
  u32(o: number): number {
    this.need(o, 4)
    return getU32(this.b, o)
  }

  /** Text of the IPv4 address at `o`. */
  ip(o: number): string {
    return formatIpv4(this.u32(o))
  }

  /** Text of the MAC at `o`. */
  mac(o: number): string {
    this.need(o, 6)
    return formatMac(macAt(this.b, o))
  }

  /** Text of a hardware address of `n` octets at `o`. */
  linkAddress(o: number, n: number): string {
    if (n === 0) return '<empty>'
    this.need(o, n)
    return Array.from(this.b.subarray(o, o + n), v => hex(v, 2)).join(':')
  }

  /** Hexadecimal text of `n` octets at `o` without separators. */
  hexString(o: number, n: number): string {
    this.need(o, n)
    return Array.from(this.b.subarray(o, o + n), v => hex(v, 2)).join('')
  }

  /** `n` octets at `o` as characters, those that do not print in caret and M- notation. */
  chars(o: number, n: number): string {
    let text = ''
    for (let i = o; i < o + n; i++) text += charText(this.u8(i))
    return text
  }

  /** Octets from `o` to the end of what may be read, at most `n`. */
  available(o: number, n: number): number {
    return Math.max(0, Math.min(n, this.end - o))
  }

  /** Hexadecimal and ASCII lines of up to `length` octets at `o`, for what no printer knows. */
  printOctets(o: number, length: number): void {
    const n = this.available(o, length)
    for (let line = 0; line < n; line += 16)
      this.print(`\n\t${octetLine(this.b, o + line, line, Math.min(16, n - line))}`)
    if (n < length) throw new Truncated()
  }
}

const charText = (octet: number): string => {
  const meta = octet > 127 ? 'M-' : ''
  const c = octet & 127
  return c < 32 || c === 127 ? `${meta}^${String.fromCharCode(c ^ 64)}` : meta + String.fromCharCode(c)
}

const HEX_COLUMN = 40

const octetLine = (b: Uint8Array, o: number, label: number, n: number): string => {
  let hexText = ''
  let ascii = ''
  for (let i = 0; i < n; i++) {
    const v = b[o + i]!
    hexText += (i % 2 === 0 ? ' ' : '') + hex(v, 2)
    ascii += v > 32 && v < 127 ? String.fromCharCode(v) : '.'
  }
  return `0x${hex(label, 4)}: ${hexText.padEnd(HEX_COLUMN)}  ${ascii}`
}
