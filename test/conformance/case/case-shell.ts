/**
 * The commands of a recorded cluster, run in a world one after another by netloom's own table of commands.
 *
 * A foreground command costs what it costs in a script; a background one starts at once.
 */
import type { Process } from '../../../lib/app/process.js'
import type { World } from '../../../lib/core/world.js'
import { type CommandContext, commandOf } from '../../../lib/app/command.js'
import { DEFAULT_COMMAND_NS } from '../../../lib/shell/run.js'

/** Virtual nanoseconds of a second. */
export const SECOND = 1_000_000_000
/** Virtual nanoseconds that one foreground command may take. */
const LIMIT = 600 * SECOND

/** How a command is ended. */
export type Signal = 'SIGTERM' | 'SIGKILL'

/** A command that was started: its program while it runs, and all that it wrote, in the order of writing. */
export class RunningCommand {
  output = ''
  status: number | null = null
  #process: Process | null = null
  #stdoutSeen = 0
  #stderrSeen = 0

  /** Takes what the command's `run` returned. */
  started(result: number | Process): void {
    if (typeof result === 'number') this.status = result
    else this.#process = result
    this.poll()
  }

  /** Takes over new output, and returns whether the command has ended. */
  poll(): boolean {
    const process = this.#process
    if (process !== null) {
      const { stdout, stderr } = process
      if (stdout.length > this.#stdoutSeen) this.output += stdout.slice(this.#stdoutSeen)
      if (stderr.length > this.#stderrSeen) this.output += stderr.slice(this.#stderrSeen)
      this.#stdoutSeen = stdout.length
      this.#stderrSeen = stderr.length
      this.status ??= process.exitStatus
    }
    return this.status !== null
  }

  /** Sends the program a signal, if it still runs. */
  kill(signal: Signal): void {
    if (signal === 'SIGKILL') this.#process?.killHard()
    else this.#process?.kill()
    this.poll()
  }
}

/** Runs commands in the namespaces of a world. */
export class CaseShell {
  readonly world: World
  /** Contents of the files that captures write, by name. */
  readonly captured: Map<string, () => Uint8Array> = new Map()
  /** What failed though the recording does not say so, one line each. */
  readonly failures: string[] = []
  readonly #background: RunningCommand[] = []

  constructor(world: World) {
    this.world = world
  }

  /** Lets virtual time pass. */
  sleep(seconds: number): void {
    this.runFor(Math.round(seconds * SECOND))
  }

  /** Lets so many nanoseconds pass. */
  runFor(ns: number): void {
    this.world.run({ for: ns })
    for (const command of this.#background) command.poll()
  }

  /** Starts a command at once. */
  start(ns: string | null, argv: readonly string[], stdin: Uint8Array | null = null): RunningCommand {
    const running = new RunningCommand()
    const context: CommandContext = {
      world: this.world,
      netns: ns === null ? null : this.world.netns(ns),
      stdin,
      out: text => {
        running.output += text
      },
      err: text => {
        running.output += text
      },
      addFile: (name, content) => {
        this.captured.set(name, content)
      },
    }
    const command = commandOf(this.world, argv[0]!)
    if (command === null) throw new Error(`${argv[0]}: no such command`)
    running.started(command.run(context, argv))
    return running
  }

  /** Starts a command that goes on beside others. */
  background(ns: string, argv: readonly string[], stdin: Uint8Array | null = null): RunningCommand {
    const running = this.start(ns, argv, stdin)
    this.#background.push(running)
    return running
  }

  /** Ends a background command, and waits for its end. */
  end(running: RunningCommand, signal: Signal = 'SIGTERM'): void {
    running.kill(signal)
    if (!running.poll()) this.world.run({ until: () => running.poll(), within: LIMIT })
    this.#background.splice(this.#background.indexOf(running), 1)
  }

  /** Runs a command to its end. */
  run(ns: string | null, argv: readonly string[], stdin: Uint8Array | null = null): RunningCommand {
    this.runFor(DEFAULT_COMMAND_NS)
    const running = this.start(ns, argv, stdin)
    const poll = (): boolean => {
      for (const command of this.#background) command.poll()
      return running.poll()
    }
    if (!poll()) this.world.run({ until: poll, within: LIMIT })
    return running
  }

  /** Runs a command that should succeed; one that fails is noted, and what it wrote is returned all the same. */
  expect(ns: string | null, argv: readonly string[]): string {
    const place = ns === null ? '' : `[${ns}] `
    try {
      const { status, output } = this.run(ns, argv)
      if (status !== 0) this.failures.push(`${place}${argv.join(' ')}: exit ${status}: ${output.trim().split('\n')[0]}`)
      return output
    } catch (error) {
      this.failures.push(`${place}${argv.join(' ')}: ${error instanceof Error ? error.message : error}`)
      return ''
    }
  }
}
