/**
 * Commands while they run: one program with where its output goes, and a background pipeline of several.
 */
import type { World } from '../core/world.js'
import type { Process } from '../app/process.js'
import { encodeUtf8 } from '../wire/utf8.js'
import type { Streams } from './environment.js'

/** What a job is called in messages. */
export interface JobPlace {
  readonly line: number
  readonly column: number
  /** The command as it stands in the script. */
  readonly text: string
}

/** One started command. */
export class Job {
  readonly place: JobPlace
  /** The program that it comes down to: `ping` for `ip netns exec h1 ping ...`. */
  readonly tool: string
  /** Exit status; null while the program runs. */
  status: number | null = null
  /** All that went to standard output and standard error, wherever it was sent. */
  stdout = ''
  stderr = ''
  readonly #streams: Streams
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
    return this.status !== null
  }

  /** Ends the program if it still runs and is no daemon. */
  kill(): void {
    if (this.#process?.isDaemon === false) this.#process.kill()
    this.poll()
  }

  out(text: string): void {
    this.stdout += text
    this.#streams.out(text)
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

/** Starts a command of a background pipeline with its standard input. */
export type StartStage = (stdin: Uint8Array | null) => Job

/** A background pipeline. A command behind a pipe starts when the one in front of it has ended, as in the foreground. */
export class BackgroundJob {
  readonly place: JobPlace
  readonly #world: World
  readonly #stages: StartStage[]
  readonly #jobs: Job[] = []
  #pid = 0

  /** Starts the first command. */
  constructor(world: World, place: JobPlace, stages: readonly StartStage[], stdin: Uint8Array | null) {
    this.#world = world
    this.place = place
    this.#stages = [...stages]
    this.#next(stdin)
    this.poll()
  }

  /** The commands that have started. */
  get jobs(): readonly Job[] {
    return this.#jobs
  }

  /** A packet capture: it ends with the script, and `wait` does not wait for it. */
  get isCapture(): boolean {
    return this.#jobs.some(job => job.tool === 'tcpdump')
  }

  /** Exit status of the last command; null while the pipeline runs. */
  get status(): number | null {
    return this.#stages.length > 0 ? null : this.#last.status
  }

  /** Number of the program: `$!`. */
  get pid(): number {
    if (this.#pid === 0) this.#pid = this.#jobs.find(job => job.process !== null)?.process?.pid ?? ++this.#world.lastPid
    return this.#pid
  }

  get #last(): Job {
    return this.#jobs.at(-1)!
  }

  #next(stdin: Uint8Array | null): void {
    this.#jobs.push(this.#stages.shift()!(stdin))
  }

  /** Moves new output on, starts the next command when one has ended, and returns whether all have. */
  poll(): boolean {
    while (this.#last.poll()) {
      if (this.#stages.length === 0) return true
      this.#next(encodeUtf8(this.#last.stdout))
    }
    return false
  }

  /** Ends the command that runs, and with it those that read from it. */
  kill(): void {
    let killed: Job | null = null
    while (!this.poll() && this.#last !== killed) {
      killed = this.#last
      killed.kill()
    }
  }
}
