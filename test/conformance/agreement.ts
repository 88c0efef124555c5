/**
 * `node --import tsx test/conformance/agreement.ts PROGRAM [--count N] [--seed S] [--only REGEX] [DIR...]`: tries this
 * judge beside another program that is called as `PROGRAM RECORDED_DIR ACTUAL_DIR --json` and prints an object with
 * `equal framesEqual framesTotal filesEqual filesTotal captures states masks`, on recordings changed at random.
 *
 * Prints each case in which the two disagree with its number, from which it can be made again. Exit status 0 when they
 * agree on all.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Comparison, compareFiles } from './compare.js'
import { findScenarios, readFiles, SCENARIOS, scenarioName, writeFiles } from './directory.js'
import { Dice, mutateFiles } from './mutate.js'

/** What both say about a case. */
interface Verdict {
  readonly equal: boolean
  readonly figures: readonly number[]
  readonly files: Readonly<Record<string, boolean>>
  readonly frames: Readonly<Record<string, readonly number[]>>
  readonly masks: Readonly<Record<string, number>>
}

interface OtherCapture {
  readonly file: string
  readonly equal: boolean
  readonly equalFrames: number
  readonly total: number
}

interface OtherResult {
  readonly equal: boolean
  readonly framesEqual: number
  readonly framesTotal: number
  readonly filesEqual: number
  readonly filesTotal: number
  readonly captures: readonly OtherCapture[]
  readonly states: readonly { readonly file: string; readonly equal: boolean }[]
  readonly masks: Readonly<Record<string, number>>
}

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([x], [y]) => (x < y ? -1 : 1)))

const otherVerdict = (r: OtherResult): Verdict => ({
  equal: r.equal,
  figures: [r.framesEqual, r.framesTotal, r.filesEqual, r.filesTotal],
  files: sorted(Object.fromEntries([...r.captures, ...r.states].map(file => [file.file, file.equal]))),
  frames: sorted(Object.fromEntries(r.captures.map(file => [file.file, [file.equalFrames, file.total]]))),
  masks: sorted(r.masks),
})

const ownVerdict = (r: Comparison): Verdict => ({
  equal: r.equal,
  figures: [r.framesEqual, r.framesTotal, r.filesEqual, r.filesTotal],
  files: sorted(Object.fromEntries([...r.captures, ...r.states].map(file => [file.file, file.equal]))),
  frames: sorted(Object.fromEntries(r.captures.map(file => [file.file, [file.framesEqual, file.framesTotal]]))),
  masks: sorted(r.masks),
})

const askOther = (program: string, recorded: string, actual: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const limit = { maxBuffer: 1 << 28 }
    execFile(program, [recorded, actual, '--json'], limit, (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code
      if (status === 0 || status === 1) resolve(JSON.stringify(otherVerdict(JSON.parse(stdout) as OtherResult)))
      else if (status === 2) resolve('broken recording')
      else reject(new Error(`${program}: ${stderr || error?.message}`))
    })
  })

const askSelf = (recorded: Map<string, Uint8Array>, actual: Map<string, Uint8Array>): string => {
  try {
    return JSON.stringify(ownVerdict(compareFiles(recorded, actual)))
  } catch (error) {
    if (error instanceof Error && error.name === 'PcapFormatError') return 'broken recording'
    throw error
  }
}

/** How the cases went. */
interface Tally {
  agreed: number
  /** Cases in which the changed files still count as equal: the changes fell under masks. */
  equal: number
}

/** Tries case `number`. */
const tryCase = async (
  program: string,
  number: number,
  dirs: readonly string[],
  temp: string,
  tally: Tally,
): Promise<void> => {
  const dice = new Dice(number)
  const source = dice.pick(dirs)
  const original = readFiles(source)
  const changed = mutateFiles(original, dice)
  // now and then the changed one is the recording, so that its figures and masks are of changed frames
  const [recorded, actual] = dice.below(5) === 0 ? [changed, original] : [original, changed]
  const recordedDir = join(temp, `${number}-recorded`)
  const actualDir = join(temp, `${number}-actual`)
  writeFiles(recordedDir, recorded)
  writeFiles(actualDir, actual)
  const theirs = await askOther(program, recordedDir, actualDir)
  const ours = askSelf(recorded, actual)
  rmSync(recordedDir, { recursive: true })
  rmSync(actualDir, { recursive: true })
  if (ours.startsWith('{"equal":true')) tally.equal++
  if (ours === theirs) tally.agreed++
  else console.log(`case ${number} (${scenarioName(source)}):\n  other ${theirs}\n  own   ${ours}`)
}

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
    },
  })
  const [program, ...tops] = positionals
  if (program === undefined) throw new Error('usage: agreement PROGRAM [--count N] [--seed S] [--only REGEX] [DIR...]')
  const only = new RegExp(values.only)
  const dirs = (tops.length > 0 ? tops : [SCENARIOS]).flatMap(findScenarios).filter(dir => only.test(scenarioName(dir)))
  const temp = mkdtempSync(join(tmpdir(), 'netloom-agreement-'))
  const first = Number(values.seed)
  const end = first + Number(values.count)
  let next = first
  const tally: Tally = { agreed: 0, equal: 0 }
  const worker = async (): Promise<void> => {
    while (next < end) await tryCase(program, next++, dirs, temp, tally)
  }
  await Promise.all([worker(), worker()])
  rmSync(temp, { recursive: true })
  const cases = `${end - first} cases from seed ${first} (${tally.equal} of them equal), ${dirs.length} recordings`
  console.log(`agreed on ${tally.agreed} of ${cases}`)
  return tally.agreed === end - first ? 0 : 1
}

process.exitCode = await main()
