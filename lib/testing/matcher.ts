/**
 * What a frame is compared with: a line as tcpdump prints it, a pattern, headers, octets, or a function.
 */
import type { FrameRepr } from '../wire/frame.js'
import {
  decodeOrReason,
  differenceLines,
  type FieldDifference,
  fieldDifferences,
  fieldNamedBy,
  hexDifference,
} from './diff.js'
import type { SeenFrame } from './frames-like.js'

/** Parts of T, as deep as one likes; text may stand for octets. */
export type Shape<T> = T extends Uint8Array
  ? Uint8Array | string
  : T extends readonly (infer E)[]
    ? readonly Shape<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: Shape<NonNullable<T[K]>> }
      : T

/** Headers that a frame must have; what is not mentioned may be anything. */
export type FrameShape = Shape<FrameRepr> & {
  /** Virtual time in nanoseconds, for frames of a capture. */
  readonly timeNs?: number
  /** `in` or `out`, for frames of a capture. */
  readonly direction?: 'in' | 'out'
}

/**
 * What a frame is compared with:
 * - text: the line that `tcpdump -n` prints, in which `...` stands for anything;
 * - a regular expression on that line;
 * - headers ({@link FrameShape});
 * - octets, or a frame of another capture;
 * - a function that says yes or no.
 */
export type FrameMatcher =
  | string
  | RegExp
  | FrameShape
  | Uint8Array
  | { readonly data: Uint8Array }
  | ((line: string, octets: Uint8Array) => boolean)

/** @internal a matcher at work */
export interface Matching {
  readonly text: string
  matches(frame: SeenFrame): boolean
  /** Lines that explain why a frame does not match. */
  explain(frame: SeenFrame): string[]
}

const ANYTHING = '...'

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const patternOf = (expected: string): RegExp => new RegExp(`^${expected.split(ANYTHING).map(escaped).join('[^]*')}$`)

/** Marks the first word that differs, and names the field behind it. */
const wordDifference = (expected: string, frame: SeenFrame): string[] => {
  const wanted = expected.split(' ')
  const words = frame.line.split(' ')
  const at = words.findIndex((word, i) => !patternOf(wanted[i] ?? '').test(word))
  // Behind a wildcard that stands for several words positions no longer tell anything.
  if (at < 0 || (words.length !== wanted.length && wanted.slice(0, at).some(w => w.includes(ANYTHING)))) return []
  const column = words.slice(0, at).join(' ').length + (at === 0 ? 0 : 1)
  const word = words[at]!.replace(/[,:]$/, '')
  const named = fieldNamedBy(frame.octets, word, (wanted[at] ?? '').replace(/[,:]$/, ''))
  return [`           ${' '.repeat(column)}${'^'.repeat(word.length)}`, ...differenceLines(named)]
}

const lineMatching = (expected: string): Matching => {
  const pattern = patternOf(expected)
  return {
    text: expected,
    matches: frame => pattern.test(frame.line),
    explain: frame => wordDifference(expected, frame),
  }
}

const octetMatching = (expected: Uint8Array, line: string): Matching => ({
  text: line,
  matches: frame => hexDifference(expected, frame.octets).length === 0,
  explain: frame => [
    ...differenceLines(fieldDifferences(decodeOrReason(expected), decodeOrReason(frame.octets), false)),
    ...hexDifference(expected, frame.octets),
  ],
})

const shapeDifferences = (shape: FrameShape, frame: SeenFrame): FieldDifference[] => {
  const { timeNs, direction, ...headers } = shape
  const { timeNs: time, direction: way } = frame
  const outer = fieldDifferences(
    { ...(timeNs !== undefined && { timeNs }), ...(direction !== undefined && { direction }) },
    { timeNs: time, direction: way },
    true,
  )
  const repr = decodeOrReason(frame.octets)
  if (typeof repr === 'string') return [...outer, { field: 'frame', expected: 'headers', actual: repr }]
  return [...outer, ...fieldDifferences(headers, repr, true)]
}

const shapeMatching = (shape: FrameShape): Matching => ({
  text: JSON.stringify(shape, (_key, value) => (value instanceof Uint8Array ? `${value.length} octets` : value)),
  matches: frame => shapeDifferences(shape, frame).length === 0,
  explain: frame => differenceLines(shapeDifferences(shape, frame)),
})

/** @internal */
export const matchingOf = (matcher: FrameMatcher, lineOf: (octets: Uint8Array) => string): Matching => {
  if (typeof matcher === 'string') return lineMatching(matcher)
  if (typeof matcher === 'function')
    return { text: String(matcher), matches: f => matcher(f.line, f.octets), explain: () => [] }
  if (matcher instanceof RegExp) return { text: String(matcher), matches: f => matcher.test(f.line), explain: () => [] }
  if (matcher instanceof Uint8Array) return octetMatching(matcher, lineOf(matcher))
  if ('data' in matcher && matcher.data instanceof Uint8Array) return octetMatching(matcher.data, lineOf(matcher.data))
  return shapeMatching(matcher as FrameShape)
}
