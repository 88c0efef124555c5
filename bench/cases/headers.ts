/**
 * Header reads as the forwarding path does them: bytes at fixed offsets.
 */
import { ethDst, ethType, ipv4Daddr, ipv4Proto, ipv4Saddr, ipv4Ttl, udpDport, udpSport } from 'netloom/wire'
import type { BenchCase } from '../case.js'

const OPS = 1000

/** A 64-octet datagram from 10.0.0.1:40000 to 10.0.0.2:9, without checksums. */
const frame = (): Uint8Array => {
  const bytes = new Uint8Array(14 + 20 + 8 + 64)
  bytes.set([0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x08, 0x00])
  bytes.set([0x45, 0, 0, 92, 0, 1, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 14)
  bytes.set([0x9c, 0x40, 0, 9, 0, 72, 0, 0], 34)
  return bytes
}

/** Frames that differ, so that no read can be taken out of the loop. */
const frames = (): Uint8Array[] =>
  Array.from({ length: 16 }, (_, i) => {
    const bytes = frame()
    bytes[29] = i
    return bytes
  })

const eight: BenchCase = {
  name: '8 fields of Ethernet, IPv4 and UDP',
  ops: OPS,
  make: () => {
    const all = frames()
    return () => {
      let sum = 0
      for (let i = 0; i < OPS; i++) {
        const b = all[i & 15]!
        sum ^= ethDst(b, 0) ^ ethType(b, 0) ^ ipv4Ttl(b, 14) ^ ipv4Proto(b, 14)
        sum ^= ipv4Saddr(b, 14) ^ ipv4Daddr(b, 14) ^ udpSport(b, 34) ^ udpDport(b, 34)
      }
      return sum
    }
  },
}

const route: BenchCase = {
  name: 'TTL and destination',
  ops: OPS,
  make: () => {
    const all = frames()
    return () => {
      let sum = 0
      for (let i = 0; i < OPS; i++) {
        const b = all[i & 15]!
        sum ^= ipv4Ttl(b, 14) ^ ipv4Daddr(b, 14)
      }
      return sum
    }
  },
}

/** Header reads. */
export const cases: readonly BenchCase[] = [eight, route]
