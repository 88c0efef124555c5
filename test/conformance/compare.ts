/**
 * Compares what a run left with what a recording holds: every capture and every state file of the recording, and the
 * figures `frames equal A/B, files equal C/D`.
 *
 * A: frames at the same place in an alignment of the two lists; B: the longer list; both summed over captures. C and D:
 * captures and state files that are equal as a whole, and all of the recording. Files that only the run has do not
 * count.
 */
import { type CaptureResult, compareCapture, SharedNumbers } from './compare-captures.js'
import { type Capture, PcapFormatError, readPcap } from './pcap-reader.js'
import { compareState, type StateResult } from './state-files.js'

/** Files of a directory, or of a run, by name. */
export type FileSet = ReadonlyMap<string, Uint8Array>

/** Figures of one comparison, or of several summed up. */
export interface Figures {
  readonly framesEqual: number
  readonly framesTotal: number
  readonly filesEqual: number
  readonly filesTotal: number
}

/** What came out of comparing a run with a recording. */
export interface Comparison extends Figures {
  /** Everything is equal, and there was something to compare. */
  readonly equal: boolean
  readonly captures: readonly CaptureResult[]
  readonly states: readonly StateResult[]
  /** Fields of the recording that each mask covered. */
  readonly masks: Readonly<Record<string, number>>
  /** Files that only the run has. */
  readonly extra: readonly string[]
}

/** True for files that are compared: not the script, its description, notes and hidden files. */
export const isCompared = (name: string): boolean =>
  name !== 'scenario.sh' && name !== 'meta.json' && !name.startsWith('.') && !name.endsWith('.md')

const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

const readActual = (file: string, bytes: Uint8Array | undefined): Capture | string => {
  if (bytes === undefined) return 'no such capture'
  try {
    return readPcap(bytes, file)
  } catch (error) {
    if (error instanceof PcapFormatError) return error.message
    throw error
  }
}

/** How many fields and columns of the recording each mask covered. */
export const countMasks = (
  captures: readonly CaptureResult[],
  states: readonly StateResult[],
): Record<string, number> => {
  const counts: Record<string, number> = {}
  const frames = captures.flatMap(capture => capture.recorded)
  for (const mask of [...frames, ...states].flatMap(covered => [...covered.masks])) {
    counts[mask] = (counts[mask] ?? 0) + 1
  }
  return counts
}

/** Compares the files of a run with those of a recording; a broken recording throws `PcapFormatError`. */
export const compareFiles = (recorded: FileSet, actual: FileSet): Comparison => {
  const captures: CaptureResult[] = []
  const states: StateResult[] = []
  const numbers = new SharedNumbers()
  for (const file of [...recorded.keys()].filter(isCompared).sort()) {
    const want = recorded.get(file)!
    const got = actual.get(file)
    if (file.endsWith('.pcap')) {
      captures.push(compareCapture(file, readPcap(want, file), readActual(file, got), numbers))
    } else states.push(compareState(file, decode(want), got === undefined ? null : decode(got)))
  }
  const files = [...captures, ...states]
  const filesEqual = files.filter(result => result.equal).length
  return {
    equal: files.length > 0 && filesEqual === files.length,
    framesEqual: captures.reduce((sum, capture) => sum + capture.framesEqual, 0),
    framesTotal: captures.reduce((sum, capture) => sum + capture.framesTotal, 0),
    filesEqual,
    filesTotal: files.length,
    captures,
    states,
    masks: countMasks(captures, states),
    extra: [...actual.keys()].filter(name => isCompared(name) && !recorded.has(name)).sort(),
  }
}

/** Sum of figures. */
export const addFigures = (all: readonly Figures[]): Figures => ({
  framesEqual: all.reduce((sum, one) => sum + one.framesEqual, 0),
  framesTotal: all.reduce((sum, one) => sum + one.framesTotal, 0),
  filesEqual: all.reduce((sum, one) => sum + one.filesEqual, 0),
  filesTotal: all.reduce((sum, one) => sum + one.filesTotal, 0),
})

/** `frames equal A/B, files equal C/D`. */
export const figuresText = (f: Figures): string =>
  `frames equal ${f.framesEqual}/${f.framesTotal}, files equal ${f.filesEqual}/${f.filesTotal}`
