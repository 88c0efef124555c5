/**
 * `grep` of GNU grep 3.8: lines that match. Options: `-E -F -G -e -i -v -w -x -c -l -L -m -o -q -s -h -H -n -A -B -C`.
 *
 * @see grep(1)
 */
import type { Command } from '../../app/command.js'
import type { ParsedOption } from '../getopt.js'
import { coreutil, type CoreutilRun, errorWords, lastValue, linesOf } from './coreutil.js'
import { literalRegex, RegexError, translateRegex } from '../posix-regex.js'

const LONG: readonly (readonly [name: string, option: string, takesValue?: boolean])[] = [
  ['extended-regexp', 'E'],
  ['fixed-strings', 'F'],
  ['basic-regexp', 'G'],
  ['regexp', 'e', true],
  ['ignore-case', 'i'],
  ['invert-match', 'v'],
  ['word-regexp', 'w'],
  ['line-regexp', 'x'],
  ['count', 'c'],
  ['files-with-matches', 'l'],
  ['files-without-match', 'L'],
  ['max-count', 'm', true],
  ['only-matching', 'o'],
  ['quiet', 'q'],
  ['silent', 'q'],
  ['no-messages', 's'],
  ['no-filename', 'h'],
  ['with-filename', 'H'],
  ['line-number', 'n'],
  ['after-context', 'A', true],
  ['before-context', 'B', true],
  ['context', 'C', true],
]

const CALLED_WRONGLY = 2
const STDIN_NAME = '(standard input)'

/** How the lines of files are looked at and shown. */
interface Search {
  readonly pattern: RegExp
  readonly options: ReadonlySet<string>
  readonly before: number
  readonly after: number
  readonly most: number
  readonly showsName: boolean
}

const sourceOf = (text: string, syntax: string): string =>
  syntax === 'F' ? literalRegex(text) : translateRegex(text, syntax === 'E' ? 'egrep' : 'grep')

/** The expression of all patterns. Throws {@link RegexError}. */
const patternOf = (
  patterns: readonly string[],
  given: readonly ParsedOption[],
  options: ReadonlySet<string>,
): RegExp => {
  const syntax = given.findLast(o => 'EFG'.includes(o.option))?.option ?? 'G'
  const alternatives = patterns.flatMap(p => p.split('\n')).map(p => `(?:${sourceOf(p, syntax)})`)
  const any = `(?:${alternatives.join('|')})`
  const bounded = options.has('x') ? `^${any}$` : options.has('w') ? `(?<!\\w)${any}(?!\\w)` : any
  return new RegExp(bounded, options.has('i') ? 'gi' : 'g')
}

/** Writes what is shown of a file, line by line. */
class Shown {
  readonly #search: Search
  readonly #name: string
  readonly #lines: readonly string[]
  #out = ''
  /** The line behind the one that was shown last. */
  #next = -1

  constructor(search: Search, name: string, lines: readonly string[]) {
    this.#search = search
    this.#name = name
    this.#lines = lines
  }

  get text(): string {
    return this.#out
  }

  #add(n: number, text: string, mark: string): void {
    const { options, showsName } = this.#search
    const name = showsName ? `${this.#name}${mark}` : ''
    const number = options.has('n') ? `${n + 1}${mark}` : ''
    this.#out += `${name}${number}${text}\n`
  }

  /** A line that was selected, with what stands in front of it. */
  select(n: number): void {
    const { before, after, options, pattern } = this.#search
    const first = Math.max(n - before, this.#next, 0)
    if (before + after > 0 && this.#next >= 0 && first > this.#next) this.#out += '--\n'
    if (options.has('o')) {
      pattern.lastIndex = 0
      if (!options.has('v'))
        for (const [match] of this.#lines[n]!.matchAll(pattern)) if (match !== '') this.#add(n, match, ':')
      this.#next = n + 1
      return
    }
    for (let i = first; i < n; i++) this.#add(i, this.#lines[i]!, '-')
    this.#add(n, this.#lines[n]!, ':')
    this.#next = n + 1
  }

  /** A line behind one that was selected. */
  context(n: number): void {
    if (!this.#search.options.has('o')) this.#add(n, this.#lines[n]!, '-')
    this.#next = n + 1
  }
}

/** Looks through one file; returns the number of lines selected, and what is shown of them. */
const searchFile = (search: Search, name: string, text: string): { readonly count: number; readonly shown: string } => {
  const { pattern, options, after, most } = search
  const lines = linesOf(text)
  const shown = new Shown(search, name, lines)
  let count = 0
  let trailing = 0
  for (const [n, line] of lines.entries()) {
    pattern.lastIndex = 0
    if (count < most && pattern.test(line) !== options.has('v')) {
      count++
      shown.select(n)
      trailing = after
    } else if (trailing > 0) {
      trailing--
      shown.context(n)
    } else if (count >= most) break
  }
  return { count, shown: shown.text }
}

const number = (given: readonly ParsedOption[], option: string): number | null => {
  const value = lastValue(given, option)
  if (value === null) return null
  return /^\d+$/.test(value) ? Number(value) : Number.NaN
}

const searchAll = (run: CoreutilRun, search: Search, files: readonly string[]): number => {
  const { ctx, options, complain } = run
  let isFound = false
  for (const file of files) {
    let text: string
    try {
      text = run.files.read(file)
    } catch (e) {
      const words = errorWords(e)
      if (options.has('s')) complain('')
      else complain(`${file}: ${words}`)
      continue
    }
    if (file === ctx.outFile && !['q', 'l', 'L'].some(option => options.has(option))) {
      complain(`${file}: input file is also the output`)
      continue
    }
    const name = file === '-' ? STDIN_NAME : file
    const { count, shown } = searchFile(search, name, text)
    isFound ||= options.has('L') ? count === 0 : count > 0
    if (options.has('q')) continue
    if (options.has('l') || options.has('L')) ctx.out(count > 0 === options.has('l') ? `${name}\n` : '')
    else if (options.has('c')) ctx.out(`${search.showsName ? `${name}:` : ''}${count}\n`)
    else ctx.out(shown)
  }
  return isFound ? 0 : 1
}

const grep = (run: CoreutilRun): number => {
  const { given, options, operands, complain } = run
  const patterns = given.filter(o => o.option === 'e').map(o => o.value)
  const files = patterns.length > 0 ? operands : operands.slice(1)
  if (patterns.length === 0 && operands[0] === undefined) {
    run.ctx.err(USAGE + TRY_HELP)
    return CALLED_WRONGLY
  }
  const context = number(given, 'C') ?? 0
  const [before, after] = [number(given, 'B') ?? context, number(given, 'A') ?? context]
  const most = number(given, 'm') ?? Number.POSITIVE_INFINITY
  if ([before, after].some(Number.isNaN))
    return refuse(
      run,
      `${lastValue(given, 'C') ?? lastValue(given, 'A') ?? lastValue(given, 'B')}: invalid context length argument`,
    )
  if (Number.isNaN(most)) return refuse(run, 'invalid max count')
  try {
    const pattern = patternOf(patterns.length > 0 ? patterns : [operands[0]!], given, options)
    const showsName =
      given.findLast(o => 'hH'.includes(o.option))?.option === 'H' || (files.length > 1 && !options.has('h'))
    return searchAll(run, { pattern, options, before, after, most, showsName }, files.length > 0 ? files : ['-'])
  } catch (e) {
    if (!(e instanceof RegexError)) throw e
    complain(e.message)
    return CALLED_WRONGLY
  }
}

const refuse = ({ complain }: CoreutilRun, text: string): number => {
  complain(text)
  return CALLED_WRONGLY
}

const USAGE = 'Usage: grep [OPTION]... PATTERNS [FILE]...\n'
const TRY_HELP = "Try 'grep --help' for more information.\n"

export const grepCommand: Command = coreutil({
  name: 'grep',
  options: 'EFGe:ivwxclLm:oqshHnA:B:C:',
  refused: 'PrRzZbTUaIdDuf',
  long: LONG.map(([name, option, takesValue = false]) => ({ name, option, takesValue })),
  failure: CALLED_WRONGLY,
  usage: USAGE,
  isFilter: true,
  run: grep,
})
