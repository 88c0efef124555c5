/**
 * Compares one capture with the recorded one: the same frames in number, order and octets, apart from the masks.
 */
import { align, type Pair } from './align.js'
import type { CanonicalFrame } from './canonical-frame.js'
import { canonFrames } from './frame-ethernet.js'
import { type FrameRules, SCENARIO_RULES } from './masks.js'
import type { Capture } from './pcap-reader.js'

/** One way in which a capture differs; the frame numbers count from 1 and are null where there is no frame. */
export interface FrameDifference {
  readonly kind: string
  readonly recorded: { readonly number: number; readonly frame: CanonicalFrame } | null
  readonly actual: { readonly number: number; readonly frame: CanonicalFrame } | null
}

/** What came out of comparing one capture. */
export interface CaptureResult {
  readonly file: string
  readonly equal: boolean
  readonly recordedFrames: number
  /** Null when the run left no readable capture. */
  readonly actualFrames: number | null
  readonly framesEqual: number
  /** The longer of the two lists. */
  readonly framesTotal: number
  readonly differences: readonly FrameDifference[]
  /** What is wrong with frames in themselves, on either side. */
  readonly remarks: readonly string[]
  /** The frames of the recording in canonical form. */
  readonly recorded: readonly CanonicalFrame[]
}

/** Numbers that stand for each other over all captures that are compared together. */
export class SharedNumbers {
  /** IPv4 identifications: `protocol/recorded id` to actual id. */
  readonly ids: Map<string, number> = new Map()
  /** Ports and echo ids that may be drawn: `kind/recorded` to actual, and back. */
  readonly drawn: Map<string, number> = new Map()
  readonly drawnBack: Map<string, number> = new Map()
}

type Side = FrameDifference['recorded']

const side = (frames: readonly CanonicalFrame[], at: number): Side => {
  const frame = frames[at]
  return frame === undefined ? null : { number: at + 1, frame }
}

/** What contradicts the ids seen so far in a pair of equal frames; new ids are remembered. */
const idConflicts = (recorded: CanonicalFrame, actual: CanonicalFrame, { ids }: SharedNumbers): string[] => {
  const conflicts: string[] = []
  recorded.ids.forEach(({ protocol, id }, at) => {
    const got = actual.ids[at]!.id
    const key = `${protocol}/${id}`
    const before = ids.get(key) ?? got
    ids.set(key, before)
    if (before !== got) conflicts.push(`ip.id: the datagram recorded as ${id} is ${before} elsewhere and ${got} here`)
  })
  return conflicts
}

/** The value that `map` has for `key`, which is `value` when there was none. */
const remembered = (map: Map<string, number>, key: string, value: number): number => {
  const before = map.get(key) ?? value
  map.set(key, before)
  return before
}

/** What contradicts that recorded and actual drawn numbers stand for each other, one to one. */
const drawnConflicts = (recorded: CanonicalFrame, actual: CanonicalFrame, numbers: SharedNumbers): string[] => {
  const conflicts: string[] = []
  recorded.drawn.forEach(({ kind, value }, at) => {
    const got = actual.drawn[at]?.value ?? 0
    const there = remembered(numbers.drawn, `${kind}/${value}`, got)
    const back = remembered(numbers.drawnBack, `${kind}/${got}`, value)
    if (there === got && back === value) return
    const name = kind === 'icmp' ? 'icmp.id' : `${kind} port`
    const elsewhere = there === got ? `${got} stands for ${back} elsewhere` : `it is ${there} elsewhere and ${got} here`
    conflicts.push(`${name} ${value}, drawn: ${elsewhere}`)
  })
  return conflicts
}

const conflictsOf = (recorded: CanonicalFrame, actual: CanonicalFrame, numbers: SharedNumbers): string[] => [
  ...idConflicts(recorded, actual, numbers),
  ...drawnConflicts(recorded, actual, numbers),
]

/** Places of the frames that have no partner, by key, so that a frame out of order can be told from a missing one. */
const looseByKey = (keys: readonly (string | null)[], partnered: ReadonlySet<number>): Map<string, number> => {
  const places = new Map<string, number>()
  keys.forEach((key, at) => {
    if (key !== null && !partnered.has(at) && !places.has(key)) places.set(key, at)
  })
  return places
}

interface Lists {
  readonly recorded: readonly CanonicalFrame[]
  readonly actual: readonly CanonicalFrame[]
  readonly recordedKeys: readonly (string | null)[]
  readonly actualKeys: readonly (string | null)[]
  readonly pairs: readonly Pair[]
}

const describeGap = (
  lists: Lists,
  looseRecorded: readonly number[],
  looseActual: readonly number[],
): FrameDifference[] => {
  const differences: FrameDifference[] = []
  for (let n = 0; n < Math.max(looseRecorded.length, looseActual.length); n++) {
    const recorded = side(lists.recorded, looseRecorded[n] ?? -1)
    const actual = side(lists.actual, looseActual[n] ?? -1)
    const kind = recorded === null ? 'not recorded' : actual === null ? 'missing' : 'differs'
    differences.push({ kind, recorded, actual })
  }
  return differences
}

/** Describes the frames without a partner, gap by gap between the pairs. */
const describeLoose = (lists: Lists): FrameDifference[] => {
  const { recorded, actual, recordedKeys, actualKeys, pairs } = lists
  const inActual = looseByKey(actualKeys, new Set(pairs.map(pair => pair[1])))
  const inRecorded = looseByKey(recordedKeys, new Set(pairs.map(pair => pair[0])))
  const differences: FrameDifference[] = []
  let i = 0
  let j = 0
  for (const [ri, ai] of [...pairs, [recorded.length, actual.length] as const]) {
    const gapRecorded: number[] = []
    const gapActual: number[] = []
    for (; i < ri; i++) {
      const at = inActual.get(recordedKeys[i] ?? '')
      if (at === undefined) gapRecorded.push(i)
      else differences.push({ kind: `out of order: actual frame ${at + 1}`, recorded: side(recorded, i), actual: null })
    }
    for (; j < ai; j++) {
      const at = inRecorded.get(actualKeys[j] ?? '')
      if (at === undefined) gapActual.push(j)
      else differences.push({ kind: `out of order: recorded frame ${at + 1}`, recorded: null, actual: side(actual, j) })
    }
    differences.push(...describeGap(lists, gapRecorded, gapActual))
    i++
    j++
  }
  return differences
}

const remarksOf = (which: string, frames: readonly CanonicalFrame[]): string[] =>
  frames.flatMap((frame, at) => frame.remarks.map(remark => `${which} frame ${at + 1}: ${remark}`))

const absent = (file: string, recorded: readonly CanonicalFrame[], why: string): CaptureResult => ({
  file,
  equal: false,
  recordedFrames: recorded.length,
  actualFrames: null,
  framesEqual: 0,
  framesTotal: recorded.length,
  differences: [{ kind: why, recorded: side(recorded, 0), actual: null }],
  remarks: remarksOf('recorded', recorded),
  recorded,
})

/** Compares a capture with the recorded one; a string in place of a capture says why there is none. */
export const compareCapture = (
  file: string,
  want: Capture,
  got: Capture | string,
  numbers: SharedNumbers,
  rules: FrameRules = SCENARIO_RULES,
): CaptureResult => {
  const recorded = canonFrames(want.frames, rules, want.linkType)
  if (typeof got === 'string') return absent(file, recorded, got)
  const actual = canonFrames(got.frames, rules, got.linkType)
  const recordedKeys = recorded.map(frame => frame.key())
  const actualKeys = actual.map(frame => frame.key())
  const pairs = align(recordedKeys, actualKeys)
  const differences: FrameDifference[] = []
  if (want.linkType !== got.linkType) {
    const kind = `link type ${want.linkType} recorded, ${got.linkType} found`
    differences.push({ kind, recorded: null, actual: null })
  }
  let framesEqual = 0
  for (const [i, j] of pairs) {
    const conflicts = conflictsOf(recorded[i]!, actual[j]!, numbers)
    if (conflicts.length === 0) framesEqual++
    for (const kind of conflicts) differences.push({ kind, recorded: side(recorded, i), actual: side(actual, j) })
  }
  differences.push(...describeLoose({ recorded, actual, recordedKeys, actualKeys, pairs }))
  return {
    file,
    equal: differences.length === 0,
    recordedFrames: recorded.length,
    actualFrames: actual.length,
    framesEqual,
    framesTotal: Math.max(recorded.length, actual.length),
    differences,
    remarks: [...remarksOf('recorded', recorded), ...remarksOf('actual', actual)],
    recorded,
  }
}
