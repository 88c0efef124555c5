/** Reads what Linux answered to frames (../data/answers), and masks what it chose freely in them. */
import { readFileSync } from 'node:fs'
import { ipChecksum } from './octets.js'

/** What was received before the next frame: frames in x and y, payloads of the UDP socket in t, as hexadecimal text. */
export interface Answer {
  readonly x: readonly string[]
  readonly y: readonly string[]
  readonly udp: readonly string[]
}

/** One file of answers. */
export interface Answers {
  readonly about: string
  /** Commands that configure t. */
  readonly setup: readonly string[]
  readonly frames: readonly { readonly sent: string; readonly answer: Answer }[]
}

interface Stored {
  about: string
  setup: string[]
  frames: [string, Partial<Answer>?][]
}

export const readAnswers = (name: string): Answers => {
  const file = new URL(`../data/answers/${name}.json`, import.meta.url)
  const { about, setup, frames } = JSON.parse(readFileSync(file, 'utf8')) as Stored
  return {
    about,
    setup,
    frames: frames.map(([sent, { x = [], y = [], udp = [] } = {}]) => ({ sent, answer: { x, y, udp } })),
  }
}

const ETH_HLEN = 14
const IPOPT_TS = 68
const TIMESTAMP_REPLY = 14
const ERRORS = [3, 4, 5, 11, 12]

/** Zeroes the slots of a time stamp option of the header at `o`; true when there is one. */
const maskTimeStamps = (b: Uint8Array, o: number): boolean => {
  const end = Math.min(o + (b[o]! & 15) * 4, b.length)
  for (let at = o + 20; at + 1 < end && b[at] !== 0; ) {
    const len = b[at] === 1 ? 1 : b[at + 1]!
    if (len === 0) break
    if (b[at] === IPOPT_TS) {
      b.fill(0, at + 4, Math.min(at + len, end))
      return true
    }
    at += len
  }
  return false
}

const maskIcmp = (b: Uint8Array, o: number): void => {
  const quoted = o + 8
  const isReply = b[o] === TIMESTAMP_REPLY
  if (isReply) b.fill(0, o + 12, o + 20)
  const quotesTimes = ERRORS.includes(b[o]!) && quoted + 20 <= b.length && maskTimeStamps(b, quoted)
  if (isReply || quotesTimes) b.fill(0, o + 2, o + 4)
}

/**
 * A frame as text without what is free: the identification unless it is 0, with it the header checksum, which must be
 * right, and times of day.
 */
export const masked = (hex: string): string => {
  const b = Uint8Array.from(Buffer.from(hex, 'hex'))
  if (b.length < ETH_HLEN + 20 || b[12] !== 8 || b[13] !== 0) return hex
  const ip = ETH_HLEN
  if (ipChecksum(b, ip) !== 0) return `wrong header checksum: ${hex}`
  if (b[ip + 4] !== 0 || b[ip + 5] !== 0) b.fill(0xee, ip + 4, ip + 6)
  b.fill(0, ip + 10, ip + 12)
  maskTimeStamps(b, ip)
  const isFirst = ((b[ip + 6]! << 8) | b[ip + 7]!) & 0x1fff
  if (b[ip + 9] === 1 && isFirst === 0) maskIcmp(b, ip + (b[ip]! & 15) * 4)
  return Buffer.from(b).toString('hex')
}
