/**
 * Numbered cases for the judge: a recording beside a copy that was changed at random, and the figures a judge gives.
 */
import { type Comparison, compareFiles, type FileSet } from './compare.js'
import { readFiles } from './directory.js'
import { Dice, mutateFiles } from './mutate.js'
import { PcapFormatError } from './pcap-reader.js'

/** Two sets of files to compare. */
export interface MutatedCase {
  readonly recorded: FileSet
  readonly actual: FileSet
}

/** Case `number` of the recording in `dir`; the same number makes the same case. */
export const mutatedCase = (number: number, dir: string): MutatedCase => {
  const dice = new Dice(number)
  const original = readFiles(dir)
  const changed = mutateFiles(original, dice)
  // now and then the changed one is the recording, so that its figures and masks are of changed frames
  const isSwapped = dice.below(5) === 0
  return isSwapped ? { recorded: changed, actual: original } : { recorded: original, actual: changed }
}

/** What a judge says about a case. */
export interface Verdict {
  readonly equal: boolean
  /** `frames equal A/B, files equal C/D` as A, B, C, D. */
  readonly figures: readonly [number, number, number, number]
  /** Whether each file is equal, and equal and all frames of each capture. */
  readonly files: Readonly<Record<string, string>>
  readonly masks: Readonly<Record<string, number>>
}

const fileText = (isEqual: boolean, frames?: readonly [number, number]): string =>
  `${isEqual ? 'equal' : 'unequal'}${frames === undefined ? '' : ` ${frames.join('/')}`}`

const verdictOf = (r: Comparison): Verdict => ({
  equal: r.equal,
  figures: [r.framesEqual, r.framesTotal, r.filesEqual, r.filesTotal],
  files: Object.fromEntries([
    ...r.captures.map(one => [one.file, fileText(one.equal, [one.framesEqual, one.framesTotal])] as const),
    ...r.states.map(one => [one.file, fileText(one.equal)] as const),
  ]),
  masks: r.masks,
})

/** This judge's verdict; null for a broken recording. */
export const ownVerdict = ({ recorded, actual }: MutatedCase): Verdict | null => {
  try {
    return verdictOf(compareFiles(recorded, actual))
  } catch (error) {
    if (error instanceof PcapFormatError) return null
    throw error
  }
}

/** What another judge prints as JSON. */
interface OtherResult {
  readonly equal: boolean
  readonly framesEqual: number
  readonly framesTotal: number
  readonly filesEqual: number
  readonly filesTotal: number
  readonly captures: readonly {
    readonly file: string
    readonly equal: boolean
    readonly equalFrames: number
    readonly total: number
  }[]
  readonly states: readonly { readonly file: string; readonly equal: boolean }[]
  readonly masks: Readonly<Record<string, number>>
}

/** Another judge's verdict from the JSON that it prints. */
export const otherVerdict = (json: string): Verdict => {
  const r = JSON.parse(json) as OtherResult
  return {
    equal: r.equal,
    figures: [r.framesEqual, r.framesTotal, r.filesEqual, r.filesTotal],
    files: Object.fromEntries([
      ...r.captures.map(one => [one.file, fileText(one.equal, [one.equalFrames, one.total])] as const),
      ...r.states.map(one => [one.file, fileText(one.equal)] as const),
    ]),
    masks: r.masks,
  }
}

const sorted = <T>(record: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(record).sort(([x], [y]) => (x < y ? -1 : 1))

/** All of a verdict as text that is the same for the same verdict. */
export const fullText = (verdict: Verdict | null): string =>
  verdict === null
    ? 'broken recording'
    : JSON.stringify([verdict.equal, verdict.figures, sorted(verdict.files), sorted(verdict.masks)])

/** The figures and masks of a verdict in one line. */
export const shortText = (verdict: Verdict | null): string => {
  if (verdict === null) return 'broken recording'
  const [framesEqual, framesTotal, filesEqual, filesTotal] = verdict.figures
  const masked = sorted(verdict.masks).map(([mask, count]) => `${mask} ${count}`)
  const word = verdict.equal ? 'equal' : 'unequal'
  return `${word} frames ${framesEqual}/${framesTotal} files ${filesEqual}/${filesTotal} masked ${masked.join(' ')}`
}
