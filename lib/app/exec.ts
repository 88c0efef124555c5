/**
 * How a program executes another one: fork, execve and wait.
 *
 * @see execve(2)
 */
import type { Netns } from '../core/netns.js'
import type { World } from '../core/world.js'
import { NetloomError } from '../errors.js'
import { basename, dirname } from '../fs/file-system.js'
import { type Command, commandOf } from './command.js'
import type { Process } from './process.js'
import { type Thread, type Wait, wait } from './thread.js'

/** What an executed program left. */
export interface ExecResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Options of {@link exec}. */
export interface ExecOptions {
  readonly stdin?: Uint8Array
  readonly env?: Readonly<Record<string, string>>
  /** Another namespace than the program's own. */
  readonly netns?: Netns
}

const exited = (process: Process): Wait<void> => ({
  begin(resume) {
    let isWanted = true
    process.onExit(() => {
      if (isWanted) resume(undefined)
    })
    return () => {
      isWanted = false
    }
  },
})

/** Directories of PATH, in which every command is that has no path of its own. */
const PATH: readonly string[] = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** The command of a name or a path; what is registered with a path is found by it alone. */
const find = (world: World, path: string): Command | null =>
  commandOf(world, path) ??
  (path.startsWith('/') && PATH.includes(dirname(path)) ? commandOf(world, basename(path)) : null)

/**
 * Executes a command in the program's namespace and waits for its end. `argv[0]` is its name, with or without a path.
 * Throws ENOENT when there is no such command, and what the command throws for what netloom does not support.
 */
export function* exec(parent: Process, argv: readonly string[], options: ExecOptions = {}): Thread<ExecResult> {
  const { world } = parent.netns
  const [path = ''] = argv
  const command = find(world, path)
  if (command === null)
    throw new NetloomError('ENOENT', `exec: "${path}": executable file not found in $PATH`, { command: path })
  const written = { stdout: '', stderr: '' }
  const result = command.run(
    {
      world,
      netns: options.netns ?? parent.netns,
      stdin: options.stdin ?? null,
      env: options.env ?? {},
      out: text => {
        written.stdout += text
      },
      err: text => {
        written.stderr += text
      },
      addFile: name => {
        throw new NetloomError('EINVAL', `${path}: ${name}: programs of the lab execute no captures`, { command: path })
      },
    },
    argv,
  )
  if (typeof result === 'number') return { status: result, ...written }
  parent.onExit(() => result.kill())
  yield* wait(exited(result))
  return {
    status: result.exitStatus!,
    stdout: written.stdout + result.stdout,
    stderr: written.stderr + result.stderr,
  }
}
