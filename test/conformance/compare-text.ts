/**
 * What a comparison found, as text for people: the first difference of each capture as hex side by side with the names
 * of the fields that differ, state files as line diffs.
 */
import type { CanonicalFrame } from './canonical-frame.js'
import { type Comparison, figuresText } from './compare.js'
import type { CaptureResult, FrameDifference } from './compare-captures.js'
import { hex } from './octets.js'
import type { StateResult } from './state-files.js'

/** How much is shown. */
export interface TextOptions {
  /** Differences of a capture that are shown in hex; default 1. */
  readonly maxHex?: number
  /** One line for a frame, such as tcpdump prints; default none. */
  readonly dissect?: (bytes: Uint8Array) => string
}

const PER_ROW = 16
const MOST_LISTED = 20
const MOST_FIELDS = 12

const differsAt = (x: CanonicalFrame, y: CanonicalFrame, at: number): boolean => x.canonical[at] !== y.canonical[at]

const octetText = (frame: CanonicalFrame, other: CanonicalFrame | null, at: number): string => {
  if (at >= frame.raw.length) return '  '
  const isHidden = frame.covered[at] === 1 && (other === null || !differsAt(frame, other, at))
  return isHidden ? '..' : frame.raw[at]!.toString(16).padStart(2, '0')
}

const hexRow = (frame: CanonicalFrame | null, other: CanonicalFrame | null, from: number): string => {
  if (frame === null) return ' '.repeat(PER_ROW * 3)
  return Array.from({ length: PER_ROW }, (_, n) => ` ${octetText(frame, other, from + n)}`).join('')
}

const range = (from: number, length: number): number[] => Array.from({ length }, (_, n) => from + n)

/** Recorded and actual frame side by side; rows that differ start with `*`. */
export const hexSideBySide = (recorded: CanonicalFrame | null, actual: CanonicalFrame | null): string[] => {
  const rows = [`  offset  ${'recorded'.padEnd(PER_ROW * 3)} | actual (.. is masked)`]
  const length = Math.max(recorded?.raw.length ?? 0, actual?.raw.length ?? 0)
  for (let from = 0; from < length; from += PER_ROW) {
    const isOff =
      recorded !== null && actual !== null && range(from, PER_ROW).some(at => differsAt(recorded, actual, at))
    const offset = from.toString(16).padStart(4, '0')
    rows.push(`${isOff ? '*' : ' '} ${offset}    ${hexRow(recorded, actual, from)} |${hexRow(actual, recorded, from)}`)
  }
  return rows.map(row => row.trimEnd())
}

interface FieldDifference {
  readonly name: string
  readonly from: number
  to: number
}

const fieldDifferences = (recorded: CanonicalFrame, actual: CanonicalFrame): FieldDifference[] => {
  const found: FieldDifference[] = []
  const length = Math.max(recorded.raw.length, actual.raw.length)
  for (const at of range(0, length).filter(place => differsAt(recorded, actual, place))) {
    const name = (at < recorded.raw.length ? recorded : actual).nameAt(at)
    const last = found.at(-1)
    if (last?.name === name) last.to = at + 1
    else found.push({ name, from: at, to: at + 1 })
  }
  return found
}

/** One line for each field that differs: offset, name, both values. */
export const fieldLines = (recorded: CanonicalFrame, actual: CanonicalFrame): string[] => {
  const lines = fieldDifferences(recorded, actual).map(({ name, from, to }) => {
    const value = (frame: CanonicalFrame): string => hex(frame.raw, from, to) || 'absent'
    const isCovered = recorded.covered[from] === 1 || actual.covered[from] === 1
    const note = isCovered ? ' (masked: compared relative, or as right or wrong)' : ''
    const values = to - from > PER_ROW ? '' : `: recorded ${value(recorded)}, actual ${value(actual)}`
    return `at 0x${from.toString(16)} ${name}${values}${note}`
  })
  if (lines.length > MOST_FIELDS)
    lines.splice(MOST_FIELDS, lines.length, `and ${lines.length - MOST_FIELDS} more fields`)
  if (recorded.wireLen !== actual.wireLen) {
    lines.push(`length on the wire: recorded ${recorded.wireLen}, actual ${actual.wireLen}`)
  }
  return lines
}

const place = ({ recorded, actual }: FrameDifference): string =>
  [recorded && `recorded frame ${recorded.number}`, actual && `actual frame ${actual.number}`]
    .filter(part => part !== null)
    .join(', ')

const dissected = (which: string, at: FrameDifference['recorded'], options: TextOptions): string[] =>
  at === null || options.dissect === undefined ? [] : [`${which} ${options.dissect(at.frame.raw)}`]

const differenceLines = (difference: FrameDifference, inHex: boolean, options: TextOptions): string[] => {
  const { kind, recorded, actual } = difference
  const lines = [[place(difference), kind].filter(part => part !== '').join(': ')]
  if (!inHex || (recorded === null && actual === null)) return lines
  lines.push(...hexSideBySide(recorded?.frame ?? null, actual?.frame ?? null))
  if (recorded !== null && actual !== null) lines.push(...fieldLines(recorded.frame, actual.frame))
  return [...lines, ...dissected('recorded:', recorded, options), ...dissected('actual:  ', actual, options)]
}

const indent = (lines: readonly string[]): string[] => lines.map(line => `  ${line}`)

const captureLines = (capture: CaptureResult, options: TextOptions): string[] => {
  const found = capture.actualFrames === null ? 'no capture' : `${capture.actualFrames} found`
  const lines = [`${capture.file}: ${capture.recordedFrames} frames recorded, ${found}, ${capture.framesEqual} equal`]
  capture.differences.slice(0, MOST_LISTED).forEach((difference, n) => {
    lines.push(...indent(differenceLines(difference, n < (options.maxHex ?? 1), options)))
  })
  const more = capture.differences.length - MOST_LISTED
  if (more > 0) lines.push(`  and ${more} more differences`)
  lines.push(...capture.remarks.slice(0, MOST_LISTED / 2).map(remark => `  note: ${remark}`))
  return lines
}

const stateLines = (state: StateResult): string[] => {
  if (!state.found) return [`${state.file}: no such file`]
  const off = state.diff.filter(line => line.side !== ' ')
  const shown = state.diff.length <= 2 * MOST_LISTED ? state.diff : off.slice(0, 2 * MOST_LISTED)
  return [`${state.file}: ${off.length} lines differ`, ...shown.map(line => `  ${line.side} ${line.text}`)]
}

/** Everything that differs, one line an entry; empty when all is equal. */
export const differenceText = (comparison: Comparison, options: TextOptions = {}): string[] => [
  ...comparison.captures.filter(capture => !capture.equal).flatMap(capture => captureLines(capture, options)),
  ...comparison.states.filter(state => !state.equal).flatMap(stateLines),
]

/** The whole result as text: differences, masks used, figures. */
export const comparisonText = (comparison: Comparison, options: TextOptions = {}): string => {
  const masks = Object.entries(comparison.masks)
    .sort(([x], [y]) => (x < y ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
  const extra = comparison.extra.length > 0 ? [`only in the run: ${comparison.extra.join(' ')}`] : []
  const masked = `masked: ${masks.length > 0 ? masks.join(', ') : 'nothing'}`
  return [...differenceText(comparison, options), ...extra, masked, figuresText(comparison)].join('\n')
}
