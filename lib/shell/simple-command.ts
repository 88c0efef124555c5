/**
 * Simple commands: expansion, redirections and assignments, then a function, a built-in command or a program.
 *
 * @see IEEE Std 1003.1 XCU 2.9.1
 */
import { parseAssignment } from './assignment.js'
import { BUILTINS } from './builtins.js'
import { type Builtin, type BuiltinCall, complain } from './builtin/builtin.js'
import { checkCommand, withoutCommand } from './check.js'
import {
  commandError,
  Discard,
  type Environment,
  type ExitStatus,
  failure,
  ShellExit,
  shellMessage,
  type Streams,
  SUCCESS,
} from './environment.js'
import { type Expansion, expandWords, type Field, partsText } from './expand.js'
import type { Jobs, ReadyCommand } from './jobs.js'
import { redirected, RedirectError } from './redirect.js'
import { FileError } from './shell-files.js'
import type { ShellStart } from './shell-on-host.js'
import type { Steps } from './steps.js'
import type { AssignmentWord, CompoundCommand, SimpleCommand, Word } from './syntax.js'
import type { Programs } from './tool-of.js'
import type { Variable } from './variables.js'
import { quoted, trace, traceDash } from './xtrace.js'

/** What simple commands need of a shell. */
export interface SimpleCommandContext extends Expansion {
  readonly jobs: Jobs
  readonly programs: Programs
  /** Executes the body of a function with its parameters. */
  readonly call: (body: CompoundCommand, parameters: readonly string[]) => Steps<ExitStatus>
  /** Runs a shell on a host. */
  readonly shell: (start: ShellStart) => Steps<ExitStatus>
}

/** A command whose words are expanded. */
interface Prepared {
  readonly fields: readonly Field[]
  readonly assigned: ReadonlyMap<string, string>
  /** Of the function that it calls; null for any other command. */
  readonly body: CompoundCommand | null
}

const NOT_FOUND = 127
/** Commands that end a shell other than bash when they cannot run. */
const SPECIAL_BUILTINS: readonly string[] = [
  ':',
  'break',
  'continue',
  'exit',
  'export',
  'return',
  'set',
  'shift',
  'trap',
  'unset',
]
const NO_FUNCTIONS: ReadonlySet<string> = new Set()

/** Commands behind which an assignment stays one word whatever its value is. */
const DECLARES: readonly string[] = ['export', 'local']

/** The words of a command. */
function* fieldsOf(x: Expansion, words: readonly Word[]): Steps<Field[]> {
  const declares = DECLARES.includes(words[0]?.text ?? '')
  const fields: Field[] = []
  for (const word of words) {
    const assignment = declares ? parseAssignment(word) : null
    if (assignment === null) fields.push(...(yield* expandWords(x, [word])))
    else {
      const { line, column } = word
      fields.push({ text: `${assignment.name}=${yield* partsText(x, assignment.value.parts)}`, line, column })
    }
  }
  return fields
}

const newValue = ({ env }: Expansion, assignment: AssignmentWord, text: string): string =>
  assignment.appends ? (env.variables.get(assignment.name) ?? '') + text : text

type Saved = readonly (readonly [name: string, variable: Variable | undefined])[]

const save = ({ variables }: Environment, names: readonly string[]): Saved =>
  [...new Set(names)].map(name => [name, variables.saved(name)] as const)

const restore = ({ variables }: Environment, saved: Saved): void => {
  for (const [name, variable] of saved) variables.restore(name, variable)
}

/** Each assignment sees those in front of it. In front of a command they are taken back, as they are the command's alone. */
function* expandAssignments(x: Expansion, { assignments, words }: SimpleCommand): Steps<Map<string, string>> {
  const { env } = x
  const before = save(
    env,
    assignments.map(({ name }) => name),
  )
  const values = new Map<string, string>()
  for (const assignment of assignments) {
    const { name, appends } = assignment
    const text = yield* partsText(x, assignment.value.parts)
    const value = newValue(x, assignment, text)
    values.set(name, value)
    env.variables.set(name, value)
    trace(env, `${name}${appends ? '+' : ''}=${text === '' ? '' : quoted(text)}`)
  }
  if (words.length > 0) restore(env, before)
  return values
}

/** Opens the redirections of a command; one that fails is a failure of the command. */
function* opened(x: SimpleCommandContext, command: SimpleCommand, env: Environment): Steps<Streams | ExitStatus> {
  try {
    return yield* redirected({ ...x, env }, command.redirects, x.jobs.cwd)
  } catch (e) {
    if (!(e instanceof RedirectError)) throw e
    x.env.streams.err(shellMessage(x.env, command.line, e.message))
    return failure(env.identity.dialect.redirectStatus, e.message)
  }
}

/** Opens the redirections of a program. They are expanded in its own process: what they set is lost, errors end no more than it. */
function* openedForProgram(x: SimpleCommandContext, command: SimpleCommand): Steps<Streams | ExitStatus> {
  if (command.redirects.length === 0) return x.env.streams
  try {
    return yield* opened(x, command, x.env.subshell(x.env.streams))
  } catch (e) {
    if (e instanceof ShellExit) return e.status
    if (e instanceof Discard) return failure(1, e.message)
    throw e
  }
}

const isStatus = (value: object): value is ExitStatus => 'code' in value

/** Runs a built-in command; one that cannot write what it has to say has status 1. */
function* written(call: BuiltinCall, builtin: Builtin): Steps<ExitStatus | number> {
  try {
    const result = builtin.run(call)
    return typeof result === 'object' && 'next' in result ? yield* result : result
  } catch (e) {
    if (!(e instanceof FileError)) throw e
    const problem = call.env.identity.dialect.writeError(builtin.name, e.message)
    complain(call, problem)
    return failure(1, problem)
  }
}

function* runBuiltin(
  x: SimpleCommandContext,
  command: SimpleCommand,
  builtin: Builtin,
  fields: readonly Field[],
  streams: Streams,
): Steps<ExitStatus> {
  const args = fields.slice(1).map(field => field.text)
  const isBuiltin = (name: string): boolean => BUILTINS.has(name)
  const call = { env: x.env, fields, args, streams, jobs: x.jobs, command, isBuiltin }
  const status = yield* written(call, builtin)
  if (typeof status !== 'number') return status
  return status === 0 ? SUCCESS : failure(status, 'no message')
}

/** Runs a function with its redirections. */
function* runFunction(
  x: SimpleCommandContext,
  body: CompoundCommand,
  fields: readonly Field[],
  streams: Streams,
): Steps<ExitStatus> {
  const { env } = x
  const outer = env.streams
  env.streams = streams
  try {
    return yield* x.call(
      body,
      fields.slice(1).map(field => field.text),
    )
  } finally {
    env.streams = outer
  }
}

function* runProgram(x: SimpleCommandContext, command: SimpleCommand, prepared: Prepared): Steps<ExitStatus> {
  const { env, jobs } = x
  const { fields, assigned } = prepared
  const streams = yield* openedForProgram(x, command)
  if (isStatus(streams)) return streams
  const name = fields[0]!.text
  // A function of that name may be defined later on.
  const programs = jobs.commands.has(name) ? { ...x.programs, functions: NO_FUNCTIONS } : x.programs
  const tool = checkCommand(fields, programs)
  if (tool === null) {
    const problem = `${name}: ${env.identity.dialect.notFound}`
    streams.err(shellMessage(env, command.line, problem))
    return failure(NOT_FOUND, problem)
  }
  yield* jobs.pay(env.cost)
  const ready: ReadyCommand = {
    place: command,
    argv: fields.map(field => field.text),
    tool,
    env: { ...env.variables.environment(), ...Object.fromEntries(assigned) },
    netns: env.identity.netns,
  }
  if (env.mayBecome && env.tail === command && env.exitTrap === null) env.background?.becomeProgram()
  const job = jobs.start(ready, streams, env.background)
  if (job.shell === null) return yield* jobs.finishForeground(job, env)
  const { programs: outer } = x
  const status = yield* x.shell({ command, fields, request: job.shell, streams, env, programs: outer })
  return jobs.finishShell(job, env, status)
}

/** Runs a function or a built-in command, with the assignments in front of it for as long as it runs. */
function* runInShell(
  x: SimpleCommandContext,
  command: SimpleCommand,
  { fields, assigned, body }: Prepared,
): Steps<ExitStatus> {
  const { env } = x
  const name = fields[0]!.text
  const streams = yield* opened(x, command, env)
  if (isStatus(streams)) {
    const isSpecial = env.identity.dialect.isPosix && body === null && SPECIAL_BUILTINS.includes(name)
    if (!isSpecial) return streams
    throw new ShellExit(streams, commandError(command, `exit ${streams.code}: ${streams.message}`, streams.code))
  }
  if (body === null) checkCommand(fields, x.programs)
  const before = save(env, [...assigned.keys()])
  for (const [variable, value] of assigned) env.variables.set(variable, value)
  try {
    if (body !== null) return yield* runFunction(x, body, fields, streams)
    return yield* runBuiltin(x, command, BUILTINS.get(name)!, fields, streams)
  } finally {
    restore(env, before)
  }
}

/** `exec COMMAND`: the shell is nothing but that command from now on. */
function* replaceShell({ env }: SimpleCommandContext, command: SimpleCommand, steps: Steps<ExitStatus>): Steps<never> {
  env.exitTrap = null
  env.tail = command
  const status = yield* steps
  const ends = status.code === 0 || status.isOutcome
  const error = ends ? null : commandError(command, `exit ${status.code}: ${status.message}`, status.code)
  throw new ShellExit(status, error, true)
}

/** Runs a command to its end. */
export function* runSimpleCommand(x: SimpleCommandContext, command: SimpleCommand): Steps<ExitStatus> {
  const { env } = x
  env.substituted = SUCCESS
  const fields = yield* fieldsOf(x, command.words)
  const assigned = yield* expandAssignments(x, command)
  const asAssigned = [...assigned].map(([name, value]) => `${name}=${value}`)
  traceDash(env, [...asAssigned, ...fields.map(field => field.text)])
  const [first] = fields
  if (first === undefined) {
    // The words of the command came to nothing, or there are none.
    const streams = yield* opened(x, command, env)
    for (const [name, value] of assigned) env.variables.set(name, value)
    return isStatus(streams) ? streams : env.substituted
  }
  trace(env, fields.map(field => quoted(field.text)).join(' '))
  const plain = withoutCommand(fields)
  const name = plain[0]!.text
  const body = plain === fields ? env.functions.get(name) : undefined
  const prepared: Prepared = { fields: plain, assigned, body: body ?? null }
  const isProgram = body === undefined && !BUILTINS.has(name)
  const steps = isProgram ? runProgram(x, command, prepared) : runInShell(x, command, prepared)
  const isExec = fields.slice(0, fields.length - plain.length).some(field => field.text === 'exec')
  return yield* isExec ? replaceShell(x, command, steps) : steps
}
