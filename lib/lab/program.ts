/**
 * A program of the lab as users hold it: ping, arping, nc.
 */
import type { Process } from '../app/process.js'
import { Printable } from '../app/printable.js'

/** A program that runs while the world runs. */
export abstract class Program extends Printable {
  /** @internal */
  protected readonly process: Process

  /** @internal */
  constructor(process: Process) {
    super()
    this.process = process
  }

  /** Name of the namespace that it runs in. */
  get netns(): string {
    return this.process.netns.name
  }

  /** Exit status as a shell sees it; null while it runs. */
  get exitStatus(): number | null {
    return this.process.exitStatus
  }

  /** True until it has ended. */
  get isRunning(): boolean {
    return this.process.exitStatus === null
  }

  /** What it has written to standard output so far: the real tool's text. */
  get text(): string {
    return this.process.stdout
  }

  /** What it has written to standard error so far. */
  get errorText(): string {
    return this.process.stderr
  }

  /** Ends it from outside, as SIGTERM does: status 143. */
  kill(): void {
    this.process.kill()
  }

  /** Calls `fn` with the exit status when it ends; at once if it has. */
  onExit(fn: (exitStatus: number) => void): void {
    this.process.onExit(() => fn(this.process.exitStatus!))
  }

  override toString(): string {
    return this.text
  }
}
