/**
 * A tool with objects (`ip link ...`, `bridge fdb ...`): options, object, errors, and `-batch -`.
 */
import { NetloomError } from '../../errors.js'
import type { Command, CommandContext } from '../../app/command.js'
import { Args, EXIT_USAGE, findByPrefix, ToolExit, unsupported, usageError } from './args.js'
import { exiting } from './exit.js'
import { IpContext } from './ip-context.js'
import { isRefusal, rtnlErrorText } from './rtnl-error.js'
import { type IP_OPTIONS, type ParsedOptions, parseToolOptions } from './tool-options.js'

/** What an object's commands returned: an exit status, or a running program (`ip netns exec`). */
export type ToolResult = ReturnType<Command['run']>

/** An object of a tool; `run` is null for one that the real tool has and netloom has not. */
export interface ToolObject {
  readonly word: string
  readonly run: ((ip: IpContext, args: Args) => ToolResult) | null
}

/** A tool and its objects, in the order in which it looks for them. */
export interface ToolSpec {
  readonly name: string
  readonly version: string
  readonly options: typeof IP_OPTIONS
  readonly objects: readonly ToolObject[]
  /** What an unknown option is answered with. */
  readonly optionHelp: string
  readonly exitUnknownObject: number
  /** Exit status after a request that the kernel refused. */
  readonly exitRefused: number
}

const supportedObjects = (spec: ToolSpec): string =>
  spec.objects
    .filter(o => o.run !== null)
    .map(o => o.word)
    .join(', ')

const showHelp = (spec: ToolSpec): never =>
  usageError(`Usage: ${spec.name} [ OPTIONS ] OBJECT { COMMAND | help }\nOBJECT := { ${supportedObjects(spec)} }`)

const runObject = (spec: ToolSpec, ip: IpContext, words: readonly string[]): ToolResult => {
  const args = new Args(words)
  const word = args.take()
  const object = findByPrefix([...spec.objects, { word: 'help', run: null }], word)
  if (object === undefined)
    throw new ToolExit(spec.exitUnknownObject, `Object "${word}" is unknown, try "${spec.name} help".\n`)
  if (object.word === 'help') return showHelp(spec)
  if (object.run === null) throw unsupported(spec.name, word, supportedObjects(spec))
  try {
    return object.run(ip, args)
  } catch (e) {
    if (!isRefusal(e)) throw e
    ip.command.err(rtnlErrorText(e))
    return spec.exitRefused
  }
}

/** The commands of a batch, with the number of the line where each ends: comments go, a backslash joins lines. */
const batchLines = (text: string): { readonly line: number; readonly words: string[] }[] => {
  const lines: { line: number; words: string[] }[] = []
  let joined = ''
  for (const [n, raw] of text.split('\n').entries()) {
    if (raw.endsWith('\\')) {
      joined += `${raw.slice(0, -1)} `
      continue
    }
    const whole = joined + raw
    joined = ''
    const hash = whole.indexOf('#')
    const words = (hash < 0 ? whole : whole.slice(0, hash)).match(/'[^']*'|"[^"]*"|\S+/g) ?? []
    if (words.length > 0)
      lines.push({ line: n + 1, words: words.map(w => (/^(['"]).*\1$/.test(w) ? w.slice(1, -1) : w)) })
  }
  return lines
}

const asciiText = (octets: Uint8Array): string => {
  let text = ''
  for (const octet of octets) text += String.fromCharCode(octet)
  return text
}

/** Runs the lines on standard input; the first that fails ends the batch unless `-force` was given. */
const runBatch = (spec: ToolSpec, ip: IpContext, file: string): number => {
  if (file !== '-') throw unsupported(spec.name, file, 'a batch from standard input: printf ... | ip -batch -')
  let status = 0
  for (const { line, words } of batchLines(asciiText(ip.command.stdin ?? new Uint8Array(0)))) {
    const result = runLine(spec, ip, words)
    if (typeof result !== 'number') throw unsupported(spec.name, words.join(' '), 'commands that end at once')
    if (result === 0) continue
    ip.command.err(`Command failed -:${line}\n`)
    status = 1
    if (!ip.options.force) break
  }
  return status
}

/** Runs one line of a batch: what leaves the tool at once leaves the batch, too. */
const runLine = (spec: ToolSpec, ip: IpContext, words: readonly string[]): ToolResult => {
  try {
    return runObject(spec, ip, words)
  } catch (e) {
    if (!(e instanceof ToolExit) || e.status === EXIT_USAGE) throw e
    ip.command.err(e.text)
    return e.status
  }
}

const runTool = (spec: ToolSpec, command: CommandContext, argv: readonly string[]): ToolResult => {
  const args = new Args(argv.slice(1))
  const options: ParsedOptions = parseToolOptions(args, spec.options, command, spec.optionHelp)
  if (options.version) {
    command.out(`${spec.version}\n`)
    return 0
  }
  if (options.help) return showHelp(spec)
  const ip = new IpContext(command, spec.name, options.netns, options)
  if (options.batch !== null) return runBatch(spec, ip, options.batch)
  return args.done ? showHelp(spec) : runObject(spec, ip, args.rest())
}

/** Makes the command for a tool. */
export const toolCommand = (spec: ToolSpec): Command => ({
  name: spec.name,
  run: exiting((command, argv) => runTool(spec, command, argv)),
})

/** A command of an object, such as `add` of `ip link`; `run` null for one that netloom has not. */
export interface Verb {
  readonly word: string
  readonly run: ((ip: IpContext, args: Args) => ToolResult) | null
}

/** Runs the command that the next word names; without a word the first of the table called `show` or `list` runs. */
export const runVerb = (
  ip: IpContext,
  args: Args,
  what: { readonly name: string; readonly verbs: readonly Verb[]; readonly byDefault: string },
): ToolResult => {
  const word = args.done ? what.byDefault : args.take()
  const verb = findByPrefix([...what.verbs, { word: 'help', run: null }], word)
  const known = what.verbs.filter(v => v.run !== null).map(v => v.word)
  if (verb === undefined) return usageError(`Command "${word}" is unknown, try "${what.name} help".`)
  if (verb.word === 'help') return usageError(`Usage: ${what.name} { ${known.join(' | ')} } ...`)
  if (verb.run === null) throw unsupported(what.name, word, known.join(', '))
  return verb.run(ip, args)
}

/** Rethrows what is no NetloomError with this code; for errors that a tool words in its own way. */
export const expectCode = (error: unknown, code: NetloomError['code']): NetloomError => {
  if (error instanceof NetloomError && error.code === code) return error
  throw error
}
