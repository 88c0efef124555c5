/**
 * What a command is: a program that shells and other programs execute by its name. A world has a table of them, as a host
 * has its PATH.
 */
import type { Netns } from '../core/netns.js'
import type { World } from '../core/world.js'
import type { Process } from './process.js'
import type { WorkingDirectory } from './working-directory.js'

/** How long a shell may run, and what ends it then. */
export interface ShellLimit {
  readonly ns: number
  /** Its exit status when its time is up. */
  readonly status: number
}

/** What a command gets from who executes it. */
export interface CommandContext {
  readonly world: World
  /** Namespace of `ip netns exec NS` or `-n NS`; null where none was named (the root namespace, which netloom has not). */
  readonly netns: Netns | null
  /** Standard input; null when there is none (/dev/null). Who looks at it has read it: it may be shared with others. */
  readonly stdin: Uint8Array | null
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>
  /** The directory of the script, where a file without a path is; left out for programs that others execute. */
  readonly cwd?: WorkingDirectory
  /** File of that directory that standard output goes to; null for anything else. */
  readonly outFile?: string | null
  /** Writes to standard output. */
  readonly out: (text: string) => void
  /** Writes to standard error. */
  readonly err: (text: string) => void
  /**
   * Makes the command a shell, which goes on with `argv` when the command has returned; left out for programs that others
   * execute. Returns the status to return.
   */
  readonly becomeShell?: (ctx: CommandContext, argv: readonly string[], limit: ShellLimit | null) => number
  /** Announces an output file whose content is asked for at the end of the script (tcpdump -w). */
  readonly addFile: (name: string, content: () => Uint8Array) => void
}

/** A command. `argv[0]` is its name. Returns an exit status, or the program that it started. */
export interface Command {
  readonly name: string
  /** Works on its input and on files of the script's directory: it needs no namespace (cat, grep). */
  readonly isFilter?: boolean
  /** Runs it with its words. */
  run(ctx: CommandContext, argv: readonly string[]): number | Process
}

/** A context with other parts, for a command that runs another one. It leaves the input unread. */
export const contextWith = (ctx: CommandContext, parts: Partial<Omit<CommandContext, 'stdin'>>): CommandContext =>
  Object.assign(Object.create(ctx) as CommandContext, parts)

/** Adds commands to those of a world. Throws for a name that is taken. */
export const registerCommands = (world: World, commands: readonly Command[]): void => {
  for (const command of commands) world.executables.add(command.name, command)
}

/** The command called `name`, or null. */
export const commandOf = (world: World, name: string): Command | null => world.executables.get(name) as Command | null

/** All commands of a world. */
export const commandsOf = (world: World): Command[] =>
  world.executables.names().map(name => world.executables.get(name) as Command)
