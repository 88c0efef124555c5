/**
 * `test` and `[`: comparisons of texts and integers, and whether a file of the script's directory is there.
 *
 * @see IEEE Std 1003.1 XCU test
 */
import type { WorkingDirectory } from '../../app/working-directory.js'
import { NetloomError } from '../../errors.js'
import { type Builtin, type BuiltinCall, complain } from './builtin.js'

const CALLED_WRONGLY = 2

class TestError extends Error {}

const integer = (text: string): bigint => {
  const word = text.trim()
  if (!/^[+-]?\d+$/.test(word)) throw new TestError(`${text}: integer expression expected`)
  return BigInt(word.replace(/^\+/, ''))
}

const fileText = (name: string, cwd: WorkingDirectory): string | null => {
  if (name.includes('/'))
    throw new NetloomError(
      'EGRAMMAR',
      `test: \`${name}\` is a file of a host; test looks at files of the script's directory`,
      {
        word: name,
      },
    )
  return cwd.read(name)
}

type Unary = (text: string, cwd: WorkingDirectory) => boolean

const UNARY: Readonly<Record<string, Unary>> = {
  '-n': text => text !== '',
  '-z': text => text === '',
  '-e': (name, cwd) => fileText(name, cwd) !== null,
  '-f': (name, cwd) => fileText(name, cwd) !== null,
  '-r': (name, cwd) => fileText(name, cwd) !== null,
  '-s': (name, cwd) => (fileText(name, cwd) ?? '') !== '',
}

const BINARY: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '-eq': (a, b) => integer(a) === integer(b),
  '-ne': (a, b) => integer(a) !== integer(b),
  '-lt': (a, b) => integer(a) < integer(b),
  '-le': (a, b) => integer(a) <= integer(b),
  '-gt': (a, b) => integer(a) > integer(b),
  '-ge': (a, b) => integer(a) >= integer(b),
}

const SUPPORTED = `! ( ) -a -o ${[...Object.keys(UNARY), ...Object.keys(BINARY)].join(' ')}`

/** The value of `-n`, `-z`, `-e`, `-f`, `-r` and `-s`. */
export const unaryTest = (operator: string, text: string, cwd: WorkingDirectory): boolean => UNARY[operator]!(text, cwd)
const isUnary = (word: string | undefined): boolean => word !== undefined && Object.hasOwn(UNARY, word)
const isBinary = (word: string | undefined): boolean => word !== undefined && Object.hasOwn(BINARY, word)

/** Evaluates words by their number, as POSIX says for up to four, and by precedence beyond. */
class Evaluation {
  readonly #words: readonly string[]
  readonly #cwd: WorkingDirectory
  #at = 0

  constructor(words: readonly string[], cwd: WorkingDirectory) {
    this.#words = words
    this.#cwd = cwd
  }

  run(): boolean {
    const value = this.#of(this.#words)
    if (value !== null) return value
    const result = this.#or()
    if (this.#at < this.#words.length)
      throw new TestError(this.#words.length > 4 ? 'too many arguments' : `${this.#words[1]}: binary operator expected`)
    return result
  }

  #of(words: readonly string[]): boolean | null {
    const [a = '', b = '', c = '', d = ''] = words
    switch (words.length) {
      case 0:
        return false
      case 1:
        return a !== ''
      case 2:
        if (a === '!') return b === ''
        if (isUnary(a)) return unaryTest(a, b, this.#cwd)
        throw new TestError(`${a}: unary operator expected`)
      case 3:
        if (isBinary(b)) return BINARY[b]!(a, c)
        if (b === '-a') return a !== '' && c !== ''
        if (b === '-o') return a !== '' || c !== ''
        if (a === '!') return !this.#of([b, c])
        if (a === '(' && c === ')') return b !== ''
        throw new TestError(`${b}: binary operator expected`)
      case 4:
        if (a === '!') return !this.#of([b, c, d])
        return a === '(' && d === ')' ? this.#of([b, c]) : null
      default:
        return null
    }
  }

  #take(): string {
    const word = this.#words[this.#at++]
    if (word === undefined) throw new TestError('argument expected')
    return word
  }

  #or(): boolean {
    let value = this.#and()
    while (this.#words[this.#at] === '-o') {
      this.#at++
      const right = this.#and()
      value ||= right
    }
    return value
  }

  #and(): boolean {
    let value = this.#term()
    while (this.#words[this.#at] === '-a') {
      this.#at++
      const right = this.#term()
      value &&= right
    }
    return value
  }

  #term(): boolean {
    const word = this.#take()
    if (word === '!') return !this.#term()
    if (isBinary(this.#words[this.#at])) return BINARY[this.#take()]!(word, this.#take())
    if (word === '(') {
      const value = this.#or()
      if (this.#take() !== ')') throw new TestError("`)' expected")
      return value
    }
    return isUnary(word) ? unaryTest(word, this.#take(), this.#cwd) : word !== ''
  }
}

const evaluate = (call: BuiltinCall, name: string, words: readonly string[]): number => {
  try {
    return new Evaluation(words, call.jobs.cwd).run() ? 0 : 1
  } catch (e) {
    if (!(e instanceof TestError)) throw e
    complain(call, `${name}: ${e.message}`)
    return CALLED_WRONGLY
  }
}

const check: Builtin['check'] = args => {
  const at = args.findIndex(
    (arg, i) => arg !== null && /^-[a-zA-Z]{1,2}$/.test(arg) && !SUPPORTED.includes(arg) && args[i + 1] !== undefined,
  )
  return at < 0 ? null : { at: at + 1, problem: `not supported; supported: ${SUPPORTED}` }
}

/** `test EXPRESSION`. */
export const testBuiltin: Builtin = { name: 'test', check, run: call => evaluate(call, 'test', call.args) }

/** `[ EXPRESSION ]`. */
export const bracketBuiltin: Builtin = {
  name: '[',
  check: args =>
    args.at(-1) === ']' || args.at(-1) === null ? check(args.slice(0, -1)) : { at: 0, problem: 'a ] is missing' },
  run: call => evaluate(call, '[', call.args.slice(0, -1)),
}
