/**
 * `wc`: numbers of lines, words, characters and octets. Options: `-l`, `-w`, `-m`, `-c`, `-L`.
 *
 * DIFFERS: standard input counts as a pipe, so that several columns of `wc < FILE` are as wide as those of `cat FILE | wc`.
 *
 * @see wc(1)
 */
import { encodeUtf8 } from '../../wire/utf8.js'
import type { Command } from '../../app/command.js'
import { coreutil, type CoreutilRun, errorWords } from './coreutil.js'

/** What is counted, in the order of the columns. */
const COLUMNS = ['l', 'w', 'm', 'c', 'L'] as const
type Column = (typeof COLUMNS)[number]
type Counts = Readonly<Record<Column, number>>

/** Width of columns when the sizes of the files are not known in advance, as for standard input. */
const PIPE_WIDTH = 7

const TAB = 8

const widthOf = (line: string): number => {
  let width = 0
  for (const char of line) width += char === '\t' ? TAB - (width % TAB) : 1
  return width
}

const count = (text: string): Counts => ({
  l: text.split('\n').length - 1,
  w: text.split(/\s+/).filter(word => word !== '').length,
  m: [...text].length,
  c: encodeUtf8(text).length,
  L: Math.max(...text.split('\n').map(widthOf)),
})

const sum = (a: Counts, b: Counts): Counts => ({
  l: a.l + b.l,
  w: a.w + b.w,
  m: a.m + b.m,
  c: a.c + b.c,
  L: Math.max(a.L, b.L),
})

/** One column of one file is as wide as its number; otherwise all are as wide as the octets of all files. */
const widthFor = (rows: readonly Row[], columns: number): number => {
  if (rows.length === 1 && columns === 1) return 1
  if (rows.some(row => row.file === '-')) return PIPE_WIDTH
  return String(rows.reduce((total, row) => total + (row.counts?.c ?? 0), 0)).length
}

interface Row {
  readonly file: string
  readonly counts: Counts | null
}

const readRows = ({ files, operands, complain }: CoreutilRun): Row[] =>
  (operands.length === 0 ? ['-'] : operands).map(file => {
    try {
      return { file, counts: count(files.read(file)) }
    } catch (e) {
      complain(`${file}: ${errorWords(e)}`)
      return { file, counts: null }
    }
  })

export const wcCommand: Command = coreutil({
  name: 'wc',
  options: 'lwmcL',
  long: [
    { name: 'lines', takesValue: false, option: 'l' },
    { name: 'words', takesValue: false, option: 'w' },
    { name: 'chars', takesValue: false, option: 'm' },
    { name: 'bytes', takesValue: false, option: 'c' },
    { name: 'max-line-length', takesValue: false, option: 'L' },
  ],
  isFilter: true,
  run: run => {
    const { ctx, options, operands } = run
    const wanted = COLUMNS.filter(column => (options.size === 0 ? 'lwc'.includes(column) : options.has(column)))
    const rows = readRows(run)
    const width = widthFor(rows, wanted.length)
    const write = (counts: Counts, name: string): void => {
      const numbers = wanted.map(column => String(counts[column]).padStart(width)).join(' ')
      ctx.out(`${numbers}${name === '' ? '' : ` ${name}`}\n`)
    }
    for (const { file, counts } of rows) if (counts !== null) write(counts, operands.length === 0 ? '' : file)
    const zero: Counts = { l: 0, w: 0, m: 0, c: 0, L: 0 }
    if (rows.length > 1)
      write(
        rows.reduce((total, row) => (row.counts === null ? total : sum(total, row.counts)), zero),
        'total',
      )
    return undefined
  },
})
