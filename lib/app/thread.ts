/**
 * Threads of a program, written as generators: `yield*` waits, and the rest of the world goes on meanwhile. What wakes a
 * thread makes it runnable; it runs as a task, in process context, as a program that returns from a system call.
 *
 * All threads of a program end with it, wherever they wait; what stands behind that place is not run, `finally` included, as
 * nothing of a killed process is.
 */
import { NetloomError } from '../errors.js'
import type { SimEvent } from '../sim/queue.js'
import type { Process } from './process.js'

/** Something to wait for. `yield*` it in a thread. */
export interface Wait<T> {
  /**
   * Begins to wait for a thread of `process`: `resume` is called once with what came, at once or later. Returns what takes
   * the wait back, after which `resume` must not be called any more.
   */
  begin(resume: (value: T) => void, process: Process): () => void
}

/** The body of a thread, or a part of it that returns a `T`. */
export type Thread<T = void> = Generator<Wait<unknown>, T, unknown>

/** Waits, and returns what came. */
export function* wait<T>(something: Wait<T>): Thread<T> {
  return (yield something) as T
}

const NO_WAIT = (): void => {}

/** A running thread. */
export class ThreadHandle {
  readonly process: Process
  readonly label: string
  readonly #body: Thread
  #isDone = false
  readonly #taskLabel: string
  #cancel: () => void = NO_WAIT
  /** What the wait gave that has made it runnable. */
  #value: unknown = undefined
  readonly #onEnd: (() => void)[] = []
  readonly #release: () => void

  /** @internal use {@link spawn} */
  constructor(process: Process, body: Thread, label: string) {
    this.process = process
    this.#body = body
    this.label = label
    this.#taskLabel = `${label} in ${process.netns.name}`
    this.#release = process.onEnd(() => this.stop())
    this.#wake(undefined)
  }

  /** True once it has returned or was stopped. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** Ends it where it waits. */
  stop(): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#cancel()
    this.#ended()
  }

  /** Waits for its end. */
  get ended(): Wait<void> {
    return {
      begin: resume => {
        let isWanted = true
        const tell = (): void => {
          if (isWanted) resume(undefined)
        }
        if (this.#isDone) tell()
        else this.#onEnd.push(tell)
        return () => {
          isWanted = false
        }
      },
    }
  }

  #ended(): void {
    this.#release()
    for (const tell of this.#onEnd) tell()
  }

  #wake(value: unknown): void {
    this.#cancel = NO_WAIT
    this.#value = value
    this.process.netns.world.sim.task(run, this, this.#taskLabel)
  }

  /** @internal goes on to the next wait */
  run(): void {
    const value = this.#value
    this.#value = undefined
    if (this.#isDone) return
    const { done, value: next } = this.#body.next(value)
    // The process may have ended meanwhile, by its own doing.
    if (this.#isDone) return
    if (done === true) {
      this.#isDone = true
      this.#ended()
      return
    }
    let isOver = false
    const cancel = (next as Wait<unknown>).begin(got => {
      if (isOver) return
      isOver = true
      this.#wake(got)
    }, this.process)
    if (!isOver) this.#cancel = cancel
  }
}

const run = (thread: ThreadHandle): void => thread.run()

/** Starts a thread of a program; it runs when whoever starts it waits or returns. `label` names it in what is pending. */
export const spawn = (process: Process, body: () => Thread, label: string = process.name): ThreadHandle =>
  new ThreadHandle(process, body(), label)

/**
 * Lets `ns` nanoseconds pass. An idle sleep is one in which a daemon has nothing to do but its housekeeping: it keeps no
 * world from being quiet.
 */
export const slept = (ns: number, options: { readonly idle?: boolean } = {}): Wait<void> => ({
  begin(resume, process) {
    const { sim } = process.netns.world
    const event: SimEvent = sim.schedule(ns, resume as (a: undefined) => void, undefined, 0, process.label('sleep'))
    if (options.idle === true) sim.idle(event)
    return () => sim.cancel(event)
  },
})

/** As {@link slept}, for `yield*`. */
export function* sleep(ns: number, options: { readonly idle?: boolean } = {}): Thread<void> {
  yield slept(ns, options)
}

/** What came first of several things: its name and its value. */
export type First<W extends Readonly<Record<string, Wait<unknown>>>> = {
  [K in keyof W]: { readonly which: K; readonly value: W[K] extends Wait<infer T> ? T : never }
}[keyof W]

/** Waits for whichever comes first (select); the other waits are taken back. Of those that are there already, the one named first. */
export const firstOf = <W extends Readonly<Record<string, Wait<unknown>>>>(waits: W): Wait<First<W>> => ({
  begin(resume, process) {
    const cancels: (() => void)[] = []
    let isOver = false
    const cancelAll = (): void => {
      for (const cancel of cancels) cancel()
    }
    for (const which of Object.keys(waits)) {
      if (isOver) break
      const cancel = waits[which]!.begin(value => {
        if (isOver) return
        isOver = true
        cancelAll()
        resume({ which, value } as First<W>)
      }, process)
      if (!isOver) cancels.push(cancel)
    }
    return cancelAll
  },
})

/** A queue between threads, or from a callback to a thread. */
export class Chan<T> {
  #waiting: T[] = []
  #readers: ((value: T | null) => void)[] = []
  #isClosed = false

  /** Values that wait to be received. */
  get length(): number {
    return this.#waiting.length
  }

  /** True once it is closed; values may still wait. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Sends a value; who waits longest gets it. Nothing happens once it is closed. */
  push(value: T): void {
    if (this.#isClosed) return
    const reader = this.#readers.shift()
    if (reader === undefined) this.#waiting.push(value)
    else reader(value)
  }

  /** Ends it: who receives gets what waits, and null behind that. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const reader of this.#readers.splice(0)) reader(null)
  }

  /** Waits for the next value; null when it is closed. */
  get next(): Wait<T | null> {
    return {
      begin: resume => {
        if (this.#waiting.length > 0) resume(this.#waiting.shift()!)
        else if (this.#isClosed) resume(null)
        else {
          this.#readers.push(resume)
          return () => {
            this.#readers = this.#readers.filter(reader => reader !== resume)
          }
        }
        return NO_WAIT
      },
    }
  }

  /** As {@link next}, for `yield*`. */
  *recv(): Thread<T | null> {
    return (yield this.next) as T | null
  }
}

/** A value that comes once: what a call returns later. */
export class Future<T> {
  #chan = new Chan<T>()
  #value: { readonly value: T } | null = null

  /** Was it set? */
  get isDone(): boolean {
    return this.#value !== null
  }

  /** Sets the value; only the first one counts. */
  set(value: T): void {
    if (this.#value !== null) return
    this.#value = { value }
    this.#chan.push(value)
    this.#chan.close()
  }

  /** Waits for the value; several threads may. */
  get done(): Wait<T> {
    return {
      begin: (resume, process) => {
        if (this.#value !== null) {
          resume(this.#value.value)
          return NO_WAIT
        }
        return this.#chan.next.begin(value => resume(this.#value === null ? (value as T) : this.#value.value), process)
      },
    }
  }
}

/** What a part of a program may be told to give up by (context.Context of Go). */
export class Context {
  #isCancelled = false
  readonly #onCancel = new Set<() => void>()

  /** A context that is cancelled with its parent. */
  constructor(parent: Context | null = null) {
    parent?.onCancel(() => this.cancel())
  }

  /** Was it, or one that it was derived from, cancelled? */
  get isCancelled(): boolean {
    return this.#isCancelled
  }

  /** Cancels it and what was derived from it. */
  cancel(): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    for (const fn of [...this.#onCancel]) fn()
    this.#onCancel.clear()
  }

  /** Calls `fn` when it is cancelled, at once if it was; returns what takes that back. */
  onCancel(fn: () => void): () => void {
    if (this.#isCancelled) {
      fn()
      return NO_WAIT
    }
    this.#onCancel.add(fn)
    return () => this.#onCancel.delete(fn)
  }

  /** Waits for the cancellation. */
  get done(): Wait<void> {
    return { begin: resume => this.onCancel(() => resume(undefined)) }
  }
}

/** Thrown by a part of a program whose context was cancelled. */
export const cancelled = (): NetloomError => new NetloomError('ECANCELED', 'context canceled')
