/**
 * Asks tshark what is wrong with captures: frames malformed below the payload, bad checksums.
 *
 * Payloads are declared data, so that text sent to port 53 is not read as DNS. A checksum that Linux leaves unfinished
 * (it holds the sum of the pseudo header, as on lo) is not held against a frame.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FileSet } from './compare.js'
import { canonFrames } from './frame-ethernet.js'
import { writePcap } from './mutate.js'
import { u16 } from './octets.js'
import { type CapturedFrame, readPcap } from './pcap-reader.js'
import { findProgram } from './requirements.js'

/** A frame with what it is called in a finding. */
interface NamedFrame {
  readonly name: string
  readonly frame: CapturedFrame
  /** Linux left a checksum of it unfinished. */
  readonly unfinished: boolean
}

const PAYLOAD_IS_DATA = ['udp.port==1-4788', 'udp.port==4790-8471', 'udp.port==8473-32767', 'tcp.port==1-65535']
const CHECKS = ['ip', 'udp', 'tcp'].map(protocol => `${protocol}.check_checksum:TRUE`)
const STATUSES = ['ip', 'udp', 'tcp', 'icmp', 'igmp'].map(protocol => `${protocol}.checksum.status`)
const FIELDS = ['frame.number', '_ws.malformed', '_ws.expert.severity', '_ws.expert.message', ...STATUSES]
const SEVERITY_ERROR = '8388608'
const STATUS_BAD = '0'

/** Why tshark cannot be asked; null when it can. */
export const tsharkMissing = (): string | null => (findProgram('tshark') === null ? 'no tshark on the PATH' : null)

const tsharkRows = (file: string): string[][] => {
  const args = ['-n', '-r', file, '-T', 'fields', '-E', 'occurrence=a']
  for (const range of PAYLOAD_IS_DATA) args.push('-d', `${range},data`)
  args.push('-d', 'udp.port==8472,vxlan')
  for (const check of CHECKS) args.push('-o', check)
  for (const field of FIELDS) args.push('-e', field)
  const { status, stdout, stderr } = spawnSync('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`tshark ended with status ${status}: ${stderr}`)
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => line.split('\t'))
}

/** What is wrong with the frame of one row; null when nothing is. */
const finding = (row: readonly string[], { name, unfinished }: NamedFrame): string | null => {
  const [, malformed = '', severity = '', message = '', ...statuses] = row
  const bad = STATUSES.filter((_, n) => statuses[n]?.split(',').includes(STATUS_BAD) === true)
  if (malformed !== '') return `${name}: malformed`
  if (bad.length > 0) return unfinished ? null : `${name}: bad checksum (${bad.join(', ')})`
  return severity.split(',').includes(SEVERITY_ERROR) ? `${name}: ${message}` : null
}

const ask = (frames: readonly NamedFrame[]): string[] => {
  if (frames.length === 0) return []
  const temp = mkdtempSync(join(tmpdir(), 'netloom-tshark-'))
  try {
    const file = join(temp, 'frames.pcap')
    writeFileSync(file, writePcap(frames.map(({ frame }) => frame)))
    const rows = tsharkRows(file)
    if (rows.length !== frames.length) throw new Error(`tshark read ${rows.length} of ${frames.length} frames`)
    return rows.map((row, n) => finding(row, frames[n]!)).filter(found => found !== null)
  } finally {
    rmSync(temp, { recursive: true })
  }
}

const nameFrames = (file: string, bytes: Uint8Array): NamedFrame[] => {
  const { frames } = readPcap(bytes, file)
  const canonical = canonFrames(frames)
  return frames.map((frame, n) => ({
    name: `${file} frame ${n + 1}`,
    frame,
    unfinished: canonical[n]!.masks.includes('checksum-offload'),
  }))
}

const isFragment = ({ frame: { bytes } }: NamedFrame): boolean =>
  bytes.length >= 34 && u16(bytes, 12) === 0x0800 && (u16(bytes, 20) & 0x3fff) !== 0

/** What is wrong with captures: one line for each frame that tshark objects to, by the names in `captures`. */
export const tsharkFindings = (captures: FileSet): string[] => {
  const together: NamedFrame[] = []
  const findings: string[] = []
  for (const [file, bytes] of captures) {
    const frames = nameFrames(file, bytes)
    // fragments of one datagram that were captured twice would be put together wrongly
    if (frames.some(isFragment)) findings.push(...ask(frames))
    else together.push(...frames)
  }
  return [...ask(together), ...findings]
}
