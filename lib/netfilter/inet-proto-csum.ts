/**
 * Checksums of TCP and UDP after a change of the packet; one that the device is to finish covers the pseudo-header alone.
 *
 * @see net/core/utils.c inet_proto_csum_replace2
 */
import { CHECKSUM_PARTIAL, type Skb } from '../core/skb.js'
import { getU16, putU16 } from '../wire/bytes.js'
import { csumReplace2, csumFold } from '../wire/checksum.js'

/** Updates the checksum at `at` after a 16-bit word changed; `isPseudo` says that it belongs to the pseudo-header. */
export const inetProtoCsumReplace2 = (skb: Skb, at: number, from: number, to: number, isPseudo: boolean): void => {
  const { buf: b } = skb
  if (skb.ipSummed !== CHECKSUM_PARTIAL) putU16(b, at, csumReplace2(getU16(b, at), from, to))
  else if (isPseudo) putU16(b, at, ~csumFold(getU16(b, at) + (~from & 0xffff) + (to & 0xffff)) & 0xffff)
}
