/**
 * Assertions about frames: these, in this order; one like this; none like that.
 */
import { dissect } from '../wire/dissect.js'
import { align } from './align.js'
import { AssertionFailure } from './failure.js'
import { type FramesLike, placeOf, seedOf, type SeenFrame, seenFrames } from './frames-like.js'
import { type FrameMatcher, type Matching, matchingOf } from './matcher.js'

/** Options of {@link assertFrames}. */
export interface AssertFramesOptions {
  /** Frames to leave out before comparing, for example `/IGMP/`. */
  readonly skip?: FrameMatcher | readonly FrameMatcher[]
}

const matching = (matcher: FrameMatcher): Matching => matchingOf(matcher, octets => dissect(octets))

const listOf = (matchers: FrameMatcher | readonly FrameMatcher[] | undefined): Matching[] => {
  if (matchers === undefined) return []
  return (Array.isArray(matchers) ? matchers : [matchers]).map(m => matching(m as FrameMatcher))
}

/** The list with the frames that are as expected, missing (-) and not expected (+). */
const listing = (
  expected: readonly Matching[],
  actual: readonly SeenFrame[],
): { lines: string[]; detail: string[] } => {
  const lines: string[] = []
  let detail: string[] = []
  for (const [e, a] of align(expected, actual, (x, y) => x.matches(y))) {
    if (e === null) lines.push(`  + ${a!.line}`)
    else if (a === null) lines.push(`  - ${e.text}`)
    else if (e.matches(a)) lines.push(`    ${a.line}`)
    else {
      lines.push(`  - ${e.text}`, `  + ${a.line}`)
      if (detail.length === 0) detail = [`  expected ${e.text}`, `  actual   ${a.line}`, ...e.explain(a)]
    }
  }
  return { lines, detail }
}

/**
 * Asserts that the frames are these, in this order and no others. Throws with a list of what is missing (-) and not
 * expected (+), and for the first frame that is another one the field of the layer that differs.
 *
 * @example
 * assertFrames(seen, [
 *   'ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28',
 *   /ARP, Reply/,
 *   { ipv4: { saddr: '10.0.0.1', ttl: 64 }, icmp: { type: 8 } },
 *   'IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, ...',
 * ])
 */
export const assertFrames = (
  frames: FramesLike,
  expected: readonly FrameMatcher[],
  options: AssertFramesOptions = {},
): void => {
  const skip = listOf(options.skip)
  const actual = seenFrames(frames).filter(frame => !skip.some(m => m.matches(frame)))
  const wanted = expected.map(matching)
  if (actual.length === wanted.length && wanted.every((m, i) => m.matches(actual[i]!))) return
  const { lines, detail } = listing(wanted, actual)
  const head = `frames at ${placeOf(frames)}: ${actual.length}, expected ${wanted.length}; - missing, + not expected`
  throw new AssertionFailure(
    [head, ...lines, ...(detail.length === 0 ? [] : ['first difference:', ...detail])].join('\n'),
    {
      seed: seedOf(frames),
      expected: wanted.map(m => m.text),
      actual: actual.map(f => f.line),
    },
  )
}

/**
 * Asserts that a frame like this was seen, `count` times when that is given. Returns the octets of the first one.
 *
 * @example
 * assertSeen(seen, 'ARP, Request who-has 10.0.0.2 ...')
 * assertSeen(seen, { udp: { dport: 53 }, payload: 'hello' }, { count: 2 })
 */
export const assertSeen = (
  frames: FramesLike,
  matcher: FrameMatcher,
  options: { readonly count?: number } = {},
): Uint8Array => {
  const wanted = matching(matcher)
  const actual = seenFrames(frames)
  const found = actual.filter(frame => wanted.matches(frame))
  const { count } = options
  if (found.length > 0 && (count === undefined || found.length === count)) return found[0]!.octets
  if (count === 0 && found.length === 0) return new Uint8Array(0)
  const often = count === undefined ? '' : `, seen ${found.length} times instead of ${count}`
  throw new AssertionFailure(
    [`not seen at ${placeOf(frames)}: ${wanted.text}${often}; seen was`, ...seenLines(actual)].join('\n'),
    { seed: seedOf(frames), expected: wanted.text, actual: actual.map(f => f.line) },
  )
}

/** Asserts that no frame like this was seen. */
export const assertNotSeen = (frames: FramesLike, matcher: FrameMatcher): void => {
  const wanted = matching(matcher)
  const actual = seenFrames(frames)
  const found = actual.filter(frame => wanted.matches(frame))
  if (found.length === 0) return
  throw new AssertionFailure(
    [`seen at ${placeOf(frames)}, and should not have been: ${wanted.text}`, ...seenLines(found)].join('\n'),
    { seed: seedOf(frames), actual: found.map(f => f.line) },
  )
}

const seenLines = (frames: readonly SeenFrame[]): string[] =>
  frames.length === 0 ? ['    nothing'] : frames.map(f => `    ${f.line}`)
