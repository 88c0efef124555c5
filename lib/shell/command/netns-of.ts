/**
 * The namespace of a command that `ip netns exec` runs.
 */
import type { Netns } from '../../core/netns.js'
import type { CommandContext } from '../../app/command.js'
import { unsupported } from './args.js'

/** The namespace that the command works in. Throws `EGRAMMAR` when there is none: netloom has no root namespace. */
export const netnsOf = (ctx: CommandContext, tool: string): Netns => {
  if (ctx.netns === null) throw unsupported(tool, tool, `ip netns exec NS ${tool} ...: every host is a namespace`)
  return ctx.netns
}
