/**
 * Checksums of layer-4 messages: right, wrong, left unfinished by the sender, or not to be told.
 *
 * @see RFC 1071, RFC 768, RFC 9293 and Linux's CHECKSUM_PARTIAL (include/linux/skbuff.h)
 */
import type { CanonicalFrame, PacketBounds } from './canonical-frame.js'
import type { CaptureMemory } from './capture-memory.js'
import { type FrameMask, UNKNOWN } from './masks.js'
import { onesSum, pseudoSum, u16 } from './octets.js'

/** What can be said about a checksum. `unfinished`: it holds the sum of the pseudo header only. */
export type ChecksumState = 'right' | 'wrong' | 'unfinished' | 'unknown'

const IPPROTO_ICMP = 1

/** State of the checksum at `at` of the message of `protocol` in `packet`. */
export const checksumState = (
  frame: CanonicalFrame,
  memory: CaptureMemory,
  packet: PacketBounds,
  at: number,
  protocol: number,
): ChecksumState => {
  const { ip, payload, end } = packet
  const hasPseudo = protocol !== IPPROTO_ICMP
  if (packet.fragment) {
    const whole = packet.quoted ? null : memory.fragments.payload(frame.raw, ip)
    if (whole === null) return 'unknown'
    const seed = hasPseudo ? pseudoSum(frame.raw, ip, protocol, whole.length) : 0
    return onesSum(whole, 0, whole.length, seed) === 0xffff ? 'right' : 'wrong'
  }
  if (!packet.whole) return 'unknown'
  const seed = hasPseudo ? pseudoSum(frame.raw, ip, protocol, end - payload) : 0
  if (onesSum(frame.raw, payload, end, seed) === 0xffff) return 'right'
  return hasPseudo && u16(frame.raw, at) === seed ? 'unfinished' : 'wrong'
}

/** Covers the checksum at `at` by its state; an unfinished one counts as right. */
export const coverChecksum = (
  frame: CanonicalFrame,
  memory: CaptureMemory,
  packet: PacketBounds,
  at: number,
  protocol: number,
  mask: FrameMask,
  name: string,
): void => {
  const state = checksumState(frame, memory, packet, at, protocol)
  if (state === 'unfinished') frame.masks.push('checksum-offload')
  if (state === 'unknown') frame.cover16(at, UNKNOWN, 'checksum-unverifiable')
  else frame.coverVerdict(at, state !== 'wrong', mask, packet.label + name)
}
