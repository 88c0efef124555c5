/**
 * What the tools of coreutils 9.1 have in common: their options, and how they name what went wrong.
 */
import type { Command, CommandContext } from '../../app/command.js'
import { NetloomError, strerror } from '../../errors.js'
import type { FileSystem } from '../../fs/file-system.js'
import { exiting } from '../command/exit.js'
import { Getopt, type LongOption } from '../getopt.js'
import { ToolFiles } from './tool-files.js'

/** What a tool works with. */
export interface CoreutilRun {
  readonly ctx: CommandContext
  /** Files of the host. */
  readonly fs: FileSystem
  /** Files of the host and of the script's directory. */
  readonly files: ToolFiles
  /** Letters of the options that were given. */
  readonly options: ReadonlySet<string>
  /** Arguments of the options that take one; the last counts. */
  readonly values: ReadonlyMap<string, string>
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

/** Makes the command of a tool. */
export const coreutil = (spec: CoreutilSpec): Command => {
  const { name, failure = 1 } = spec
  const tryHelp = `Try '${name} --help' for more information.\n`
  const run = (ctx: CommandContext, argv: readonly string[]): number => {
    const getopt = new Getopt(argv.slice(1), spec.options, spec.long)
    const options = new Set<string>()
    const values = new Map<string, string>()
    for (let o = getopt.next(); o !== null; o = getopt.next()) {
      options.add(o.option)
      values.set(o.option, o.value)
    }
    let status = 0
    const complain = (text: string): void => {
      status = failure
      ctx.err(`${name}: ${text}\n`)
      if (text === 'missing operand') ctx.err(tryHelp)
    }
    const files = new ToolFiles(ctx, name)
    const fs = (): FileSystem => files.host
    const { operands } = getopt
    const result = spec.run({
      ctx,
      files,
      options,
      values,
      operands,
      complain,
      get fs() {
        return fs()
      },
    })
    return status === 0 ? (result ?? 0) : status
  }
  const wrongOption = (ctx: CommandContext, message: string): number => {
    ctx.err(`${name}: ${message}\n${tryHelp}`)
    return failure
  }
  return { name, isFilter: spec.isFilter === true, run: exiting(run, wrongOption) }
}
