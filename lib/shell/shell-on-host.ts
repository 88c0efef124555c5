/**
 * Runs `sh` and `bash` on a host: a shell of its own, with the exported variables, whose commands run in the host's namespace.
 *
 * Its text is read and checked as a whole before any of it runs. It costs what a program costs, and so do the programs in it.
 */
import { octetText } from '../app/octet-text.js'
import { checkScript, functionNames } from './check.js'
import { BASH, DASH, type Dialect } from './dialect.js'
import { Environment, type ExitStatus, type Streams } from './environment.js'
import type { Field } from './expand.js'
import { parseScript } from './grammar.js'
import { Input, InputRefused } from './input.js'
import type { ShellRequest } from './job.js'
import { isProblem, readShellCall, type ShellCall, shellOf } from './shell-call.js'
import { locate } from './shell-text.js'
import { grammarError, type SourceOptions } from './source.js'
import type { Steps } from './steps.js'
import type { AndOr, IoRedirect, List, SimpleCommand } from './syntax.js'
import { onHost, type Programs } from './tool-of.js'

/** A command that starts a shell. */
export interface ShellStart {
  readonly command: SimpleCommand
  /** The words of the command; the last ones are those of the shell. */
  readonly fields: readonly Field[]
  readonly request: ShellRequest
  readonly streams: Streams
  /** The shell that starts it. */
  readonly env: Environment
  readonly programs: Programs
}

/** A shell that is ready to run. */
export interface HostShell {
  readonly list: List
  readonly env: Environment
  readonly programs: Programs
  /** Called before each of its lines, with whether it is the last one. */
  readonly onLine: (isLast: boolean) => void
}

const fieldAt = ({ fields, request }: ShellStart, at: number): Field =>
  fields[fields.length - request.argv.length + at] ?? fields[0]!

/** How the shell is called. Throws `EGRAMMAR`. */
const callOf = (start: ShellStart): ShellCall => {
  const { request, streams } = start
  const call = readShellCall(request.argv)!
  if (isProblem(call)) throw grammarError(fieldAt(start, call.at), request.argv[call.at]!, call.problem)
  if (call.commandsAt === null && streams.stdin === null)
    throw grammarError(fieldAt(start, 0), request.argv[0]!, "an interactive shell is not supported; use -c 'COMMANDS'")
  return call
}

/** Line that a here-document behind a redirection begins on; null for any other one. */
export const firstLineOf = ({ hereDocument, line }: IoRedirect): number | null =>
  hereDocument === null ? null : line + 1

/** The commands of a shell, and how they are read. */
interface Text {
  readonly text: string
  readonly firstLine: number
  readonly options: SourceOptions
}

const textOf = (start: ShellStart, { commandsAt }: ShellCall, dialect: Dialect): Text => {
  const { command, request, streams } = start
  const options = { dialect, hasName: true }
  if (commandsAt === null) {
    const redirect = command.redirects.findLast(one => one.operator.startsWith('<'))
    const firstLine = (redirect === undefined ? null : firstLineOf(redirect)) ?? command.line
    return { text: octetText(streams.stdin!.rest()), firstLine, options: { ...options, firstLine } }
  }
  const text = request.argv[commandsAt]!
  const field = fieldAt(start, commandsAt)
  const word = command.words.find(one => one.line === field.line && one.column === field.column) ?? null
  return { text, firstLine: field.line, options: { ...options, locate: locate(text, word, field) } }
}

/** Input of commands whose shell reads its own commands from there: what they would read are the lines that follow. */
class ScriptInput extends Input {
  isLast = false
  readonly #start: ShellStart

  constructor(start: ShellStart) {
    super(new Uint8Array(0))
    this.#start = start
  }

  #check(): void {
    const { argv } = this.#start.request
    if (this.isLast) return
    const problem =
      'a command reads the input that the commands behind it stand in; give it < /dev/null, or use -c COMMANDS'
    throw new InputRefused(grammarError(fieldAt(this.#start, 0), argv[0]!, problem))
  }

  override rest(): Uint8Array {
    this.#check()
    return super.rest()
  }

  override line(): { readonly text: string; readonly hasEnd: boolean } {
    this.#check()
    return super.line()
  }
}

/** The one command that a list ends with, and that bash becomes; dash stays and waits. */
const tailOf = ({ items }: List, { isPosix }: Dialect): SimpleCommand | null => {
  const last: AndOr | undefined = items.at(-1)
  if (isPosix || last === undefined || last.isBackground) return null
  // A list behind `;` on its line is no command that bash looks at.
  if (last.rest.length > 0 && items.at(-2)?.line === last.line) return null
  const { commands, isNegated } = last.rest.at(-1)?.pipeline ?? last.first
  const [only] = commands
  if (commands.length > 1 || isNegated || only!.kind !== 'simpleCommand') return null
  return only!.redirects.length === 0 ? only : null
}

/** Exit status of an expansion that ends a shell: bash has another one for -c. */
const expansionStatus = (dialect: Dialect, call: ShellCall): number => {
  if (dialect.isPosix) return 2
  return call.commandsAt === null ? 1 : 127
}

const environmentOf = (
  start: ShellStart,
  call: ShellCall,
  { firstLine, options }: Text,
  streams: Streams,
): Environment => {
  const { env: outer, request } = start
  const { argv, netns } = request
  const dialect = options.dialect!
  const name = call.commandsAt === null ? argv[0]! : (argv[call.operandsAt] ?? argv[0]!)
  // In bash functions of commands that no file has.
  const nameless = call.commandsAt === null ? 'main' : 'environment'
  const functionName = dialect.isPosix ? name : nameless
  const identity = { dialect, name, functionName, netns, firstLine, expansionStatus: expansionStatus(dialect, call) }
  const env = new Environment(streams, null, identity)
  for (const [variable, value] of Object.entries(request.env)) env.variables.set(variable, value, true)
  env.frame.parameters = argv.slice(call.commandsAt === null ? call.operandsAt : call.operandsAt + 1)
  env.flags.errexit = false
  for (const { flag, isSet } of call.flags) env.flags[flag] = isSet
  env.flags.outcomes = !env.flags.errexit
  env.depth = outer.depth
  env.background = outer.background
  if (outer.cost !== null) env.cost = { pipeline: outer.cost.pipeline, isUsed: false }
  return env
}

/** Reads and checks the commands of a shell. Throws `EGRAMMAR` with the place in the script. */
export const prepareShell = (start: ShellStart): HostShell => {
  const call = callOf(start)
  const text = textOf(start, call, shellOf(start.request.argv[0]) === 'bash' ? BASH : DASH)
  const list = parseScript(text.text, text.options)
  const programs = onHost(start.programs, functionNames(list), text.options.dialect!)
  checkScript(list, programs, Object.keys(start.request.env))
  const input = new ScriptInput(start)
  const isInput = call.commandsAt === null
  const env = environmentOf(start, call, text, isInput ? { ...start.streams, stdin: input } : start.streams)
  if (!isInput) env.tail = tailOf(list, env.identity.dialect)
  const onLine = (isLast: boolean): void => {
    input.isLast = isLast
  }
  return { list, env, programs, onLine }
}

/** Makes a shell the background program that started it, for as long as it runs. */
export function* inBackground({ env }: HostShell, steps: Steps<ExitStatus>): Steps<ExitStatus> {
  env.mayBecome = env.background?.becomeShell() === true
  const status = yield* steps
  if (env.mayBecome) env.background!.becomeProgram()
  return status
}
