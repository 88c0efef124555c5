/**
 * `test` and `[`: comparisons of texts and integers, and whether a file is there.
 *
 * @see IEEE Std 1003.1 XCU test
 */
import { NetloomError } from '../../errors.js'
import { ShellFiles } from '../shell-files.js'
import { type Builtin, type BuiltinCall, complain } from './builtin.js'

const CALLED_WRONGLY = 2

/** What is wrong with an expression, as bash says it and as dash does. */
class TestError extends Error {
  readonly inDash: string | null

  constructor(message: string, inDash: string | null = null) {
    super(message)
    this.inDash = inDash
  }
}

const integer = (text: string): bigint => {
  const word = text.trim()
  if (!/^[+-]?\d+$/.test(word)) throw new TestError(`${text}: integer expression expected`, `Illegal number: ${text}`)
  return BigInt(word.replace(/^\+/, ''))
}

/** What a name stands for; outside of a host a path is no file that the script could mean. */
const kindOf = (name: string, files: ShellFiles): 'file' | 'directory' | null => {
  if (!files.knows(name))
    throw new NetloomError(
      'EGRAMMAR',
      `test: \`${name}\` is a file of a host; test looks at files of the script's directory, and in a shell on a host (ip netns exec NS sh -c) at the host's`,
      { word: name },
    )
  return files.kind(name)
}

const sizeOf = (name: string, files: ShellFiles): number =>
  kindOf(name, files) === 'file' ? files.read(name).length : kindOf(name, files) === null ? 0 : 1

type Unary = (text: string, files: ShellFiles) => boolean

const UNARY: Readonly<Record<string, Unary>> = {
  '-n': text => text !== '',
  '-z': text => text === '',
  '-d': (name, files) => kindOf(name, files) === 'directory',
  '-e': (name, files) => kindOf(name, files) !== null,
  '-f': (name, files) => kindOf(name, files) === 'file',
  '-r': (name, files) => kindOf(name, files) !== null,
  '-s': (name, files) => sizeOf(name, files) > 0,
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

/** The value of `-n`, `-z`, `-d`, `-e`, `-f`, `-r` and `-s`. */
export const unaryTest = (operator: string, text: string, files: ShellFiles): boolean => UNARY[operator]!(text, files)
const isUnary = (word: string | undefined): boolean => word !== undefined && Object.hasOwn(UNARY, word)

/** Evaluates words by their number, as POSIX says for up to four, and by precedence beyond. */
class Evaluation {
  readonly #words: readonly string[]
  readonly #files: ShellFiles
  readonly #isDash: boolean
  #at = 0

  constructor(words: readonly string[], files: ShellFiles, isDash: boolean) {
    this.#words = words
    this.#files = files
    this.#isDash = isDash
  }

  #isBinary(word: string | undefined): boolean {
    return word !== undefined && Object.hasOwn(BINARY, word) && !(this.#isDash && word === '==')
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
        if (isUnary(a)) return unaryTest(a, b, this.#files)
        throw new TestError(`${a}: unary operator expected`)
      case 3:
        if (this.#isBinary(b)) return BINARY[b]!(a, c)
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
    if (this.#isBinary(this.#words[this.#at])) return BINARY[this.#take()]!(word, this.#take())
    if (word === '(') {
      const value = this.#or()
      if (this.#take() !== ')') throw new TestError("`)' expected")
      return value
    }
    return isUnary(word) ? unaryTest(word, this.#take(), this.#files) : word !== ''
  }
}

/** What dash says of words that are no expression: the operator that has no second word, or where the expression has ended. */
const dashProblem = (words: readonly string[]): string => {
  const [first = '', second = ''] = words
  if (words.length === 2 && Object.hasOwn(BINARY, second) && second !== '==') return `${second}: argument expected`
  return `${(first === '!' ? words[2] : first) ?? first}: unexpected operator`
}

const evaluate = (call: BuiltinCall, name: string, words: readonly string[]): number => {
  const isDash = call.env.identity.dialect.isPosix
  try {
    return new Evaluation(words, new ShellFiles(call.env, call.jobs.cwd), isDash).run() ? 0 : 1
  } catch (e) {
    if (!(e instanceof TestError)) throw e
    complain(call, `${name}: ${isDash ? (e.inDash ?? dashProblem(words)) : e.message}`)
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
