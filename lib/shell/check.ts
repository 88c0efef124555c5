/**
 * What is not supported in a script, found before anything runs: commands, redirections, parameters.
 */
import { isPlainName, PLAIN_NAME_RULE } from '../app/working-directory.js'
import { NetloomError } from '../errors.js'
import { evaluate } from './arithmetic.js'
import { BUILTINS } from './builtins.js'
import { BASH, DASH } from './dialect.js'
import { parseScript } from './grammar.js'
import { isProblem, readShellCall, shellOf } from './shell-call.js'
import { hereDocumentText, locate } from './shell-text.js'
import { grammarError, type SourceOptions } from './source.js'
import {
  type AndOr,
  type ArithmeticExpansion,
  type ShellCommand,
  type Condition,
  type FunctionDefinition,
  type IoRedirect,
  isList,
  type List,
  literalText,
  type Place,
  type SimpleCommand,
  type Word,
  type WordPart,
} from './syntax.js'
import { type KnownWord, onHost, type Programs, shellAt, toolOf } from './tool-of.js'

/** Parameters that bash gives a value and netloom cannot. */
const OF_BASH =
  /^(HOME|PATH|PWD|OLDPWD|USER|LOGNAME|HOSTNAME|UID|EUID|PPID|SHELL|SHLVL|TERM|LANG|RANDOM|SRANDOM|SECONDS|EPOCH(SECONDS|REALTIME)|LINENO|FUNCNAME|BASH\w*|PS4|OPTIND|OSTYPE|MACHTYPE|HOSTTYPE)$/
/** Parameters whose value changes what the shell does. */
const NOT_ASSIGNED = /^(PS4|POSIXLY_CORRECT|SHELLOPTS|BASHOPTS|LINENO|RANDOM|SECONDS|UID|EUID|PPID)$/

/** What is known of a word before the script runs. */
const known = (word: Word): KnownWord => {
  const { line, column, parts } = word
  const mayVary = parts.some(part => part.kind !== 'literal' && !part.isQuoted)
  const isListed = parts.some(part => part.kind === 'parameter' && isList(part.name))
  return { text: literalText(word), mayVary: mayVary || isListed, isList: isListed, line, column }
}

/** Files that are everywhere. */
const DEVICES: readonly string[] = ['/dev/null', '/dev/stdout', '/dev/stderr']

/** Checks the name of a file that a redirection opens. Throws `EGRAMMAR`. */
export const checkFileName = (redirect: IoRedirect, name: string, isOnHost: boolean): void => {
  const isInput = redirect.operator.startsWith('<')
  if (isInput ? name === '/dev/null' : DEVICES.includes(name)) return
  if (isInput && !name.includes('/')) return
  if (!isInput && isPlainName(name)) return
  if (isOnHost && name.startsWith('/') && !name.startsWith('/dev/')) return
  const { target } = redirect
  if (isOnHost)
    throw grammarError(
      redirect.target,
      name,
      `${isInput ? 'input comes from' : 'output goes to'} a file of the host, whose name begins with /, /dev/null, or ${PLAIN_NAME_RULE}`,
    )
  const host = isInput ? 'ip netns exec NS cat FILE |' : '| ip netns exec NS tee FILE'
  const verb = isInput ? 'input comes from' : 'output goes to'
  const way = name.startsWith('/proc/sys/') ? 'ip netns exec NS sysctl' : host
  const hint = name.startsWith('/') ? `; a file of a host: ${way}` : ''
  throw grammarError(target, name, `${verb} ${PLAIN_NAME_RULE}${hint}`)
}

interface UsedName extends Place {
  readonly name: string
}

class Checker {
  readonly #programs: Programs
  /** Names that the script sets anywhere. */
  readonly #assigned: Set<string>
  readonly #used: UsedName[]
  /** Around the present command: what may give it an input. */
  #inputs = 0

  constructor(programs: Programs, assigned: Set<string>, used: UsedName[] = []) {
    this.#programs = programs
    this.#assigned = assigned
    this.#used = used
  }

  run(list: List): void {
    this.#list(list)
    for (const { name, ...place } of this.#used)
      if (OF_BASH.test(name) && !this.#assigned.has(name))
        throw grammarError(place, `$${name}`, 'a variable that bash sets has no value here; assign one in the script')
  }

  #list(list: List): void {
    for (const item of list.items) this.#andOr(item)
  }

  #andOr(item: AndOr): void {
    for (const pipeline of [item.first, ...item.rest.map(r => r.pipeline)])
      for (const [n, command] of pipeline.commands.entries()) this.#withInput(n > 0, command)
  }

  /** Checks a command that may have an input from around it. */
  #withInput(hasInput: boolean, command: ShellCommand): void {
    const isInside = command.kind === 'functionDefinition' || command.redirects.some(r => r.operator.startsWith('<'))
    const inputs = hasInput || isInside ? 1 : 0
    this.#inputs += inputs
    this.#command(command)
    this.#inputs -= inputs
  }

  #command(command: ShellCommand): void {
    for (const redirect of command.redirects) this.#redirect(redirect)
    switch (command.kind) {
      case 'simpleCommand':
        return this.#simpleCommand(command)
      case 'functionDefinition':
        return this.#withInput(true, command.body)
      case 'arithmeticCommand':
        return this.#parts([command.expression])
      case 'arithmeticFor':
        this.#parts([command.first, command.condition, command.next])
        return this.#list(command.body)
      case 'conditionalCommand':
        return this.#condition(command.condition)
      case 'caseClause':
        for (const word of [command.word, ...command.items.flatMap(item => item.patterns)]) this.#parts(word.parts)
        for (const { body } of command.items) this.#list(body)
        return
      case 'braceGroup':
      case 'subshell':
        return this.#list(command.body)
      case 'forClause':
        this.#assign(command.name, command)
        for (const word of command.words ?? []) this.#parts(word.parts)
        return this.#list(command.body)
      case 'ifClause':
        for (const { condition, body } of command.branches) {
          this.#list(condition)
          this.#list(body)
        }
        return command.elseBody === null ? undefined : this.#list(command.elseBody)
      case 'whileClause':
        this.#list(command.condition)
        return this.#list(command.body)
    }
  }

  #simpleCommand(command: SimpleCommand): void {
    for (const { name, value, line, column } of command.assignments) {
      this.#assign(name, { line, column })
      this.#parts(value.parts)
    }
    for (const word of command.words) this.#parts(word.parts)
    if (command.words.length === 0) return
    const words = command.words.map(known)
    const [first] = words
    this.#assignedBy(words)
    if (first!.text === 'trap') this.#trap(words[1]?.text === '--' ? words[2] : words[1])
    checkCommand(words, this.#programs)
    this.#shell(command, withoutCommand(words))
  }

  /** A shell on a host, and its commands as far as they are known. */
  #shell(command: SimpleCommand, words: readonly KnownWord[]): void {
    const at = shellAt(words)
    if (at < 0) return
    const ofShell = words.slice(at)
    const call = readShellCall(ofShell.map(word => (word.mayVary === true ? null : word.text)))
    if (call === null) return
    if (isProblem(call)) throw grammarError(ofShell[call.at]!, ofShell[call.at]!.text ?? '', call.problem)
    const dialect = shellOf(ofShell[0]!.text) === 'bash' ? BASH : DASH
    const options = { dialect, hasName: true }
    if (call.commandsAt === null) return this.#shellInput(command, ofShell[0]!, options)
    const word = command.words[command.words.length - ofShell.length + call.commandsAt]!
    const text = literalText(word)
    if (text !== null) this.#shellText(text, { ...options, locate: locate(text, word, word) })
  }

  #shellInput(command: SimpleCommand, shell: KnownWord, options: SourceOptions): void {
    const redirect = command.redirects.findLast(one => one.operator.startsWith('<'))
    if (redirect === undefined && this.#inputs === 0)
      throw grammarError(shell, shell.text!, "an interactive shell is not supported; use -c 'COMMANDS'")
    const document = redirect?.hereDocument
    const text = document == null ? null : hereDocumentText(document)
    if (text !== null) this.#shellText(text, { ...options, firstLine: redirect!.line + 1 })
  }

  #shellText(text: string, options: SourceOptions): void {
    const list = parseScript(text, options)
    const programs = onHost(this.#programs, functionNames(list), options.dialect!)
    new Checker(programs, this.#assigned, this.#used).#list(list)
  }

  #condition(condition: Condition): void {
    switch (condition.kind) {
      case 'not':
        return this.#condition(condition.of)
      case 'unary':
        return this.#parts(condition.word.parts)
      case 'binary':
        return this.#parts([...condition.left.parts, ...condition.right.parts])
      default:
        this.#condition(condition.left)
        this.#condition(condition.right)
    }
  }

  /** The commands of `trap`, which stand in one word. */
  #trap(word: KnownWord | undefined): void {
    if (word === undefined || word.text === null || word.text === '-') return
    try {
      const { dialect, isOnHost } = this.#programs
      this.#list(parseScript(word.text, { dialect, hasName: isOnHost }))
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      throw grammarError(word, word.text, e.message.replace(/^line \d+, column \d+: /, ''))
    }
  }

  /** Names that `export`, `local` and `read` set. */
  #assignedBy([first, ...args]: readonly KnownWord[]): void {
    if (!/^(export|local|read)$/.test(first!.text ?? '')) return
    for (const { text, line, column } of args) {
      const [whole = '', equals] = /^\w+(=?)/.exec(text ?? '') ?? []
      if (first!.text === 'read' || equals === '=') this.#assign(whole.replace('=', ''), { line, column })
    }
  }

  #assign(name: string, place: { readonly line: number; readonly column: number }): void {
    if (NOT_ASSIGNED.test(name)) throw grammarError(place, name, 'this variable is not supported')
    this.#assigned.add(name)
  }

  #redirect(redirect: IoRedirect): void {
    const { operator, target, hereDocument } = redirect
    this.#parts(hereDocument?.parts ?? target.parts)
    const name = literalText(target)
    if (name !== null && /^([<>]|>>|>\||&>|&>>)$/.test(operator)) checkFileName(redirect, name, this.#programs.isOnHost)
  }

  /** An expression of which all is known has no syntax that is not supported. */
  #arithmetic(part: ArithmeticExpansion): void {
    this.#parts(part.parts)
    if (part.parts.some(p => p.kind !== 'literal')) return
    const text = part.parts.map(p => (p.kind === 'literal' ? p.text : '')).join('')
    evaluate(text, { get: () => '1', set: name => this.#assigned.add(name) }, part)
  }

  #parts(parts: readonly WordPart[]): void {
    for (const part of parts) {
      if (part.kind === 'substitution') this.#list(part.list)
      else if (part.kind === 'arithmetic') this.#arithmetic(part)
      else if (part.kind === 'parameter') {
        this.#used.push({ name: part.name, line: part.line, column: part.column })
        if (part.operator.endsWith('=')) this.#assigned.add(part.name)
        this.#parts([...part.parts, ...part.replacement])
      }
    }
  }
}

/** Names of all functions that a list defines, at any depth. */
export const functionNames = (list: List): Set<string> => {
  const names = new Set<string>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if ('kind' in node && node.kind === 'functionDefinition') names.add((node as FunctionDefinition).name)
    for (const child of Object.values(node)) visit(child)
  }
  visit(list)
  return names
}

/** The words of a command without `command` or `exec` in front, which say that it is no function. */
export const withoutCommand = <T extends { readonly text: string | null }>(words: readonly T[]): readonly T[] =>
  /^(command|exec)$/.test(words[0]?.text ?? '') && words[1] !== undefined && words[1].text?.startsWith('-') !== true
    ? withoutCommand(words.slice(1))
    : words

/** Checks the words of a command as far as they are known, and returns the tool. Throws `EGRAMMAR`. */
export const checkCommand = (words: readonly KnownWord[], programs: Programs): string | null => {
  const plain = withoutCommand(words)
  const [first, ...args] = plain
  if (first!.text === null || (plain === words && programs.functions.has(first!.text))) return null
  const builtin = BUILTINS.get(first!.text)
  if (builtin === undefined) return toolOf(plain, programs)
  if (args.some(word => word.mayVary === true)) return first!.text
  const found = builtin.check?.(args.map(word => word.text)) ?? null
  if (found === null) return first!.text
  const word = plain[found.at] ?? first!
  throw grammarError(word, found.word ?? word.text ?? '', found.problem)
}

/** Checks a script; `assigned` are names that have a value before. Throws `EGRAMMAR` with line, column and word in the context. */
export const checkScript = (list: List, programs: Programs, assigned: readonly string[] = []): void =>
  new Checker(programs, new Set(assigned)).run(list)
