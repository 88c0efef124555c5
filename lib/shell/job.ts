/**
 * A command of a script while it runs: its program, and where its output goes.
 */
import type { Process } from '../app/process.js'
import type { CommandStatement } from './grammar.js'

/** Collects what the whole script writes. */
export interface OutputSink {
  /** `file` is null for the script's own standard output and standard error. */
  write(stream: 'stdout' | 'stderr', file: string | null, text: string): void
}

/** One started command. */
export class Job {
  readonly statement: CommandStatement
  /** Exit status; null while the program runs. */
  status: number | null = null
  /** All that went to standard output and standard error, wherever it was sent. */
  stdout = ''
  stderr = ''
  readonly #sink: OutputSink
  #process: Process | null = null
  #stdoutSeen = 0
  #stderrSeen = 0

  constructor(statement: CommandStatement, sink: OutputSink) {
    this.statement = statement
    this.#sink = sink
  }

  /** A packet capture: it ends with the script, and `wait` does not wait for it. */
  get isCapture(): boolean {
    return this.statement.tool === 'tcpdump' && this.statement.background
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
    const { stdout } = this.statement
    if (stdout !== '/dev/null') this.#sink.write('stdout', stdout, text)
  }

  err(text: string): void {
    this.stderr += text
    const { stderr, stdout } = this.statement
    if (stderr === 'stderr') this.#sink.write('stderr', null, text)
    else if (stderr === 'stdout' && stdout !== '/dev/null') this.#sink.write('stdout', stdout, text)
  }
}
