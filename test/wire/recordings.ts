/**
 * Recordings that the tests of wire/ and capture/ read: the frames of all captures of the conformance scenarios.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PcapPacket, readPcap } from '../../lib/capture/pcap.js'

/** Folder of recorded data. */
export const DATA: string = join(import.meta.dirname, '..', 'data')

/** Folder of the scenarios. */
export const SCENARIOS: string = join(DATA, 'conformance')

/** Names of the scenarios of which tcpdump's text is recorded, sorted: the first column of dissect/digests.txt. */
export const scenarioNames = (): readonly string[] =>
  readFileSync(join(DATA, 'dissect', 'digests.txt'), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => line.split(' ')[0]!)

/** Captures of a scenario, sorted by name. */
export const capturesOf = (scenario: string): readonly string[] =>
  readdirSync(join(SCENARIOS, scenario))
    .filter(name => name.endsWith('.pcap'))
    .sort()

/** Frames of one capture. */
export const packetsOf = (scenario: string, capture: string): readonly PcapPacket[] =>
  readPcap(readFileSync(join(SCENARIOS, scenario, capture))).packets

/** Frames of all captures of all scenarios, in the order of names. */
export const allFrames = (): readonly Uint8Array[] =>
  scenarioNames().flatMap(scenario =>
    capturesOf(scenario).flatMap(capture => packetsOf(scenario, capture).map(packet => packet.data)),
  )

/** Octets from hexadecimal text; blanks don't count. */
export const hex = (text: string): Uint8Array => {
  const digits = text.replace(/\s/g, '')
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

/** Hexadecimal text of octets. */
export const toHex = (b: Uint8Array): string => Array.from(b, v => v.toString(16).padStart(2, '0')).join('')

/** Seed of all property tests, so that a failure comes again. */
export const SEED = 20260101

/** First frame of the recordings for which `is` holds. */
export const firstFrame = (is: (frame: Uint8Array) => boolean): Uint8Array => {
  const found = allFrames().find(is)
  if (found === undefined) throw new Error('no such frame in the recordings')
  return found
}
