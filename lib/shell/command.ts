/**
 * What a command of the shell is: one file in command/, one line in commands.ts.
 */
import type { Process } from '../app/process.js'
import type { Netns } from '../core/netns.js'
import type { World } from '../core/world.js'

/** What a command gets from the shell. */
export interface CommandContext {
  readonly world: World
  /** Namespace of `ip netns exec NS` or `-n NS`; null where none was named (the root namespace, which netloom has not). */
  readonly netns: Netns | null
  /** Standard input from `printf ... |`; null when there is none (/dev/null). */
  readonly stdin: Uint8Array | null
  /** Writes to standard output. */
  readonly out: (text: string) => void
  /** Writes to standard error. */
  readonly err: (text: string) => void
  /** Announces an output file whose content is asked for at the end of the script (tcpdump -w). */
  readonly addFile: (name: string, content: () => Uint8Array) => void
}

/** A command. `argv[0]` is its name. Returns an exit status, or the program that it started. */
export interface Command {
  readonly name: string
  /** Runs it with its words. */
  run(ctx: CommandContext, argv: readonly string[]): number | Process
}
