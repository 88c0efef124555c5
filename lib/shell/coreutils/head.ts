/**
 * `head` and `tail`: the first and the last part of files, or of standard input. Options: `-n`, `-c`, `-q`, `-v`, and `-5` for
 * `-n 5`. `tail -f` is refused, as nothing grows while a command waits.
 *
 * @see head(1), tail(1)
 */
import { octetText } from '../../app/octet-text.js'
import { encodeUtf8 } from '../../wire/utf8.js'
import type { Command } from '../../app/command.js'
import { coreutil, type CoreutilRun, errorWords } from './coreutil.js'

/** How much of a file is wanted. */
interface Amount {
  readonly unit: 'lines' | 'octets'
  readonly sign: '' | '-' | '+'
  readonly count: number
}

const SUFFIXES: Readonly<Record<string, number>> = {
  '': 1,
  b: 512,
  k: 1024,
  K: 1024,
  kB: 1000,
  M: 1024 ** 2,
  MB: 1000 ** 2,
}

/** The amount of `-n` or `-c`; null for a text that is none. */
const amountOf = (option: string, text: string): Amount | null => {
  const [, sign = '', digits, suffix = ''] = /^([-+]?)(\d+)([bkKM]B?)?$/.exec(text) ?? []
  if (digits === undefined) return null
  const factor = SUFFIXES[suffix]
  if (factor === undefined) return null
  return { unit: option === 'c' ? 'octets' : 'lines', sign: sign as Amount['sign'], count: Number(digits) * factor }
}

type Cut = <T>(all: readonly T[], amount: Amount) => readonly T[]

const head: Cut = (all, { sign, count }) => all.slice(0, sign === '-' ? Math.max(all.length - count, 0) : count)

const tail: Cut = (all, { sign, count }) =>
  sign === '+' ? all.slice(Math.max(count - 1, 0)) : all.slice(Math.max(all.length - count, 0))

/** The part of a text; lines keep their ends, which the last one may not have. */
const part = (text: string, amount: Amount, cut: Cut): string => {
  if (amount.unit === 'octets') return octetText(Uint8Array.from(cut([...encodeUtf8(text)], amount)))
  const lines: readonly string[] = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  return cut(lines, amount).join('')
}

const show = (run: CoreutilRun, amount: Amount, cut: Cut): undefined => {
  const { ctx, files, options, complain } = run
  const operands = run.operands.length === 0 ? ['-'] : run.operands
  const showsNames = options.has('v') || (operands.length > 1 && !options.has('q'))
  let isFirst = true
  for (const file of operands) {
    try {
      const text = files.read(file)
      if (showsNames) ctx.out(`${isFirst ? '' : '\n'}==> ${file === '-' ? 'standard input' : file} <==\n`)
      isFirst = false
      ctx.out(part(text, amount, cut))
    } catch (e) {
      const words = errorWords(e)
      complain(
        words === 'Is a directory'
          ? `error reading '${file}': ${words}`
          : `cannot open '${file}' for reading: ${words}`,
      )
    }
  }
  return undefined
}

const OPTIONS = 'n:c:qv'
const LONG = [
  { name: 'lines', takesValue: true, option: 'n' },
  { name: 'bytes', takesValue: true, option: 'c' },
  { name: 'quiet', takesValue: false, option: 'q' },
  { name: 'silent', takesValue: false, option: 'q' },
  { name: 'verbose', takesValue: false, option: 'v' },
] as const

const makeTool = (name: string, cut: Cut, refused: string, older: RegExp): Command =>
  coreutil({
    name,
    options: OPTIONS,
    refused,
    long: LONG,
    isFilter: true,
    prepare: ([first, ...others]) => {
      if (first === undefined) return []
      return older.test(first) ? ['-n', first.replace(/^-/, ''), ...others] : [first, ...others]
    },
    run: run => {
      const option = run.given.findLast(o => 'nc'.includes(o.option)) ?? { option: 'n', value: '10' }
      const amount = amountOf(option.option, option.value)
      if (amount !== null) return show(run, amount, cut)
      run.complain(`invalid number of ${option.option === 'c' ? 'bytes' : 'lines'}: '${option.value}'`)
      return undefined
    },
  })

export const headCommand: Command = makeTool('head', head, 'z', /^-\d+$/)
export const tailCommand: Command = makeTool('tail', tail, 'fFz', /^(-|\+)\d+$/)
