/**
 * What Wireshark's tools say about a pcapng file, for tests that run where they are installed.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../conformance/requirements.js'

/** Why the tools cannot be asked; null when they can. */
export const wiresharkMissing = (): string | null => {
  const absent = ['tshark', 'capinfos'].filter(name => findProgram(name) === null)
  return absent.length === 0 ? null : `no ${absent.join(', no ')} on the PATH`
}

const ask = (program: string, bytes: Uint8Array, args: (file: string) => string[]): string => {
  const temp = mkdtempSync(join(tmpdir(), 'netloom-pcapng-'))
  try {
    const file = join(temp, 'file.pcapng')
    writeFileSync(file, bytes)
    const { status, stdout, stderr } = spawnSync(program, args(file), { encoding: 'utf8', maxBuffer: 1 << 28 })
    if (status !== 0) throw new Error(`${program} ended with status ${status}: ${stderr}`)
    return stdout
  } finally {
    rmSync(temp, { recursive: true })
  }
}

/** One row for each packet, with the fields as tshark prints them; several values of a field stand between `|`. */
export const tsharkFields = (bytes: Uint8Array, fields: readonly string[]): string[][] => {
  const args = (file: string): string[] => [
    ...['-n', '-r', file, '-T', 'fields', '-E', 'aggregator=|'],
    ...fields.flatMap(field => ['-e', field]),
  ]
  const lines = ask('tshark', bytes, args).split('\n')
  return lines.slice(0, -1).map(line => line.split('\t'))
}

/** All that capinfos prints. */
export const capinfos = (bytes: Uint8Array): string => ask('capinfos', bytes, file => [file])
