/**
 * IPv4 fragments of one capture, put together so that a checksum over the whole datagram can be verified.
 *
 * Only packets directly in Ethernet, or directly in the capture of raw IP, are kept: fragments inside a tunnel count as not
 * whole.
 */
import { hex, u16 } from './octets.js'
import type { CapturedFrame } from './pcap-reader.js'

const ETHERNET_HLEN = 14
const IPV4_HLEN = 20
const ETH_P_IP = 0x0800
const MORE_FRAGMENTS = 0x2000
const OFFSET_MASK = 0x1fff

interface Pieces {
  /** Payload by its offset in the datagram; a piece seen again replaces the earlier one. */
  readonly byOffset: Map<number, Uint8Array>
  /** Octets of the datagram's payload; null until the last piece was seen. */
  length: number | null
}

const datagramKey = (b: Uint8Array, ip: number): string => `${hex(b, ip + 12, ip + 20)} ${b[ip + 9]} ${u16(b, ip + 4)}`

/** All fragments that a capture holds. */
export class FragmentStore {
  private readonly datagrams: Map<string, Pieces>

  constructor(frames: readonly CapturedFrame[], isRaw: boolean) {
    this.datagrams = new Map()
    for (const { bytes } of frames)
      if (isRaw) this.add(bytes, 0)
      else if (bytes.length >= ETHERNET_HLEN && u16(bytes, 12) === ETH_P_IP) this.add(bytes, ETHERNET_HLEN)
  }

  private add(b: Uint8Array, ip: number): void {
    if (b.length < ip + IPV4_HLEN) return
    const flags = u16(b, ip + 6)
    const more = (flags & MORE_FRAGMENTS) !== 0
    const offset = (flags & OFFSET_MASK) * 8
    const end = ip + u16(b, ip + 2)
    if ((!more && offset === 0) || end > b.length) return
    const start = ip + (b[ip]! & 15) * 4
    const payload = b.subarray(start, Math.max(start, end))
    const key = datagramKey(b, ip)
    const pieces = this.datagrams.get(key) ?? { byOffset: new Map(), length: null }
    this.datagrams.set(key, pieces)
    pieces.byOffset.set(offset, payload)
    if (!more) pieces.length = offset + payload.length
  }

  /** Payload of the datagram of which the IPv4 packet at `ip` is a fragment; null when pieces are missing. */
  payload(b: Uint8Array, ip: number): Uint8Array | null {
    const pieces = this.datagrams.get(datagramKey(b, ip))
    if (pieces === undefined || pieces.length === null) return null
    const whole = new Uint8Array(pieces.length)
    let filled = 0
    for (const [offset, piece] of [...pieces.byOffset].sort(([x], [y]) => x - y)) {
      if (offset > filled) return null
      if (offset < whole.length) whole.set(piece.subarray(0, whole.length - offset), offset)
      filled = Math.max(filled, offset + piece.length)
    }
    return filled < whole.length ? null : whole
  }
}
