/**
 * A capture as tcpdump prints it around the text of wire/dissect.ts: time stamps, numbers, and the octets as hex or text.
 *
 * Time is virtual and starts at midnight, 1970-01-01.
 *
 * @see tcpdump(8); tcpdump util-print.c ts_print, print-ascii.c
 */
import { NSEC_PER_SEC } from '../sim/time.js'
import { createDissector, dissect } from '../wire/dissect.js'
import { ETH_HLEN } from '../wire/ethernet.js'

/** What stands in front of a line: nothing, seconds since the epoch, differences, the date, the time of day. */
export type StampStyle = 'clock' | 'none' | 'epoch' | 'delta' | 'date' | 'since-first'

/** How to print a capture. */
export interface CaptureTextOptions {
  readonly stamps: StampStyle
  /** Digits of the fraction of a second: nanoseconds instead of microseconds. */
  readonly isNano: boolean
  /** `-#`. */
  readonly withNumbers: boolean
  /** How often `-v` was given. */
  readonly verbose: number
  /** `-e`. */
  readonly linkLevel: boolean
  /** What frames begin with; an Ethernet header when absent. */
  readonly linkType?: 'ethernet' | 'raw'
  /** `-S`: TCP sequence numbers as they are. */
  readonly absoluteSequence: boolean
  /** The octets behind the line: none, hex (`-x`), hex and text (`-X`), text (`-A`). */
  readonly dump: 'none' | 'hex' | 'both' | 'text'
  /** Dump the link-layer header, too. */
  readonly dumpLinkLevel: boolean
}

const DAY_SEC = 86_400
const SPACE = 32
const DELETE = 127

const two = (n: number): string => String(n).padStart(2, '0')

const clock = (sec: number): string => {
  const s = sec % DAY_SEC
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
}

/** Year, month and day of a day number since 1970-01-01, as text; by 400-year cycles that start on 1 March. */
const dateText = (day: number): string => {
  const z = day + 719_468
  const cycle = Math.floor(z / 146_097)
  const dayOfCycle = z - cycle * 146_097
  const year = Math.floor(
    (dayOfCycle - Math.floor(dayOfCycle / 1460) + Math.floor(dayOfCycle / 36_524) - Math.floor(dayOfCycle / 146_096)) /
      365,
  )
  const dayOfYear = dayOfCycle - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  const month = Math.floor((5 * dayOfYear + 2) / 153)
  const dayOfMonth = dayOfYear - Math.floor((153 * month + 2) / 5) + 1
  const civilMonth = month < 10 ? month + 3 : month - 9
  return `${year + cycle * 400 + (civilMonth <= 2 ? 1 : 0)}-${two(civilMonth)}-${two(dayOfMonth)}`
}

const charOf = (octet: number): string => (octet > SPACE && octet < DELETE ? String.fromCharCode(octet) : '.')

/** Rows of 16 octets, with their offset, as `-x` prints them; with the characters behind them as `-X` does. */
export const hexRows = (octets: Uint8Array, withText: boolean): string => {
  let text = ''
  for (let row = 0; row < octets.length; row += 16) {
    const line = octets.subarray(row, row + 16)
    let hex = ''
    let chars = ''
    for (const [i, octet] of line.entries()) {
      hex += `${i > 0 && i % 2 === 0 ? ' ' : ''}${octet.toString(16).padStart(2, '0')}`
      chars += charOf(octet)
    }
    text += `\n\t0x${row.toString(16).padStart(4, '0')}:  ${withText ? `${hex.padEnd(41)}${chars}` : hex}`
  }
  return text
}

/** The octets as `-A` prints them: blanks, tabs and line ends as they are, a carriage return before a line end not at all. */
export const asciiText = (octets: Uint8Array): string => {
  let text = '\n'
  for (const [i, octet] of octets.entries()) {
    if (octet === 13 && octets[i + 1] === 10) continue
    text += octet === 9 || octet === 10 || octet === SPACE ? String.fromCharCode(octet) : charOf(octet)
  }
  return text
}

/** Prints the frames of one capture in their order. */
export class CaptureText {
  readonly #options: CaptureTextOptions
  readonly #dissect: (bytes: Uint8Array, wireLen: number) => string
  #count = 0
  #firstNs = -1
  #lastNs = -1

  constructor(options: CaptureTextOptions) {
    const { verbose, linkLevel, linkType = 'ethernet' } = options
    this.#options = options
    this.#dissect = options.absoluteSequence
      ? (bytes, wireLen) => dissect(bytes, { verbose, linkLevel, linkType, wireLen })
      : createDissector({ verbose, linkLevel, linkType })
  }

  /** The lines of a frame that was seen at `timeNs`, with the line end. */
  frame(timeNs: number, octets: Uint8Array, wireLen: number): string {
    const number = this.#options.withNumbers ? `${String(++this.#count).padStart(5)}  ` : ''
    // The stamp of a frame has been cut to what is printed before differences are taken.
    const stampNs = this.#options.isNano ? timeNs : timeNs - (timeNs % 1000)
    return `${number}${this.#stamp(stampNs)}${this.#dissect(octets, wireLen)}${this.#dump(octets)}\n`
  }

  #stamp(timeNs: number): string {
    if (this.#firstNs < 0) this.#firstNs = this.#lastNs = timeNs
    const since = this.#options.stamps === 'delta' ? this.#lastNs : this.#firstNs
    this.#lastNs = timeNs
    switch (this.#options.stamps) {
      case 'none':
        return ''
      case 'epoch':
        return `${Math.floor(timeNs / NSEC_PER_SEC)}${this.#fraction(timeNs)} `
      case 'delta':
      case 'since-first':
        return ` ${this.#clock(timeNs - since)} `
      case 'date':
        return `${dateText(Math.floor(timeNs / NSEC_PER_SEC / DAY_SEC))} ${this.#clock(timeNs)} `
      default:
        return `${this.#clock(timeNs)} `
    }
  }

  #clock(ns: number): string {
    return `${clock(Math.floor(ns / NSEC_PER_SEC))}${this.#fraction(ns)}`
  }

  #fraction(ns: number): string {
    const nine = String(ns % NSEC_PER_SEC).padStart(9, '0')
    return `.${this.#options.isNano ? nine : nine.slice(0, 6)}`
  }

  #dump(octets: Uint8Array): string {
    const { dump, dumpLinkLevel } = this.#options
    if (dump === 'none') return ''
    const shown = dumpLinkLevel || this.#options.linkType === 'raw' ? octets : octets.subarray(ETH_HLEN)
    return dump === 'text' ? asciiText(shown) : hexRows(shown, dump === 'both')
  }
}
