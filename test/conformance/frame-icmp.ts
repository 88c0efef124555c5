/**
 * ICMP in canonical form: ping's time stamp and what is maskable in a quoted packet; the checksum only where that
 * covered something.
 *
 * @see RFC 792, iputils ping.c (struct timeval at the start of the payload)
 */
import type { CanonicalFrame, PacketBounds } from './canonical-frame.js'
import type { CaptureMemory } from './capture-memory.js'
import { checksumState, coverChecksum } from './frame-checksum.js'
import { PING_STAMP_LEN } from './masks.js'

/** Brings the quoted IPv4 packet from `start` up to `end` into canonical form. */
export type CanonQuoted = (
  frame: CanonicalFrame,
  memory: CaptureMemory,
  start: number,
  end: number,
  label: string,
  quoted: boolean,
) => void

const IPPROTO_ICMP = 1
const ICMP_HLEN = 8
const ECHO: readonly number[] = [0, 8]
const REDIRECT = 5
/** Unreachable, source quench, redirect, time exceeded, parameter problem. */
const ERRORS: readonly number[] = [3, 4, REDIRECT, 11, 12]

const canonEcho = (frame: CanonicalFrame, memory: CaptureMemory, packet: PacketBounds): void => {
  const { payload: icmp, end, label } = packet
  frame.coverDrawn(icmp + 4, 'icmp', memory.rules.chosenNumbers)
  frame.field(icmp + 4, icmp + 6, `${label}icmp.id`)
  frame.field(icmp + 6, icmp + 8, `${label}icmp.seq`)
  const stamp = icmp + ICMP_HLEN
  const hasStamp = end - stamp >= PING_STAMP_LEN
  const rest = hasStamp ? stamp + PING_STAMP_LEN : stamp
  frame.field(rest, end, `${label}icmp.payload`)
  if (!hasStamp) return
  frame.field(stamp, rest, `${label}icmp.timestamp`)
  frame.coverAny(stamp, PING_STAMP_LEN, 'ping-timestamp')
}

/** Brings the ICMP message of `packet` into canonical form. */
export const canonIcmp = (
  frame: CanonicalFrame,
  memory: CaptureMemory,
  packet: PacketBounds,
  canonQuoted: CanonQuoted,
): void => {
  const { payload: icmp, end, label } = packet
  frame.fields(icmp, end, label, [
    ['icmp.type', 1],
    ['icmp.code', 1],
    ['icmp.checksum', 2],
  ])
  if (end - icmp < ICMP_HLEN) return
  const type = frame.raw[icmp]!
  const masksBefore = frame.masks.length
  if (ECHO.includes(type)) canonEcho(frame, memory, packet)
  else if (ERRORS.includes(type)) {
    frame.field(icmp + 4, icmp + 8, label + (type === REDIRECT ? 'icmp.gateway' : 'icmp.rest'))
    canonQuoted(frame, memory, icmp + ICMP_HLEN, end, `${label}quoted `, true)
  } else frame.field(icmp + 4, end, `${label}icmp.rest`)
  if (frame.masks.length > masksBefore) {
    coverChecksum(frame, memory, packet, icmp + 2, IPPROTO_ICMP, 'icmp-checksum', 'icmp.checksum')
  } else if (checksumState(frame, memory, packet, icmp + 2, IPPROTO_ICMP) === 'wrong') {
    frame.remarks.push(`${label}icmp.checksum is wrong`)
  }
}
