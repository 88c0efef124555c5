/**
 * Compares what a replay of a recorded cluster left with the recording: every capture, step by step, and every text.
 *
 * All figures are taken from the recording: what is missing counts as unequal. A capture with frames where the recording
 * has none is named, and makes the whole unequal.
 */
import { type CaptureResult, compareCapture, SharedNumbers } from '../compare-captures.js'
import { type Comparison, countMasks, type FileSet } from '../compare.js'
import type { FrameRules } from '../masks.js'
import { type Capture, type CapturedFrame, PcapFormatError, readPcap } from '../pcap-reader.js'
import { diffLines, type StateResult } from '../state-files.js'
import { CASE_FILE, type Crossing, type RecordedCase, readCase } from './case-file.js'
import { type SectionContext, textUnits } from './case-sections.js'

/** What came out of comparing a replay with a recorded cluster. */
export interface CaseComparison extends Comparison {
  /** Files that inform only. */
  readonly notJudged: readonly string[]
  /** Captures with frames where the recording has none: with one, the whole is not equal. */
  readonly extra: readonly string[]
}

/** Logs, and what holds the time of day. */
const INFORMS_ONLY = /^logs\/|\.flanneld\.log$|\.ip-monitor\.txt$|(^|\/)what\.txt$/

/** Octets of a capture file without frames. */
const PCAP_HLEN = 24
const VXLAN_PORT = 8472
const UDP_PORT = 8285

const isCompared = (file: string): boolean => file !== CASE_FILE && !/(^|\/)\.|\.md$/.test(file)

const rulesOf = ({ backend, backendPort, fixedPortsAndIds }: RecordedCase): FrameRules => ({
  vxlanPorts: backend === 'vxlan' ? [4789, VXLAN_PORT, backendPort || VXLAN_PORT] : [4789, VXLAN_PORT],
  innerPorts: backend === 'udp' ? [backendPort || UDP_PORT] : [],
  rawIp: true,
  chosenNumbers: new Set(fixedPortsAndIds),
})

const segmentOf = (address: string): string => address.slice(0, address.lastIndexOf('.'))

/** What the texts of the host in `file` are compared by. */
const contextOf = (recorded: RecordedCase, file: string): SectionContext => {
  const host = /(h\d+)\.txt$/.exec(file)?.[1]
  const address = recorded.hosts.get(host ?? '')
  const { etcdAddress } = recorded
  const isFar = address !== undefined && segmentOf(address) !== segmentOf(etcdAddress)
  return { etcdAddress, router: isFar ? `${segmentOf(address)}.1` : null }
}

const readActual = (file: string, octets: Uint8Array | undefined): Capture | string => {
  if (octets === undefined) return 'no such capture'
  try {
    return readPcap(octets, file)
  } catch (error) {
    if (error instanceof PcapFormatError) return error.message
    throw error
  }
}

const swapped = (capture: Capture | string, [first]: readonly number[]): Capture | string => {
  if (typeof capture === 'string') return capture
  const frames: CapturedFrame[] = [...capture.frames]
  const [x, y] = [frames[first! - 1], frames[first!]]
  if (x === undefined || y === undefined) return capture
  frames[first! - 1] = y
  frames[first!] = x
  return { ...capture, frames }
}

interface Pair {
  readonly file: string
  readonly recorded: Capture
  readonly actual: Capture | string
}

const compareAll = (pairs: readonly Pair[], rules: FrameRules): CaptureResult[] => {
  const numbers = new SharedNumbers()
  return pairs.map(({ file, recorded, actual }) => compareCapture(file, recorded, actual, numbers, rules))
}

const sumEqual = (results: readonly CaptureResult[]): number => results.reduce((sum, one) => sum + one.framesEqual, 0)

/** The captures of one step; frames that cross may stand in either order. */
const compareStep = (pairs: readonly Pair[], crossing: readonly Crossing[], rules: FrameRules): CaptureResult[] => {
  const results = compareAll(pairs, rules)
  const isCrossed = (file: string): Crossing | undefined =>
    results.some(one => one.file === file && !one.equal && one.actualFrames === one.recordedFrames)
      ? crossing.find(one => one.file === file)
      : undefined
  const other = pairs.map(pair => {
    const crossed = isCrossed(pair.file)
    return crossed === undefined ? pair : { ...pair, actual: swapped(pair.actual, crossed.frames) }
  })
  if (other.every((pair, n) => pair === pairs[n])) return results
  const otherResults = compareAll(other, rules)
  return sumEqual(otherResults) > sumEqual(results) ? otherResults : results
}

/** Captures of a directory are compared together: drawn numbers stand for each other in all of them. */
const compareCaptures = (
  files: readonly string[],
  recorded: FileSet,
  actual: FileSet,
  of: RecordedCase,
): CaptureResult[] => {
  const dirs = new Map<string, Pair[]>()
  for (const file of files.filter(name => name.endsWith('.pcap'))) {
    const dir = file.slice(0, file.lastIndexOf('/') + 1)
    const pair = { file, recorded: readPcap(recorded.get(file)!, file), actual: readActual(file, actual.get(file)) }
    dirs.set(dir, [...(dirs.get(dir) ?? []), pair])
  }
  return [...dirs.values()].flatMap(pairs => compareStep(pairs, of.crossing, rulesOf(of)))
}

const decode = (octets: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(octets)

const compareTexts = (files: readonly string[], recorded: FileSet, actual: FileSet, of: RecordedCase): StateResult[] =>
  files
    .filter(file => !file.endsWith('.pcap') && !INFORMS_ONLY.test(file))
    .flatMap(file => {
      const found = actual.get(file)
      const text = found === undefined ? null : decode(found)
      return textUnits(file, decode(recorded.get(file)!), text, contextOf(of, file))
    })
    .map(unit => {
      const diff = diffLines(unit.recorded, unit.actual ?? [])
      const equal = unit.actual !== null && diff.every(line => line.side === ' ')
      return { file: unit.name, equal, found: unit.actual !== null, diff, masks: [] }
    })

/**
 * Compares the files of a replay with those of a recorded cluster, by paths below the case. Throws CaseFormatError or
 * PcapFormatError for a broken recording.
 */
export const compareCase = (recorded: FileSet, actual: FileSet): CaseComparison => {
  const of = readCase(decode(recorded.get(CASE_FILE) ?? new Uint8Array()))
  const files = [...recorded.keys()].filter(isCompared).sort()
  const captures = compareCaptures(files, recorded, actual, of)
  const states = compareTexts(files, recorded, actual, of)
  const extra = [...actual]
    .filter(([file, octets]) => file.endsWith('.pcap') && !recorded.has(file) && octets.length > PCAP_HLEN)
    .map(([file]) => file)
    .sort()
  const all = [...captures, ...states]
  const filesEqual = all.filter(one => one.equal).length
  return {
    equal: all.length > 0 && filesEqual === all.length && extra.length === 0,
    framesEqual: sumEqual(captures),
    framesTotal: captures.reduce((sum, one) => sum + one.recordedFrames, 0),
    filesEqual,
    filesTotal: all.length,
    captures,
    states,
    masks: countMasks(captures, states),
    notJudged: files.filter(file => INFORMS_ONLY.test(file)),
    extra,
  }
}
