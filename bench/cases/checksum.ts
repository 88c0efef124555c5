/**
 * Internet checksums: whole (RFC 1071) and incremental (RFC 1624).
 */
import { csumMessage, csumReplace2, ipFastCsum } from 'netloom/wire'
import type { BenchCase } from '../case.js'

const OPS = 1000

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + 7) & 255)

const whole = (octets: number): BenchCase => ({
  name: `${octets.toLocaleString('en')} octets`,
  ops: OPS,
  make: () => {
    const message = bytes(octets)
    return () => {
      let sum = 0
      for (let i = 0; i < OPS; i++) {
        message[0] = i & 255
        sum ^= csumMessage(message, 0, octets)
      }
      return sum
    }
  },
})

const header: BenchCase = {
  name: 'IPv4 header',
  ops: OPS,
  make: () => {
    const message = bytes(20)
    return () => {
      let sum = 0
      for (let i = 0; i < OPS; i++) {
        message[8] = i & 255
        sum ^= ipFastCsum(message, 0, 20)
      }
      return sum
    }
  },
}

const incremental: BenchCase = {
  name: 'one word replaced',
  ops: OPS,
  make: () => () => {
    let sum = 0xb861
    for (let i = 0; i < OPS; i++) sum = csumReplace2(sum, i, i ^ 0x0100)
    return sum
  },
}

/** Checksums. */
export const cases: readonly BenchCase[] = [whole(64), whole(1400), header, incremental]
