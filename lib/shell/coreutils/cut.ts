/**
 * `cut`: fields, characters or octets of each line. Options: `-f`, `-d`, `-c`, `-b`, `-s`, `--complement`,
 * `--output-delimiter`.
 *
 * @see cut(1)
 */
import type { Command } from '../../app/command.js'
import { coreutil, type CoreutilRun, errorWords, lastValue, linesOf } from './coreutil.js'

type Ranges = readonly (readonly [from: number, to: number])[]

/** The ranges of a list such as `1,3-5,7-`; a text for what is wrong with it. */
const rangesOf = (list: string, what: string): Ranges | string => {
  const ranges: [number, number][] = []
  for (const item of list.split(/[, ]/)) {
    const [whole, from = '', dash = '', to = ''] = /^(\d*)(-?)(\d*)$/.exec(item) ?? []
    if (whole === undefined || whole === '')
      return what === 'field' ? `invalid field value '${item}'` : `invalid byte/character position '${item}'`
    if (whole === '-') return 'invalid range with no endpoint: -'
    if (from === '0' || to === '0')
      return what === 'field' ? 'fields are numbered from 1' : 'byte/character positions are numbered from 1'
    const first = from === '' ? 1 : Number(from)
    const last = dash === '' ? first : to === '' ? Number.POSITIVE_INFINITY : Number(to)
    if (last < first) return 'invalid decreasing range'
    ranges.push([first, last])
  }
  return ranges
}

/** Writes the chosen parts of the lines of all files. */
const cutFiles = (run: CoreutilRun, cutLine: (line: string) => string | null): undefined => {
  const { ctx, files, operands, complain } = run
  for (const file of operands.length === 0 ? ['-'] : operands) {
    try {
      for (const line of linesOf(files.read(file))) {
        const cut = cutLine(line)
        if (cut !== null) ctx.out(`${cut}\n`)
      }
    } catch (e) {
      complain(`${file}: ${errorWords(e)}`)
    }
  }
  return undefined
}

const TRY_HELP = "Try 'cut --help' for more information.\n"

const cut = (run: CoreutilRun): number | undefined => {
  const { ctx, given, options, complain } = run
  const refuse = (text: string): undefined => {
    complain(text)
    ctx.err(TRY_HELP)
    return undefined
  }
  const lists = given.filter(o => 'fcb'.includes(o.option))
  const [list] = lists
  if (list === undefined) return refuse('you must specify a list of bytes, characters, or fields')
  if (lists.length > 1) return refuse('only one list may be specified')
  const isFields = list.option === 'f'
  const delimiter = lastValue(given, 'd')
  if (delimiter !== null && [...delimiter].length > 1) return refuse('the delimiter must be a single character')
  if (!isFields && delimiter !== null)
    return refuse('an input delimiter may be specified only when operating on fields')
  if (!isFields && options.has('s'))
    return refuse('suppressing non-delimited lines makes sense\n\tonly when operating on fields')
  const ranges = rangesOf(list.value, isFields ? 'field' : 'character')
  if (typeof ranges === 'string') return refuse(ranges)
  const isChosen = (_piece: string, n: number): boolean =>
    ranges.some(([from, to]) => n + 1 >= from && n + 1 <= to) !== options.has('complement')
  const between = delimiter ?? '\t'
  const output = lastValue(given, 'output-delimiter') ?? (isFields ? between : '')
  return cutFiles(run, line => {
    if (!isFields) return [...line].filter(isChosen).join(output)
    if (!line.includes(between)) return options.has('s') ? null : line
    return line.split(between).filter(isChosen).join(output)
  })
}

export const cutCommand: Command = coreutil({
  name: 'cut',
  options: 'f:d:c:b:sn',
  refused: 'z',
  long: [
    { name: 'fields', takesValue: true, option: 'f' },
    { name: 'delimiter', takesValue: true, option: 'd' },
    { name: 'characters', takesValue: true, option: 'c' },
    { name: 'bytes', takesValue: true, option: 'b' },
    { name: 'only-delimited', takesValue: false, option: 's' },
    { name: 'complement', takesValue: false, option: 'complement' },
    { name: 'output-delimiter', takesValue: true, option: 'output-delimiter' },
  ],
  isFilter: true,
  run: cut,
})
