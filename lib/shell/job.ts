/**
 * A command while it runs: a program, and where its output goes.
 */
import type { ShellLimit } from '../app/command.js'
import type { Process } from '../app/process.js'
import type { Netns } from '../core/netns.js'
import type { Streams } from './environment.js'
import { FileError } from './shell-files.js'
import type { Waitable } from './steps.js'

/** What a job is called in messages. */
export interface JobPlace {
  readonly line: number
  readonly column: number
  /** The command as it stands in the script. */
  readonly text: string
}

/** A shell that a command becomes. */
export interface ShellRequest {
  /** The words of the shell, its name first. */
  readonly argv: readonly string[]
  readonly netns: Netns
  readonly env: Readonly<Record<string, string>>
  readonly limit: ShellLimit | null
}

/** One started command. */
export class Job implements Waitable {
  readonly place: JobPlace
  /** The program that it comes down to: `ping` for `ip netns exec h1 ping ...`. */
  readonly tool: string
  /** Exit status; null while the program runs. */
  status: number | null = null
  /** The shell that it becomes; null for a program. */
  shell: ShellRequest | null = null
  /** All that went to standard output and standard error, wherever it was sent. */
  stdout = ''
  stderr = ''
  readonly #streams: Streams
  #hasWriteError = false
  #process: Process | null = null
  #stdoutSeen = 0
  #stderrSeen = 0

  constructor(place: JobPlace, tool: string, streams: Streams) {
    this.place = place
    this.tool = tool
    this.#streams = streams
  }

  /** The running program; null for a command that ended at once. */
  get process(): Process | null {
    return this.#process
  }

  get isDone(): boolean {
    return this.poll()
  }

  onDone(tell: () => void): void {
    if (this.#process === null) tell()
    else this.#process.onExit(tell)
  }

  /** Takes what a command's `run` returned. */
  started(result: number | Process): void {
    if (typeof result === 'number') this.status = result
    else this.#process = result
    this.poll()
  }

  /** Moves new output on, and returns whether the command has ended. */
  poll(): boolean {
    const process = this.#process
    if (process !== null) {
      if (process.stdout.length > this.#stdoutSeen) {
        const text = process.stdout.slice(this.#stdoutSeen)
        this.#stdoutSeen = process.stdout.length
        this.out(text)
      }
      if (process.stderr.length > this.#stderrSeen) {
        const text = process.stderr.slice(this.#stderrSeen)
        this.#stderrSeen = process.stderr.length
        this.err(text)
      }
      this.status ??= process.exitStatus
    }
    if (this.#hasWriteError && this.status === 0) this.status = 1
    return this.status !== null
  }

  /** Ends the program if it still runs and is no daemon. */
  kill(): void {
    if (this.#process?.isDaemon === false) this.#process.kill()
    this.poll()
  }

  out(text: string): void {
    this.stdout += text
    try {
      this.#streams.out(text)
    } catch (e) {
      if (!(e instanceof FileError)) throw e
      this.#hasWriteError = true
      this.err(`${this.tool}: write error: ${e.message}\n`)
    }
  }

  err(text: string): void {
    this.stderr += text
    this.#streams.err(text)
  }

  /** The first line of what it has said, for messages. */
  get firstLine(): string {
    const lines = (this.stderr + this.stdout).split('\n').map(line => line.trim())
    return lines.find(line => line !== '') ?? 'no message'
  }
}
