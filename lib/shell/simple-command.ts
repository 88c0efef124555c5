/**
 * Simple commands: expansion, redirections and assignments, then a function, a built-in command or a program.
 *
 * @see IEEE Std 1003.1 XCU 2.9.1
 */
import { parseAssignment } from './assignment.js'
import { BUILTINS } from './builtins.js'
import type { Builtin } from './builtin/builtin.js'
import { checkCommand } from './check.js'
import { type Environment, type ExitStatus, failure, type Streams, SUCCESS } from './environment.js'
import { type Expansion, expandWords, type Field, partsText } from './expand.js'
import type { Jobs, ReadyCommand } from './jobs.js'
import { redirected, RedirectError } from './redirect.js'
import type { Steps } from './steps.js'
import type { AssignmentWord, CompoundCommand, SimpleCommand, Word } from './syntax.js'
import type { Programs } from './tool-of.js'
import type { Variable } from './variables.js'
import { quoted, trace } from './xtrace.js'

/** What simple commands need of a shell. */
export interface SimpleCommandContext extends Expansion {
  readonly jobs: Jobs
  readonly programs: Programs
  /** Executes the body of a function with its parameters. */
  readonly call: (body: CompoundCommand, parameters: readonly string[]) => Steps<ExitStatus>
}

/** A command whose words are expanded and whose redirections are open. */
interface Prepared {
  readonly fields: readonly Field[]
  readonly assigned: ReadonlyMap<string, string>
  readonly streams: Streams
}

const NOT_FOUND = 127

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

/** Expands a command and opens its redirections. Throws {@link RedirectError}. */
function* prepare(x: SimpleCommandContext, command: SimpleCommand): Steps<Prepared> {
  const fields = yield* fieldsOf(x, command.words)
  const assigned = yield* expandAssignments(x, command)
  if (fields.length > 0) trace(x.env, fields.map(field => quoted(field.text)).join(' '))
  return { fields, assigned, streams: yield* redirected(x, command.redirects, x.jobs.cwd) }
}

/** Expands and opens; a redirection that fails is a failure of the command: status 1. */
function* opened(x: SimpleCommandContext, command: SimpleCommand): Steps<Prepared | ExitStatus> {
  try {
    return yield* prepare(x, command)
  } catch (e) {
    if (!(e instanceof RedirectError)) throw e
    x.env.streams.err(`bash: line ${command.line}: ${e.message}\n`)
    return failure(1, e.message)
  }
}

const isStatus = (value: object): value is ExitStatus => 'code' in value

function* runBuiltin(
  x: SimpleCommandContext,
  command: SimpleCommand,
  builtin: Builtin,
  { fields, streams }: Prepared,
): Steps<ExitStatus> {
  const args = fields.slice(1).map(field => field.text)
  const result = builtin.run({ env: x.env, fields, args, streams, jobs: x.jobs, command })
  const status = typeof result === 'object' && 'next' in result ? yield* result : result
  if (typeof status !== 'number') return status
  return status === 0 ? SUCCESS : failure(status, 'no message')
}

/** Runs a function with its redirections. */
function* runFunction(x: SimpleCommandContext, body: CompoundCommand, prepared: Prepared): Steps<ExitStatus> {
  const { env } = x
  const outer = env.streams
  env.streams = prepared.streams
  try {
    return yield* x.call(
      body,
      prepared.fields.slice(1).map(field => field.text),
    )
  } finally {
    env.streams = outer
  }
}

function* runProgram(x: SimpleCommandContext, command: SimpleCommand, prepared: Prepared): Steps<ExitStatus> {
  const { env, jobs } = x
  const { fields, assigned, streams } = prepared
  const tool = checkCommand(fields, x.programs)
  if (tool === null) {
    const name = fields[0]!.text
    streams.err(`bash: line ${command.line}: ${name}: command not found\n`)
    return failure(NOT_FOUND, `${name}: command not found`)
  }
  yield* jobs.pay(env.cost)
  const ready: ReadyCommand = {
    place: command,
    argv: fields.map(field => field.text),
    tool,
    env: { ...env.variables.environment(), ...Object.fromEntries(assigned) },
  }
  return yield* jobs.finishForeground(jobs.start(ready, streams, env.background), env)
}

/** Runs a command to its end. */
export function* runSimpleCommand(x: SimpleCommandContext, command: SimpleCommand): Steps<ExitStatus> {
  const { env } = x
  env.substituted = SUCCESS
  const prepared = yield* opened(x, command)
  if (isStatus(prepared)) return prepared
  const { fields, assigned } = prepared
  const [first] = fields
  if (first === undefined) {
    // The words of the command came to nothing, or there are none.
    for (const [name, value] of assigned) env.variables.set(name, value)
    return env.substituted
  }
  const body = env.functions.get(first.text)
  const builtin = BUILTINS.get(first.text)
  if (body === undefined && builtin === undefined) return yield* runProgram(x, command, prepared)
  if (body === undefined) checkCommand(fields, x.programs)
  // For as long as the function or the built-in command runs.
  const before = save(env, [...assigned.keys()])
  for (const [name, value] of assigned) env.variables.set(name, value)
  try {
    if (body !== undefined) return yield* runFunction(x, body, prepared)
    return yield* runBuiltin(x, command, builtin!, prepared)
  } finally {
    restore(env, before)
  }
}
