/**
 * Where a tool's exit() ends: the status that the shell sees.
 */
import type { Command, CommandContext } from '../../app/command.js'
import { GetoptError } from '../getopt.js'
import { ToolExit } from './args.js'

type Run = Command['run']

/**
 * Runs a tool so that a ToolExit prints its text on standard error and gives its status. `wrongOption` answers what
 * getopt refuses: it prints the tool's usage and returns the status; without it a GetoptError is passed on.
 */
export const exiting =
  (run: Run, wrongOption?: (ctx: CommandContext, message: string) => number): Run =>
  (ctx, argv) => {
    try {
      return run(ctx, argv)
    } catch (e) {
      if (e instanceof GetoptError && wrongOption !== undefined) return wrongOption(ctx, e.message)
      if (!(e instanceof ToolExit)) throw e
      ctx.err(e.text)
      return e.status
    }
  }
