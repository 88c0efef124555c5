/**
 * A list of commands that runs in the background: a shell of its own, which the world wakes when what it waits for has come.
 */
import type { ShellLimit } from '../app/command.js'
import type { World } from '../core/world.js'
import type { SimEvent } from '../sim/queue.js'
import type { ExitStatus } from './environment.js'
import type { Job, JobPlace } from './job.js'
import type { Pause, Steps, Waitable } from './steps.js'

/** Exit status of what SIGTERM and SIGKILL have ended. */
const TERMINATED = 143
const KILLED = 137

/**
 * What `$!` and `kill` are about: the one program that it is, the programs of a pipeline, or the shell around the programs of
 * a list, which go on without it.
 */
export type BackgroundKind = 'program' | 'pipeline' | 'list'

/** A background list of a script. */
export class BackgroundShell implements Waitable {
  readonly place: JobPlace
  /** The commands that have started. */
  readonly jobs: Job[] = []
  readonly #world: World
  #kind: BackgroundKind
  #steps: Steps<ExitStatus> | null = null
  #status: number | null = null
  #pid = 0
  readonly #onDone: (() => void)[] = []
  #alarm: SimEvent | null = null

  constructor(world: World, place: JobPlace, kind: BackgroundKind) {
    this.#world = world
    this.place = place
    this.#kind = kind
  }

  /** Begins; what does not have to wait has happened when it returns. */
  start(steps: Steps<ExitStatus>): void {
    this.#steps = steps
    this.#advance()
  }

  /** A packet capture: it ends with the script, and `wait` does not wait for it. */
  get isCapture(): boolean {
    return this.jobs.some(job => job.tool === 'tcpdump')
  }

  /** Exit status; null while it runs. */
  get status(): number | null {
    return this.#status
  }

  get isDone(): boolean {
    return this.poll()
  }

  onDone(tell: () => void): void {
    if (this.#status === null) this.#onDone.push(tell)
    else tell()
  }

  /** Number of the program, or of the shell: `$!`. */
  get pid(): number {
    if (this.#pid === 0) {
      const program = this.#kind === 'list' ? undefined : this.jobs.find(job => job.process !== null)
      this.#pid = program?.process?.pid ?? ++this.#world.lastPid
    }
    return this.#pid
  }

  /** The program turns out to be a shell: what ends it leaves the programs in it. False when it is no program. */
  becomeShell(): boolean {
    if (this.#kind !== 'program') return false
    this.#kind = 'list'
    return true
  }

  /** The shell goes on as its last program. */
  becomeProgram(): void {
    this.#kind = 'program'
  }

  /** Moves new output on, and returns whether it has ended. */
  poll(): boolean {
    for (const job of this.jobs) job.poll()
    return this.#status !== null
  }

  /** What a signal does that ends programs. */
  kill(isHard: boolean): void {
    const program = this.#kind === 'program' ? (this.jobs.at(-1)?.process ?? null) : null
    if (program === null) {
      this.#end(isHard ? KILLED : TERMINATED)
      if (this.#kind === 'pipeline') for (const job of this.jobs) job.kill()
    } else if (isHard) program.killHard()
    else program.kill()
    this.poll()
  }

  /** Ends it with all its programs. */
  stop(): void {
    if (this.#kind !== 'program') this.#end(TERMINATED)
    for (const job of this.jobs) job.kill()
  }

  #end(status: number): void {
    if (this.#status !== null) return
    this.#status = status
    this.#steps = null
    if (this.#alarm !== null) this.#world.sim.cancel(this.#alarm)
    for (const tell of this.#onDone) tell()
  }

  #advance(): void {
    if (this.#steps === null) return
    const { done, value } = this.#steps.next()
    if (done === true) this.#end(value.code)
    else this.#await(value)
  }

  #await(pause: Pause): void {
    const label = `line ${this.place.line}: ${this.place.text}`
    const { sim } = this.#world
    // What ends a wait may be in the middle of a frame; the shell goes on in process context.
    const wake = (): unknown => sim.task(advance, this, label)
    if (pause.kind === 'sleep') {
      this.#alarm = sim.schedule(pause.ns, wake, undefined, 0, label)
      return
    }
    const running = pause.these.filter(one => !one.isDone)
    let left = running.length
    if (left === 0) wake()
    for (const one of running)
      one.onDone(() => {
        if (--left === 0) wake()
      })
  }

  /** @internal goes on behind a wait */
  advance(): void {
    this.poll()
    this.#advance()
  }
}

/** Waits for a shell, whose programs end with it when its time is up. */
export function* limited(world: World, shell: BackgroundShell, { ns, status }: ShellLimit): Steps<ExitStatus> {
  let isLate = false
  const end = (): void => {
    isLate = true
    shell.stop()
  }
  const alarm = world.sim.schedule(ns, end, undefined, 0, `line ${shell.place.line}: time limit`)
  yield { kind: 'end', these: [shell], what: shell.place.text }
  world.sim.cancel(alarm)
  const code = isLate ? status : shell.status!
  return { code, isOutcome: false, message: code === 0 ? '' : isLate ? 'its time is up' : 'no message' }
}

const advance = (shell: BackgroundShell): void => shell.advance()
