/**
 * Simple commands: expansion, redirections and assignments, then a built-in command or a program.
 *
 * @see IEEE Std 1003.1 XCU 2.9.1
 */
import { parseAssignment } from './assignment.js'
import { BUILTINS } from './builtins.js'
import type { Builtin } from './builtin/builtin.js'
import { checkCommand } from './check.js'
import { type Environment, type ExitStatus, failure, type Streams, SUCCESS } from './environment.js'
import { type Expansion, expandWords, type Field, partsText } from './expand.js'
import { Job } from './job.js'
import type { Jobs, ReadyCommand } from './jobs.js'
import { redirected, RedirectError } from './redirect.js'
import type { AssignmentWord, SimpleCommand, Word } from './syntax.js'
import type { Programs } from './tool-of.js'
import { quoted, trace } from './xtrace.js'

/** What simple commands need of a shell. */
export interface SimpleCommandContext extends Expansion {
  readonly jobs: Jobs
  readonly programs: Programs
}

/** A command whose words are expanded and whose redirections are open. */
interface Prepared {
  readonly fields: readonly Field[]
  readonly assigned: ReadonlyMap<string, string>
  readonly streams: Streams
  readonly builtin: Builtin | null
  readonly tool: string
}

/** The words of a command. Behind `export`, an assignment stays one word whatever its value is. */
const fieldsOf = (x: Expansion, words: readonly Word[]): Field[] => {
  const isExport = words[0]?.text === 'export'
  return words.flatMap(word => {
    const assignment = isExport ? parseAssignment(word) : null
    if (assignment === null) return expandWords(x, [word])
    const { line, column } = word
    return [{ text: `${assignment.name}=${partsText(x, assignment.value.parts)}`, line, column }]
  })
}

const newValue = ({ env }: Expansion, assignment: AssignmentWord, text: string): string =>
  assignment.appends ? (env.variables.get(assignment.name) ?? '') + text : text

/** Each assignment sees those in front of it. In front of a command they are taken back, as they are the command's alone. */
const expandAssignments = (x: Expansion, { assignments, words }: SimpleCommand): Map<string, string> => {
  const { variables } = x.env
  const before = new Map(assignments.map(({ name }) => [name, variables.get(name)]))
  const values = new Map<string, string>()
  for (const assignment of assignments) {
    const { name, appends } = assignment
    const text = partsText(x, assignment.value.parts)
    const value = newValue(x, assignment, text)
    values.set(name, value)
    variables.set(name, value)
    trace(x.env, `${name}${appends ? '+' : ''}=${text === '' ? '' : quoted(text)}`)
  }
  if (words.length > 0) for (const [name, value] of before) variables.restore(name, value)
  return values
}

/** Expands a command and opens its redirections. Throws {@link RedirectError}. */
const prepare = (x: SimpleCommandContext, command: SimpleCommand): Prepared => {
  const fields = fieldsOf(x, command.words)
  const assigned = expandAssignments(x, command)
  if (fields.length > 0) trace(x.env, fields.map(field => quoted(field.text)).join(' '))
  const streams = redirected(x, command.redirects, x.jobs.cwd)
  const tool = fields.length === 0 ? '' : (checkCommand(fields, x.programs) ?? '')
  return { fields, assigned, streams, builtin: BUILTINS.get(fields[0]?.text ?? '') ?? null, tool }
}

const ready = (x: Expansion, command: SimpleCommand, { fields, assigned, tool }: Prepared): ReadyCommand => ({
  place: command,
  argv: fields.map(field => field.text),
  tool,
  env: { ...x.env.variables.environment(), ...Object.fromEntries(assigned) },
})

const runBuiltin = (x: SimpleCommandContext, command: SimpleCommand, prepared: Prepared): ExitStatus => {
  const { fields, streams, builtin } = prepared
  const args = fields.slice(1).map(field => field.text)
  const status = builtin!.run({ env: x.env, fields, args, streams, jobs: x.jobs, command })
  if (typeof status !== 'number') return status
  return status === 0 ? SUCCESS : failure(status, 'no message')
}

/** A redirection that fails is a failure of the command: status 1. */
const opened = <T>(x: Expansion, command: SimpleCommand, open: () => T): T | ExitStatus => {
  try {
    return open()
  } catch (e) {
    if (!(e instanceof RedirectError)) throw e
    x.env.streams.err(`bash: line ${command.line}: ${e.message}\n`)
    return failure(1, e.message)
  }
}

const isStatus = (value: object): value is ExitStatus => 'code' in value

/** Sets variables for as long as a built-in command runs. */
const withVariables = (env: Environment, assigned: ReadonlyMap<string, string>, run: () => ExitStatus): ExitStatus => {
  const before = [...assigned.keys()].map(name => [name, env.variables.get(name)] as const)
  for (const [name, value] of assigned) env.variables.set(name, value)
  const status = run()
  for (const [name, value] of before) env.variables.restore(name, value)
  return status
}

/** Runs a command in the foreground, to its end. */
export const runSimpleCommand = (x: SimpleCommandContext, command: SimpleCommand): ExitStatus => {
  const { env, jobs } = x
  env.substituted = SUCCESS
  const prepared = opened(x, command, () => prepare(x, command))
  if (isStatus(prepared)) return prepared
  if (prepared.fields.length === 0) {
    // The words of the command came to nothing, or there are none.
    for (const [name, value] of prepared.assigned) env.variables.set(name, value)
    return env.substituted
  }
  if (prepared.builtin !== null) return withVariables(env, prepared.assigned, () => runBuiltin(x, command, prepared))
  jobs.pay(env.cost)
  return jobs.finishForeground(jobs.start(ready(x, command, prepared), prepared.streams), env)
}

/** Starts a command of a background pipeline. */
export const startSimpleCommand = (x: SimpleCommandContext, command: SimpleCommand): Job => {
  const prepared = opened(x, command, () => prepare(x, command))
  if (!isStatus(prepared) && prepared.builtin === null)
    return x.jobs.start(ready(x, command, prepared), prepared.streams)
  const collected: Streams = isStatus(prepared) ? x.env.streams : prepared.streams
  const job = new Job(command, '', collected)
  const streams = { ...collected, out: (text: string) => job.out(text), err: (text: string) => job.err(text) }
  job.started(isStatus(prepared) ? prepared.code : runBuiltin(x, command, { ...prepared, streams }).code)
  return job
}
