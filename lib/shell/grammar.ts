/**
 * The grammar of scripts: plain bash, restricted to one simple command a line.
 *
 * Comments and blank lines; single and double quotes; a trailing `&`; `sleep SECONDS`; `wait`; `> FILE`, `2>/dev/null`,
 * `2>&1`; and one pipe, `printf '...' | ip netns exec NS nc ...` (or `iptables-restore`, or `| ip -batch -`). A comment
 * `# may-fail` directly above a command lets it fail. A whole script is read before anything runs; whatever is outside the
 * grammar is an error that names line, column and word.
 */
import { NetloomError } from '../errors.js'
import { grammarError, type Token, tokenize } from './lexer.js'
import { formatPrintf } from './printf.js'

/** A word of a command and its column, from 1. */
export interface Word {
  readonly text: string
  readonly column: number
}

/** Where standard error goes. */
export type StderrTarget = 'stderr' | 'null' | 'stdout'

/** A command to run. */
export interface CommandStatement {
  readonly kind: 'command'
  readonly line: number
  /** The line without comment marks and outer blanks, for messages. */
  readonly text: string
  readonly words: readonly Word[]
  /** The program that it comes down to: `ping` for `ip netns exec h1 ping ...`. */
  readonly tool: string
  /** Standard input from `printf`; null without a pipe. */
  readonly stdin: Uint8Array | null
  /** File that standard output goes to; `/dev/null`; null without a redirection. */
  readonly stdout: string | null
  readonly stderr: StderrTarget
  readonly background: boolean
  /** `# may-fail` stands above it. */
  readonly mayFail: boolean
}

/** `sleep SECONDS`. */
export interface SleepStatement {
  readonly kind: 'sleep'
  readonly line: number
  readonly text: string
  readonly durationNs: number
}

/** `wait`: until all background commands that are not captures have ended. */
export interface WaitStatement {
  readonly kind: 'wait'
  readonly line: number
  readonly text: string
}

/** One line of a script. */
export type Statement = CommandStatement | SleepStatement | WaitStatement

const PLAIN_FILE = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
const LONGEST_SLEEP_SECONDS = 4_000_000

const isPrefixOf = (text: string, whole: string): boolean => text !== '' && whole.startsWith(text)

/** What the tokens of a line are for, before anybody looks at the command. */
interface Parts {
  readonly words: readonly Word[]
  readonly printf: readonly Word[] | null
  readonly stdout: string | null
  readonly stderr: StderrTarget
  readonly background: boolean
}

class LineParser {
  readonly #line: number
  readonly #tokens: readonly Token[]
  #at = 0
  #words: Word[] = []
  #printf: Word[] | null = null
  #stdout: string | null = null
  #stderr: StderrTarget = 'stderr'
  #background = false

  constructor(line: number, text: string) {
    this.#line = line
    this.#tokens = tokenize(text, line)
  }

  run(): Parts {
    while (this.#at < this.#tokens.length) {
      const token = this.#tokens[this.#at++]!
      if (this.#background) this.#fail(token, '& stands at the end of a line only')
      if (token.kind === 'word') this.#words.push(token)
      else this.#operator(token)
    }
    const last = this.#tokens[this.#tokens.length - 1]!
    if (this.#words.length === 0) this.#fail(last, 'a command is missing')
    return {
      words: this.#words,
      printf: this.#printf,
      stdout: this.#stdout,
      stderr: this.#stderr,
      background: this.#background,
    }
  }

  #fail(token: Word, problem: string): never {
    throw grammarError(this.#line, token.column, token.text, problem)
  }

  #operator(token: Token): void {
    switch (token.text) {
      case '&':
        this.#background = true
        return
      case '|':
        this.#pipe(token)
        return
      case '>':
      case '1>':
        this.#stdout = this.#file(token)
        return
      case '2>':
        if (this.#target(token).text !== '/dev/null')
          this.#fail(token, 'standard error goes to /dev/null (2>/dev/null) or to standard output (2>&1) only')
        this.#stderr = 'null'
        return
      case '2>&1':
        this.#stderr = this.#stdout === null ? 'stderr' : 'stdout'
        return
      default:
        this.#fail(
          token,
          'not in the grammar: one simple command a line, with a trailing &, > FILE, 2>/dev/null, 2>&1, or one pipe from printf',
        )
    }
  }

  #pipe(token: Token): void {
    if (this.#printf !== null) this.#fail(token, 'one pipe at most')
    if (this.#stdout !== null || this.#stderr !== 'stderr') this.#fail(token, 'a redirection stands behind the pipe')
    if (this.#words.length === 0) this.#fail(token, 'a command is missing in front of the pipe')
    if (this.#words[0]!.text !== 'printf') this.#fail(this.#words[0]!, 'a pipe comes from printf only')
    this.#printf = this.#words
    this.#words = []
  }

  #target(token: Token): Token {
    const target = this.#tokens[this.#at++]
    if (target === undefined || target.kind !== 'word') this.#fail(token, 'a file name is missing')
    return target
  }

  #file(token: Token): string {
    const target = this.#target(token)
    const name = target.text
    if (name === '/dev/null') return name
    if (!PLAIN_FILE.test(name) || name.endsWith('.pcap') || name === 'scenario.sh' || name === 'meta.json')
      this.#fail(
        target,
        'output goes to a plain file name of letters, digits, `.`, `_` and `-`, other than *.pcap, scenario.sh and meta.json',
      )
    return name
  }
}

/** Index of the first word behind the options of `ip`, `bridge` or `tc`, and whether `-n NS` is among them. */
const skipOptions = (words: readonly Word[]): { readonly at: number; readonly hasNetns: boolean } => {
  let at = 1
  let hasNetns = false
  for (; at < words.length; at++) {
    const word = words[at]!.text
    if (!word.startsWith('-')) break
    const option = word.startsWith('--') ? word.slice(1) : word
    if (isPrefixOf(option, '-netns') && option.length > 1) {
      hasNetns = true
      at++
    } else if (isPrefixOf(option, '-batch') && option.length > 1 && option !== '-br') at++
    else if (isPrefixOf(option, '-family') && option.length > 1 && !isPrefixOf(option, '-force')) at++
  }
  return { at, hasNetns }
}

/** Tools that have `-n NS` of their own. */
const WITH_NETNS_OPTION: readonly string[] = ['ip', 'bridge', 'tc']

const HERE = 'nothing runs outside a namespace: use'

/** Checks the program of a line and says what it comes down to; `tools` are the commands that `ip netns exec` knows. */
const toolOf = (line: number, words: readonly Word[], tools: readonly string[]): string => {
  const program = words[0]!
  const fail = (word: Word, problem: string): never => {
    throw grammarError(line, word.column, word.text, problem)
  }
  if (!WITH_NETNS_OPTION.includes(program.text)) {
    if (tools.includes(program.text)) return fail(program, `${HERE} ip netns exec NS ${program.text} ...`)
    return fail(
      program,
      `unknown command; supported: ip, bridge, tc, sleep, wait, printf ... | and ip netns exec NS COMMAND`,
    )
  }
  const { at, hasNetns } = skipOptions(words)
  const object = words[at]
  if (program.text === 'ip' && object !== undefined && object.text.length > 2 && isPrefixOf(object.text, 'netns')) {
    const verb = words[at + 1]
    if (verb === undefined || !isPrefixOf(verb.text, 'exec')) return 'ip'
    const tool = words[at + 3]
    if (tool === undefined) return 'ip'
    if (!tools.includes(tool.text)) fail(tool, `unknown command; ip netns exec runs ${tools.join(', ')}`)
    return tool.text
  }
  if (!hasNetns && object !== undefined && !words.some(w => /^--?batch$/.test(w.text)))
    fail(object, `${HERE} ${program.text} -n NS ${object.text} ...`)
  return program.text
}

const sleepOf = (line: number, text: string, words: readonly Word[]): SleepStatement => {
  const [, duration, extra] = words
  if (duration === undefined) throw grammarError(line, words[0]!.column, 'sleep', 'sleep SECONDS')
  const seconds = Number(duration.text)
  if (!/^(\d+\.?\d*|\.\d+)$/.test(duration.text) || seconds > LONGEST_SLEEP_SECONDS)
    throw grammarError(line, duration.column, duration.text, 'sleep takes seconds, such as 1 or 0.25')
  if (extra !== undefined) throw grammarError(line, extra.column, extra.text, 'sleep takes one number of seconds')
  return { kind: 'sleep', line, text, durationNs: Math.round(seconds * 1e9) }
}

const printfOctets = (line: number, words: readonly Word[]): Uint8Array => {
  const [program, format, ...args] = words
  if (format === undefined) throw grammarError(line, program!.column, 'printf', 'printf takes a format')
  try {
    return formatPrintf(
      format.text,
      args.map(w => w.text),
    )
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    throw grammarError(line, format.column, String(e.context['word']), e.message)
  }
}

const plainWord = (parts: Parts, line: number): void => {
  const program = parts.words[0]!
  const extra = parts.words[1]
  if (program.text === 'wait' && extra !== undefined)
    throw grammarError(line, extra.column, extra.text, 'wait takes no argument')
  if (parts.background || parts.stdout !== null || parts.printf !== null)
    throw grammarError(line, program.column, program.text, `${program.text} stands alone on its line`)
}

/** Tools that read their standard input. */
const READS_STDIN: readonly string[] = ['nc', 'iptables-restore', 'tee', 'cat', 'etcdctl', 'kubectl']

const parseStatement = (line: number, text: string, mayFail: boolean, tools: readonly string[]): Statement | null => {
  if (tokenize(text, line).length === 0) return null
  const parts = new LineParser(line, text).run()
  const { words, printf, stdout, stderr, background } = parts
  const program = words[0]!.text
  const trimmed = text.trim()
  if (program === 'sleep' || program === 'wait') {
    plainWord(parts, line)
    return program === 'sleep' ? sleepOf(line, trimmed, words) : { kind: 'wait', line, text: trimmed }
  }
  if (program === 'printf' && printf === null)
    throw grammarError(line, words[0]!.column, program, 'printf goes into a pipe: printf ... | ip netns exec NS nc ...')
  const tool = toolOf(line, words, tools)
  const batch = words.some(w => /^--?b(a(t(c(h)?)?)?)?$/.test(w.text))
  if (printf !== null && !READS_STDIN.includes(tool) && !batch) {
    const places =
      'a pipe goes into ip netns exec NS nc ..., iptables-restore, tee, cat, etcdctl, kubectl or ip -batch - only'
    throw grammarError(line, words[0]!.column, program, places)
  }
  const stdin = printf === null ? null : printfOctets(line, printf)
  return { kind: 'command', line, text: trimmed, words, tool, stdin, stdout, stderr, background, mayFail }
}

/**
 * Reads a script; `tools` are the commands that `ip netns exec NS` can run. Throws `EGRAMMAR` with line, column and word
 * in the context.
 */
export const parseScript = (script: string, tools: readonly string[]): Statement[] => {
  const statements: Statement[] = []
  let mayFail = false
  for (const [n, text] of script.split(/\r?\n/).entries()) {
    const trimmed = text.trim()
    if (trimmed.startsWith('#')) {
      if (/^#\s*may-fail\b/.test(trimmed)) mayFail = true
      continue
    }
    const statement = parseStatement(n + 1, text, mayFail, tools)
    if (statement !== null) statements.push(statement)
    mayFail = false
  }
  return statements
}
