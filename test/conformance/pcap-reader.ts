/**
 * Reads a classic pcap file (libpcap's savefile format) for the judge: link type and frames; time stamps are not kept.
 *
 * Left out: pcapng.
 *
 * @see pcap-savefile(5)
 */

/** One captured frame. */
export interface CapturedFrame {
  readonly bytes: Uint8Array
  /** Octets on the wire, more than `bytes` holds when the snapshot length cut it. */
  readonly wireLen: number
}

/** A capture file as read. */
export interface Capture {
  readonly linkType: number
  readonly frames: readonly CapturedFrame[]
}

/** Says why a file is not a whole pcap file. */
export class PcapFormatError extends Error {
  override readonly name = 'PcapFormatError'
}

const FILE_HLEN = 24
const RECORD_HLEN = 16
/** Micro- and nanosecond stamps. */
const MAGICS: readonly number[] = [0xa1b2c3d4, 0xa1b23c4d]

const byteOrder = (view: DataView, name: string): boolean => {
  if (MAGICS.includes(view.getUint32(0, true))) return true
  if (MAGICS.includes(view.getUint32(0, false))) return false
  throw new PcapFormatError(`${name}: not a pcap file (it starts with ${view.getUint32(0).toString(16)})`)
}

/** Reads a whole capture; throws `PcapFormatError` for anything that is not one, a cut last record included. */
export const readPcap = (file: Uint8Array, name: string): Capture => {
  if (file.length < FILE_HLEN) throw new PcapFormatError(`${name}: ${file.length} octets hold no pcap header`)
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const littleEndian = byteOrder(view, name)
  const frames: CapturedFrame[] = []
  let at = FILE_HLEN
  while (at < file.length) {
    const start = at + RECORD_HLEN
    const end = start > file.length ? Number.POSITIVE_INFINITY : start + view.getUint32(at + 8, littleEndian)
    if (end > file.length) throw new PcapFormatError(`${name}: the file ends inside frame ${frames.length + 1}`)
    frames.push({ bytes: file.subarray(start, end), wireLen: view.getUint32(at + 12, littleEndian) })
    at = end
  }
  return { linkType: view.getUint32(20, littleEndian) & 0x0fffffff, frames }
}
