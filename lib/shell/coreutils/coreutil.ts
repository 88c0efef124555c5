/**
 * What the tools of coreutils 9.1 have in common: their options, and how they name what went wrong.
 */
import type { Command, CommandContext } from '../../app/command.js'
import { NetloomError, strerror } from '../../errors.js'
import { unsupported } from '../command/args.js'
import { exiting } from '../command/exit.js'
import { Getopt, type LongOption, type ParsedOption } from '../getopt.js'
import { ToolFiles } from './tool-files.js'

/** What a tool works with. */
export interface CoreutilRun {
  readonly ctx: CommandContext
  /** Files of the host and of the script's directory. */
  readonly files: ToolFiles
  /** Letters of the options that were given. */
  readonly options: ReadonlySet<string>
  /** The options as they were given, with their arguments. */
  readonly given: readonly ParsedOption[]
  readonly operands: readonly string[]
  /** Writes `TOOL: TEXT` to standard error; the exit status is the tool's worst one then. */
  readonly complain: (text: string) => void
}

/** How a tool is called. */
export interface CoreutilSpec {
  readonly name: string
  /** Options of getopt, such as `n:q`. */
  readonly options: string
  readonly long?: readonly LongOption[]
  /** Exit status when something went wrong, and when it was called wrongly. */
  readonly failure?: number
  /** Options that the real tool has and netloom has not; letters without arguments, or long names. */
  readonly refused?: string
  /** What stands in front of the advice to try --help. */
  readonly usage?: string
  /** Rewrites arguments of an older form, such as `-5` of head. */
  readonly prepare?: (args: readonly string[]) => readonly string[]
  /** It needs no namespace. */
  readonly isFilter?: boolean
  /** Runs it; a status that it returns counts when nothing went wrong. */
  readonly run: (run: CoreutilRun) => number | undefined
}

/** Text of the errno behind an error of the file system. */
export const errorWords = (e: unknown): string => {
  if (!(e instanceof NetloomError)) throw e
  return e.code === 'EINVAL' ? e.message : strerror(e.code as Parameters<typeof strerror>[0])
}

const asGiven = (args: readonly string[]): readonly string[] => args

const optionWord = (option: string): string => (option.length === 1 ? `-${option}` : `--${option}`)

const supportedOptions = ({ options, long = [] }: CoreutilSpec): string =>
  [...options.replaceAll(':', ''), ...long.map(({ name }) => name)].map(optionWord).join(' ')

/** The argument that was given last of an option; null without it. */
export const lastValue = (given: readonly ParsedOption[], option: string): string | null =>
  given.findLast(o => o.option === option)?.value ?? null

/** Lines of a text, without their ends. */
export const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

/** Makes the command of a tool. */
export const coreutil = (spec: CoreutilSpec): Command => {
  const { name, failure = 1 } = spec
  const tryHelp = `${spec.usage ?? ''}Try '${name} --help' for more information.\n`
  const run = (ctx: CommandContext, argv: readonly string[]): number => {
    const getopt = new Getopt((spec.prepare ?? asGiven)(argv.slice(1)), spec.options + (spec.refused ?? ''), spec.long)
    const options = new Set<string>()
    const given: ParsedOption[] = []
    for (let o = getopt.next(); o !== null; o = getopt.next()) {
      if (spec.refused?.includes(o.option) === true)
        throw unsupported(name, optionWord(o.option), supportedOptions(spec))
      options.add(o.option)
      given.push(o)
    }
    let status = 0
    const complain = (text: string): void => {
      status = failure
      ctx.err(`${name}: ${text}\n`)
      if (text === 'missing operand') ctx.err(tryHelp)
    }
    const files = new ToolFiles(ctx, name)
    const result = spec.run({ ctx, files, options, given, operands: getopt.operands, complain })
    return status === 0 ? (result ?? 0) : status
  }
  const wrongOption = (ctx: CommandContext, message: string): number => {
    ctx.err(`${name}: ${message}\n${tryHelp}`)
    return failure
  }
  return { name, isFilter: spec.isFilter === true, run: exiting(run, wrongOption) }
}
